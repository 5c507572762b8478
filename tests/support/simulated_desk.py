"""A desk that wants to hold one unit, played by runners that crash and overlap, on the minimal venue in a world.

It decides nothing about evidence: `learn`, `next_step` and `blocks_opens` are the shipped ones.
"""

from decimal import Decimal

import anyio

from agentic_core.domain import (
    AccountKey,
    ClientOrderId,
    DecisionId,
    Fence,
    Instant,
    IntentState,
    OrderIntent,
    PreparedIntent,
    Price,
    Side,
    Size,
    Symbol,
)
from agentic_core.errors import Fenced
from agentic_core.execution.evidence import (
    AbsenceRead,
    AnsweredFilled,
    BurnAcknowledged,
    BurnBegan,
    BurnUnproven,
    Evidence,
    FillsBooked,
    HttpRefused,
    NeverLeft,
    OrderRefused,
    OrderSeen,
    OrderStatus,
    RequestRefused,
    SendBegan,
    Unclear,
)
from agentic_core.execution.intent import Contradiction, learn
from agentic_core.execution.life import RULES, Life, begin
from agentic_core.execution.resolution import Book, Burn, Observe, Send, blocks_opens, next_step
from agentic_core.simulation import minimal_venue as venue
from agentic_core.simulation.chance import Chance
from agentic_core.simulation.world import World, WorldClock

__all__ = ["BTC", "Bug", "Desk", "Runner", "supervise"]

BTC = Symbol("BTC")
_ACCOUNT = AccountKey("mainnet:0x01")
_SETTLED = {IntentState.BOOKED, IntentState.DEAD, IntentState.REJECTED}
_STATUSES = {standing: OrderStatus(standing.value) for standing in venue.OrderStanding}


class Bug:
    """Mistakes that a runner can be made to make."""

    NONE = ""
    LOST_IS_REJECTED = "a lost answer counts as a rejection"
    ABSENT_IS_DEAD = "an order that is not shown counts as dead"
    HEEDLESS = "what was inherited is forgotten"


class Desk:
    """What is durable: the lease's epoch, the last nonce, and the lives in the order in which they were prepared."""

    def __init__(self, world: World, *, attempts: int = 3) -> None:
        self.world = world
        self.attempts = attempts
        self.epoch = 0
        self.nonce = 0
        self.lives: list[Life] = []
        self.forgotten: list[Life] = []
        self.contradictions: list[str] = []

    @property
    def done(self) -> bool:
        """Whether nothing is left to do or to decide."""
        tried = len(self.lives) + len(self.forgotten) >= self.attempts or any(life.filled for life in self.lives)
        return tried and all(life.state in _SETTLED for life in self.lives)

    @property
    def may_open(self) -> bool:
        """Whether the account is free for another attempt."""
        tried = len(self.lives) + len(self.forgotten) >= self.attempts
        return not (tried or blocks_opens(self.lives) or any(life.filled for life in self.lives))

    def acquire(self) -> int:
        """Take the lease; who had it before is fenced from now on."""
        self.epoch += 1
        return self.epoch

    def prepare(self, epoch: int, *, venue_now: Instant, now: Instant) -> None:
        """Check and write an attempt in one fenced transaction."""
        self._fence(epoch)
        if not self.may_open:
            return
        self.nonce = max(self.nonce + 1, now)
        number = len(self.lives) + len(self.forgotten)
        intent = OrderIntent(
            cloid=ClientOrderId(f"0x{number:032x}"),
            symbol=BTC,
            side=Side.BUY,
            size=Size(Decimal(1)),
            limit_price=Price(Decimal(101)),
            reduce_only=False,
            attempt=number,
        )
        prepared = PreparedIntent(
            intent=intent,
            fence=Fence(account=_ACCOUNT, epoch=epoch),
            decision=DecisionId(str(number)),
            prepared_at=venue_now,
            nonce=self.nonce,
            expires_at=RULES.expires_at(venue_now),
        )
        self.lives.append(begin(prepared))

    def forget(self, epoch: int) -> None:
        """Lose the open attempts of other epochs, as a runner does that looks at its own only."""
        left = [life for life in self.lives if life.epoch != epoch and not life.is_terminal]
        self.forgotten += left
        self.lives = [life for life in self.lives if life not in left]

    def learn(self, epoch: int, index: int, evidence: Evidence) -> None:
        """Write down what was learned."""
        self._fence(epoch)
        found = learn(self.lives[index], evidence)
        if isinstance(found, Contradiction):
            self.contradictions.append(found.detail)
        self.lives[index] = found.now if isinstance(found, Contradiction) else found.life
        self.world.record(f"runner {epoch}", type(evidence).__name__, attempt=index, state=self.lives[index].state)

    def _fence(self, epoch: int) -> None:
        if epoch != self.epoch:
            raise Fenced


class Runner:
    """One process."""

    def __init__(self, desk: Desk, link: venue.MinimalLink, clock: WorldClock, *, bug: str = Bug.NONE) -> None:
        self._desk, self._link, self._clock, self._bug = desk, link, clock, bug
        self._venue_now = Instant(0)
        self._epoch = 0

    async def run(self) -> None:
        """Hold the lease and work until all is done, or until somebody else has the lease."""
        desk = self._desk
        try:
            self._epoch = desk.acquire()
            if self._bug == Bug.HEEDLESS:
                desk.forget(self._epoch)
            while not desk.done:
                await self._ask(venue.AskPositions())
                if self._venue_now:
                    desk.prepare(self._epoch, venue_now=self._venue_now, now=self._clock.now())
                    for index in range(len(desk.lives)):
                        await self._attend(index)
                await self._clock.sleep(0.5)
        except Fenced:
            return

    async def _ask(self, request: venue.Request) -> venue.Reply:
        reply = await self._link.ask(request, patience_ms=2_000)
        self._venue_now = max(self._venue_now, getattr(reply, "at", Instant(0)))
        return reply

    def _learn(self, index: int, evidence: Evidence) -> None:
        self._desk.learn(self._epoch, index, evidence)

    async def _attend(self, index: int) -> None:
        life = self._desk.lives[index]
        match next_step(life, self._venue_now, RULES, epoch=self._epoch, can_burn=True):
            case Send():
                self._learn(index, SendBegan(epoch=self._epoch))
                reply = await self._ask(_order_of(life))
                self._learn(index, self._answer(reply, life.sends + 1))
            case Burn():
                self._learn(index, BurnBegan())
                reply = await self._ask(venue.Burn(signer="key", nonce=life.prepared.nonce or 0))
                done = isinstance(reply, venue.Done)
                self._learn(index, BurnAcknowledged() if done else BurnUnproven(cause=type(reply).__name__))
            case Observe():
                await self._observe(index, life)
            case Book():
                await self._book(index, life)
            case _:
                pass

    def _answer(self, reply: venue.Reply, send: int) -> Evidence:
        match reply:
            case venue.Executed():
                return AnsweredFilled(filled=reply.filled)
            case venue.OrderError():
                return OrderRefused(reason=reply.reason)
            case venue.RequestError():
                return RequestRefused(reason=reply.reason, catalogued=False)
            case venue.NothingLeft():
                return NeverLeft(send=send)
            case _:
                return self._lost(reply)

    def _lost(self, reply: venue.Reply) -> Evidence:
        if self._bug == Bug.LOST_IS_REJECTED:
            return OrderRefused(reason="lost")
        if isinstance(reply, venue.ServerError):
            return HttpRefused(status=reply.status, venue_shaped=False)
        return Unclear(cause=type(reply).__name__)

    async def _observe(self, index: int, life: Life) -> None:
        status = await self._ask(venue.AskOrder(cloid=life.cloid))
        since = life.search_from(RULES)
        fills = await self._ask(venue.AskFills(since=since))
        if isinstance(status, venue.OrderFound):
            self._learn(index, OrderSeen(status=_STATUSES[status.standing], filled=status.filled))
        elif isinstance(status, venue.OrderUnknown) and isinstance(fills, venue.FillsFound):
            found = sum((fill.size for fill in fills.fills if fill.cloid == life.cloid), Decimal(0))
            if self._bug == Bug.ABSENT_IS_DEAD:
                self._learn(index, OrderSeen(status=OrderStatus.CANCELED, filled=Size(found)))
            else:
                self._learn(index, AbsenceRead(read_at=status.at, searched_from=since, filled=Size(found)))

    async def _book(self, index: int, life: Life) -> None:
        reply = await self._ask(venue.AskFills(since=life.search_from(RULES)))
        if isinstance(reply, venue.FillsFound):
            shown = sum((fill.size for fill in reply.fills if fill.cloid == life.cloid), Decimal(0))
            self._learn(index, FillsBooked(filled=Size(shown)))


async def supervise(desk: Desk, place: venue.MinimalVenue, chance: Chance, *, bug: str = Bug.NONE) -> None:
    """Keep a runner at the desk; for a minute they crash, and overlap where the old one is not seen to end."""
    world = desk.world
    async with anyio.create_task_group() as everybody:
        for number in range(1, 1_000):
            clock = world.clock_ahead(chance.between(-3_000, 3_000))
            runner = Runner(desk, place.connect(f"runner {number}"), clock, bug=bug)
            crash = anyio.CancelScope()
            everybody.start_soon(_within, crash, runner)
            calm = world.clock.boottime_ms() - 3_600_000 > 60_000
            await world.clock.sleep(300 if calm else chance.between(500, 20_000) / 1_000)
            if desk.done or calm:
                break
            if chance.happens(500):
                world.record(f"runner {number}", "crashes")
                crash.cancel()
        everybody.cancel_scope.cancel()


async def _within(crash: anyio.CancelScope, runner: Runner) -> None:
    with crash:
        await runner.run()


def _order_of(life: Life) -> venue.Place:
    intent, prepared = life.intent, life.prepared
    return venue.Place(
        signer="key",
        nonce=prepared.nonce or 0,
        expires_at=prepared.expires_at,
        cloid=intent.cloid,
        symbol=intent.symbol,
        side=intent.side,
        size=intent.size,
        limit_price=intent.limit_price,
    )
