"""What a runner does to a journaled account, for a hypothesis machine: everything, legal and not, to both stores."""

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import ClassVar, NamedTuple

from anyio.from_thread import BlockingPortal
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from msgspec.structs import replace

from agentic_core.domain import (
    Accepted,
    Fence,
    Fill,
    FundingPayment,
    Instant,
    IntentState,
    NoopResult,
    PreparedIntent,
    Rejected,
    RejectedResult,
    SendOutcome,
    Size,
    Unresolved,
    Usd,
)
from agentic_core.domain.account_events import Transfer
from agentic_core.domain.order import Signing
from agentic_core.domain.records import IntentRecord
from agentic_core.store.postgres import PostgresStore
from tests.support.journal_room import Half, JournalRoom
from tests.support.numbered_intents import stop
from tests.support.stored_values import AT, BTC, HELD, decision, executed, fill, intent

__all__ = ["SAYINGS", "STALE", "AccountMachine", "Noted", "Place", "payment"]

_UNIT = Decimal("0.00065")
_ENDINGS = st.sampled_from([None, "booked", "withdrawn", "ended_empty", "executed_all", "called_filled", "outlived"])
_AMOUNTS = st.sampled_from(["-0.50", "0", "-0", "1E-9", "100.500", "1E+3", "0E-10", "-12.345678901234567890"])
_NAMES = st.lists(st.sampled_from("abcdefgh"), max_size=3)
_WHICH = st.integers(0, 5)
_LATER = st.integers(0, 3)
SAYINGS = st.sampled_from(["", "plain", '“ä” \\ "q" \n\t\u2028 🙂 \x01\x7f <&\'>', "0E-10"])
STALE = st.sampled_from([0, 0, 0, 0, 1])
"""How many epochs, or how many ticks, somebody is late."""


def payment(at: Instant, amount: str) -> FundingPayment:
    """Return the funding of an instant."""
    usd = Usd(Decimal(amount))
    return FundingPayment(symbol=BTC, time=at, size=Size(_UNIT), rate=Decimal("1E-5"), amount=usd)


class Place(NamedTuple):
    """Where the machine of one test is at work."""

    portal: BlockingPortal
    database: PostgresStore
    dsn: str


class Noted(NamedTuple):
    """What is noted of an order, in small numbers."""

    state: IntentState
    filled: int
    booked: int
    sends: int
    ended_by: str | None
    told_as: str | None


class AccountMachine(RuleBasedStateMachine):
    """The account of a deployment, and runners that decide, order and count its money."""

    place: ClassVar[Place]
    rooms: ClassVar[int] = 0

    room: JournalRoom

    @initialize(is_live=st.booleans())
    def open_room(self, *, is_live: bool) -> None:
        """Open an account in both stores that nobody used before."""
        AccountMachine.rooms += 1
        portal, database, dsn = self.place

        async def opened() -> JournalRoom:
            return await JournalRoom.open(self.rooms, database, dsn, is_live=is_live)

        self.room = portal.call(opened)

    @rule(text=SAYINGS, opens=st.booleans(), cost=st.sampled_from(["0", None, "0.0125", "1E-9"]), late=STALE)
    def decide(self, text: str, *, opens: bool, cost: str | None, late: int) -> None:
        """Record a decision and its result; perhaps those of a tick that was decided before."""
        fence, minute = self.fence(0), self.minute(late)
        spent = None if cost is None else Decimal(cost)
        wanted = decision(self.room.skill, minute=minute, run=self.room.running.id, opens=opens, text=text, cost=spent)
        wanted = replace(wanted, decided_by=f"chat:{text}")
        result = executed(intent(minute).cloid) if opens else NoopResult(reason=text) if text else HELD
        self.do(lambda half: half.store.decisions.record(fence, wanted, result))

    @rule(legs=st.lists(st.sampled_from([intent, stop]), max_size=3), signs=st.booleans(), late=STALE, stale=STALE)
    def prepare(self, legs: Sequence[Callable[..., object]], *, signs: bool, late: int, stale: int) -> None:
        """Prepare the orders of a tick; perhaps of one that was decided before."""
        room, fence, minute = self.room, self.fence(stale), self.minute(late)
        wanted = decision(room.skill, minute=minute, run=room.running.id, opens=True)
        orders = [
            replace(
                stop(minute, leg=leg) if make is stop else intent(minute, leg=leg),
                cloid=intent(minute, leg=leg, account=room.account, run=room.running.id).cloid,
                size=Size(_UNIT * 4),
                position_before=Size(Decimal("-0.0")) if leg else None,
            )
            for leg, make in enumerate(legs)
        ]
        at = Instant(AT + minute)
        by = Signing(signer=room.signer, expires_at=at) if signs and room.is_live else None
        made = self.do(lambda half: half.store.intents.prepare(fence, wanted, orders, at=at, signing=by))
        if isinstance(made, tuple):
            room.made += [each for each in made if isinstance(each, PreparedIntent)]
            room.decided.append(wanted)

    @precondition(lambda self: self.room.decided)
    @rule(which=_WHICH, why=SAYINGS, stale=STALE)
    def conclude(self, which: int, why: str, stale: int) -> None:
        """Add the result to a decision whose orders were prepared, perhaps a second one."""
        wanted, fence = self.room.decided[-1 - which % len(self.room.decided)], self.fence(stale)
        result = RejectedResult(rule="VENUE", detail=why) if which % 2 else executed(intent(which).cloid)
        self.do(lambda half: half.store.decisions.record(fence, wanted, result))

    @precondition(lambda self: self.room.made)
    @rule(which=_WHICH, stale=STALE, later=_LATER)
    def assign(self, which: int, stale: int, later: int) -> None:
        """Give an order its number, most often one that has none; on paper nobody signs."""
        if not self.room.is_live:
            return
        free = [made for made in self.room.made if made.nonce is None] or self.room.made
        of, fence, at = free[-1 - which % len(free)], self.fence(stale), Instant(AT + later)
        by = Signing(signer=self.room.signer, expires_at=at)
        self.do(lambda half: half.store.intents.assign(fence, of, by, at=at))

    @precondition(lambda self: self.room.made)
    @rule(
        which=_WHICH,
        noted=st.builds(
            Noted,
            st.sampled_from(IntentState),
            st.sampled_from([0, 1, 2, 4, 9]),
            st.sampled_from([0, 1, 2, 4]),
            st.integers(0, 2),
            _ENDINGS,
            st.sampled_from([None, "7", "8"]),
        ),
        names=_NAMES,
    )
    def note(self, which: int, noted: Noted, names: list[str]) -> None:
        """Note anything of an order, in any order, with any of its fills."""
        of, fence = self.order(which), self.fence(0)
        known = IntentRecord(
            prepared=of,
            state=noted.state,
            filled=Size(_UNIT * noted.filled),
            booked=Size(_UNIT * noted.booked),
            sends=noted.sends,
            burns=noted.sends // 2,
            absent_at=Instant(AT + noted.filled) if noted.booked else None,
            uncounted=noted.sends == 2,
            filled_at=AT if noted.filled else None,
            ended_by=noted.ended_by,
        )
        fills, at = self.fills(names, of), Instant(AT + noted.filled)
        number = noted.told_as
        self.do(lambda half: half.store.intents.note(fence, known, fills, at=at, venue_order_id=number))

    @precondition(lambda self: self.room.made)
    @rule(
        which=_WHICH,
        state=st.sampled_from(IntentState),
        names=_NAMES,
        total=st.sampled_from([None, 0, 3]),
        stale=STALE,
    )
    def accept(self, which: int, state: IntentState, names: list[str], total: int | None, stale: int) -> None:
        """Settle an order that the venue took."""
        of, units = self.order(which), None if total is None else Size(_UNIT * total)
        fills = tuple(self.fills(names, of))
        self.settle(
            of, Accepted(cloid=of.intent.cloid, state=state, fills=fills, venue_order_id="7", total=units), stale
        )

    @precondition(lambda self: self.room.made)
    @rule(which=_WHICH, kind=st.sampled_from([Unresolved, Rejected]), why=SAYINGS, stale=STALE)
    def lose(self, which: int, kind: type[Unresolved | Rejected], why: str, stale: int) -> None:
        """Settle an order that the venue refused, or of which nothing is known."""
        of = self.order(which)
        cloid = of.intent.cloid
        lost = Unresolved(cloid=cloid, cause=why)
        self.settle(of, Rejected(cloid=cloid, reason=why) if kind is Rejected else lost, stale)

    @rule(names=_NAMES, profit=_AMOUNTS, which=_WHICH, ours=st.booleans())
    def fill_by_others(self, names: list[str], profit: str, which: int, *, ours: bool) -> None:
        """Record fills that no order of ours caused, or one of this deployment did after all."""
        own = self.room.made[self.room.before :]
        of = own[which % len(own)] if own and ours else None
        fills = [replace(each, closed_pnl=Usd(Decimal(profit))) for each in self.fills(names, of)]
        fence, run = self.fence(0), self.room.running.id
        self.do(lambda half: half.store.intents.record_fills(fence, run, fills, at=AT))

    @rule(hours=st.lists(_LATER, max_size=3), amount=_AMOUNTS, stale=STALE)
    def pay_funding(self, hours: list[int], amount: str, stale: int) -> None:
        """Record funding."""
        paid = [payment(Instant(AT + hour), amount) for hour in hours]
        fence, run = self.fence(stale), self.room.running.id
        self.do(lambda half: half.store.ledger.record_funding(fence, run, paid, at=AT))

    @rule(names=_NAMES, amount=_AMOUNTS, kind=SAYINGS, stale=STALE)
    def transfer(self, names: list[str], amount: str, kind: str, stale: int) -> None:
        """Record transfers."""
        moved = [Transfer(transfer_id=name, kind=kind, amount=Usd(Decimal(amount)), at=AT) for name in names]
        fence, run = self.fence(stale), self.room.running.id
        self.do(lambda half: half.store.ledger.record_transfers(fence, run, moved, at=AT))

    # ── what the rules stand on ──────────────────────────────────────────────────────────────────────────────────────

    def do(self, work: Callable[[Half], Awaitable[object]]) -> object:
        """Do something to both stores, and return what came of it in either."""
        return self.place.portal.call(self.room.both, work)

    def settle(self, of: PreparedIntent, outcome: SendOutcome, stale: int) -> None:
        """Settle an order."""
        fence, at = self.fence(stale), Instant(AT + stale)
        self.do(lambda half: half.store.intents.settle(fence, of, outcome, at=at))

    def fence(self, stale: int) -> Fence:
        """Return the newest fence of the account, or an older one."""
        fences = [fence for fence in self.room.fences if fence.account == self.room.account]
        return fences[max(0, len(fences) - 1 - stale)]

    def minute(self, late: int) -> int:
        """Return the minute of the next tick, or of an earlier one."""
        self.room.ticks += 1
        return max(0, self.room.ticks - 2 * late)

    def order(self, which: int) -> PreparedIntent:
        """Return one of the newest orders."""
        return self.room.made[-1 - which % len(self.room.made)]

    def fills(self, names: list[str], of: PreparedIntent | None) -> list[Fill]:
        """Return executions; the account knows each name once."""
        cloid = None if of is None else of.intent.cloid
        return [replace(fill(name, cloid, at=AT + ord(name) % 3), size=Size(_UNIT)) for name in names]
