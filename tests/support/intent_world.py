"""One order between a truthful venue and runners that crash, over a wire that drops, repeats, delays and reorders."""

from decimal import Decimal

from agentic_core.domain import Instant, IntentState, PreparedIntent, Size
from agentic_core.execution.evidence import (
    BurnBegan,
    Evidence,
    FillsBooked,
    HttpRefused,
    NeverLeft,
    SendBegan,
    Unclear,
    Withdrawn,
)
from agentic_core.execution.life import RULES, begin
from agentic_core.execution.resolution import (
    Book,
    Burn,
    Done,
    Observe,
    Send,
    Step,
    WaitUntil,
    blocks_opens,
    next_step,
    worst_case,
)
from tests.support.intents import EPOCH, EXPIRES, MADE, SEARCH, made, told
from tests.support.tiny_venue import TinyVenue

__all__ = ["IntentWorld"]

_GARBLED: tuple[Evidence, ...] = (
    Unclear(cause="timeout"),
    HttpRefused(status=503, venue_shaped=True),
    HttpRefused(status=404, venue_shaped=False),
)


class IntentWorld:
    """What happens to one intent; every method is one event and every choice in it is the caller's."""

    def __init__(self, style: str, *, units: int, position: int, can_burn: bool) -> None:
        """Prepare an order.

        Args:
            style: `ioc`, `gtc`, or `close` and `trim`, which the venue clips to the position; `gtc` and `trim` rest.
            units: its size.
            position: what there is to close.
            can_burn: whether every runner has the key of the one that prepared it.
        """
        self.clipped = style in {"close", "trim"} and position < units
        most = min(units, position) if self.clipped else units
        self.venue = TinyVenue(units=most, rests=style in {"gtc", "trim"}, made=MADE, expires=EXPIRES)
        self.prepared: PreparedIntent = made(style, units=str(units))
        self.life = begin(self.prepared)
        self.epoch = EPOCH
        self.can_burn = can_burn
        self.seen: int = MADE
        """The newest venue time the runner has seen."""
        self.wire: list[str] = []
        """Copies of the order and of burns on their way."""
        self.mail: list[Evidence] = []
        """What is on its way to the runner."""
        self.ledger = 0
        self.burns = 0
        self.copies = 0
        """Copies of the order that ever left."""
        self.sleeper = False
        """Whether a runner that was replaced has not noticed and may still send."""

    # ── the runner ───────────────────────────────────────────────────────────────────────────────────────────────────

    def learn(self, *evidence: Evidence) -> None:
        """Let the runner take evidence in; a contradiction fails, since the venue is truthful."""
        self.life = told(self.life, *evidence)

    def next_step(self) -> Step:
        """Return what the runner wants to do."""
        return next_step(self.life, Instant(self.seen), RULES, epoch=self.epoch, can_burn=self.can_burn)

    def act(self, *, leaves: bool, lag_ms: int) -> None:
        """Let the runner do what it wants; a send may fail before its first byte."""
        match self.next_step():
            case Send():
                self.learn(SendBegan(epoch=self.epoch))
                if leaves:
                    self._send()
                else:
                    self.mail.append(NeverLeft(send=self.life.sends))
            case Burn():
                self.learn(BurnBegan())
                self.burns += 1
                self.wire.append("noop")
            case Book():
                self.book(lag_ms)
            case _:
                self.look(lag_ms, forgets=False, complete=True)

    def look(self, lag_ms: int, *, forgets: bool, complete: bool) -> None:
        """Ask the venue; the answer goes into the mail."""
        self.seen = self.venue.now
        self.mail.append(self.venue.read(lag_ms, forgets=forgets, since=SEARCH if complete else self.venue.now))

    def wait_until(self, moment: int) -> None:
        """Let time pass at the venue up to a moment, if that is still to come."""
        self.venue.now = max(self.venue.now, moment)

    def give_up_waiting(self) -> None:
        """Time out on the answer to a send."""
        if self.life.state is IntentState.SENT:
            self.learn(Unclear(cause="timeout"))

    def withdraw(self) -> None:
        """Decide not to send, whoever prepared it; what is not the runner's to decide proves nothing."""
        self.learn(Withdrawn(epoch=self.epoch))

    def book(self, lag_ms: int) -> None:
        """Bring the fills that are listed into the ledger."""
        self.ledger = max(self.ledger, self.venue.listed(lag_ms))
        booked = Size(Decimal(self.ledger))
        self.learn(FillsBooked(filled=booked, read_at=Instant(self.venue.now), searched_from=SEARCH))

    def crash(self, *, remembers: bool, sleeps: bool) -> None:
        """Let the next epoch take over; what the last one was told may be lost, but not that it began burns."""
        may_send = self.epoch == EPOCH and self.life.state is IntentState.PREPARED and not self.burns
        self.sleeper = self.sleeper or (sleeps and may_send)
        self.epoch += 1
        self.mail = []
        if not remembers:
            self.life = told(begin(self.prepared), *[BurnBegan()] * self.burns)

    # ── the wire ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def sleeper_sends(self) -> None:
        """Let a replaced runner send, once, and never hear of it."""
        if self.sleeper:
            self._send()
            self.sleeper = False

    def arrive(self, number: int, *, executes: int, again: bool, answer: int) -> None:
        """Let a request arrive, perhaps a copy of it, and answer truly (0) or unreadably (1 to 3) or never (4)."""
        if not self.wire:
            return
        request = self.wire[number % len(self.wire)] if again else self.wire.pop(number % len(self.wire))
        reply = self.venue.order(executes) if request == "order" else self.venue.noop()
        ours = request == "noop" or self.epoch == EPOCH
        if answer == 0 and ours:
            self.mail.append(reply)
        elif answer < 4 and ours:
            self.mail.append(_GARBLED[answer - 1] if request == "order" else Unclear(cause="burn timed out"))

    def refuse_unseen(self) -> None:
        """Let the only copy of the order be refused for its rate before the venue looks at it."""
        if self.wire == ["order"] and self.copies == 1 and self.epoch == EPOCH and self.venue.user is None:
            self.wire.clear()
            self.mail.append(HttpRefused(status=429, venue_shaped=True))

    def lose(self, number: int) -> None:
        """Lose a request."""
        if self.wire:
            self.wire.pop(number % len(self.wire))

    def hear(self, number: int, *, again: bool) -> None:
        """Let the runner hear what is under way, in any order and perhaps again later."""
        if self.mail:
            self.learn(self.mail[number % len(self.mail)] if again else self.mail.pop(number % len(self.mail)))

    def mislay(self, number: int) -> None:
        """Lose an answer."""
        if self.mail:
            self.mail.pop(number % len(self.mail))

    def stream(self, number: int, *, fill: bool) -> None:
        """Let the venue's stream tell of something that happened, old or new."""
        news = self.venue.fill(number) if fill else self.venue.change(number)
        if news is not None:
            self.learn(news)

    def _send(self) -> None:
        self.wire.append("order")
        self.copies += 1

    # ── what must hold ───────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def may_execute(self) -> int:
        """Units that may yet execute, known by looking behind every curtain."""
        own = self.life.state is IntentState.PREPARED and self.life.epoch == self.epoch and not self.life.burns
        under_way = own or self.sleeper or "order" in self.wire
        return self.venue.units if under_way and self.venue.can_land else self.venue.resting

    def check(self) -> None:
        """Compare what is believed with what is true."""
        life, executed, may_execute = self.life, self.venue.executed, self.may_execute
        assert life.filled <= executed, "a fill is believed that never was"
        assert life.booked <= self.ledger <= executed
        match life.state:
            case IntentState.DEAD | IntentState.REJECTED:
                assert (executed, may_execute) == (0, 0), "it was called dead, and it fills"
            case IntentState.FILLED | IntentState.PARTIAL:
                assert may_execute == 0, "it was called ended, and it fills"
                assert executed == life.filled or (life.uncounted and executed > life.filled)
                assert self.clipped or (executed == self.venue.units) == (life.state is IntentState.FILLED)
            case IntentState.BOOKED:
                assert executed == self.ledger == life.booked == life.filled > 0
                assert may_execute == 0
            case IntentState.RESTING:
                assert self.venue.user == "order"
            case _:
                assert blocks_opens([life])
        worst = sum((each.size for each in worst_case([life])), Decimal(0))
        assert may_execute <= worst, "more may execute than the worst case says"
        assert executed + may_execute <= worst + self.ledger, "a unit is neither in the books nor in the worst case"

    # ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def finish(self) -> None:
        """Stop all faults, let the venue end what rests, and follow the machine's own steps to the end."""
        self.sleeper_sends()
        while self.wire:
            self.arrive(0, executes=self.venue.units, again=False, answer=4)
        self.mail = []
        self.venue.cancel()
        for _ in range(40):
            self.check()
            self.seen = self.venue.now
            step = self.next_step()
            if isinstance(step, Done):
                break
            self.act(leaves=True, lag_ms=0)
            while self.wire:
                self.arrive(0, executes=1, again=False, answer=0)
            while self.mail:
                self.hear(0, again=False)
            self.venue.cancel()
            self.venue.now = self._later(step)
        assert self.life.state in {IntentState.BOOKED, IntentState.DEAD, IntentState.REJECTED}, "it never ends"
        assert (self.life.state is IntentState.BOOKED) == (self.venue.executed > 0)
        self.check()

    def _later(self, step: Step) -> int:
        match step:
            case Observe(again_at=at) | WaitUntil(at=at):
                return max(at, self.venue.now)
            case _:
                return self.venue.now + 1
