"""Executes actions on a paper ledger, answering as the venue would."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import chain

from agentic_core.brokers.paper.floor import Floor
from agentic_core.brokers.paper.funding import settle_funding
from agentic_core.brokers.paper.history import Answer, LogEntry, OrderEvent, events_of
from agentic_core.brokers.paper.ledger import PaperLedger
from agentic_core.brokers.paper.liquidation import Liquidation, Liquidator
from agentic_core.brokers.paper.orders import OpenOrder
from agentic_core.brokers.paper.passing import match_open_orders
from agentic_core.brokers.paper.performing import ORDER_KINDS, Performing
from agentic_core.brokers.paper.placing import Placing
from agentic_core.brokers.paper.rules import SIMPLE_RULES, PaperRules
from agentic_core.domain.account import AccountView
from agentic_core.domain.fees import FeeSchedule
from agentic_core.domain.fill import Fill
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ids import ClientOrderId, Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.order import (
    Accepted,
    IntentKind,
    IntentState,
    PreparedIntent,
    Rejected,
    SendOutcome,
    Unresolved,
)
from agentic_core.domain.position import Position
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import BrokerKind
from agentic_core.errors import UsageError
from agentic_core.ports.broker import Absent, BrokerCapabilities, Burned, Known, NotBurned, Observation, Searched
from agentic_core.ports.market_data import ExecutionBooks

__all__ = ["PaperBroker"]

_CAPABILITIES = BrokerCapabilities(kind=BrokerKind.PAPER, rests_stops=True, burns_nonces=True)
_ORDER = IntentKind.ORDER


class PaperBroker:
    """One paper account at a venue that exists in memory.

    Time passes only through `advance`; an account without resting orders and latency needs no such call.
    """

    def __init__(
        self,
        *,
        ledger: PaperLedger,
        books: ExecutionBooks,
        instruments: Mapping[Symbol, Instrument],
        fees: FeeSchedule,
        slippage_bps: Decimal,
        rules: PaperRules = SIMPLE_RULES,
    ) -> None:
        """Join a ledger to the books it executes against.

        Args:
            ledger: the account.
            books: what can be hit at the moment of sending.
            instruments: the venue's list.
            fees: taker and maker rates.
            slippage_bps: how much worse than the book every execution is; an order that rests gets its own price.
            rules: latency, outages and how liquidation goes.
        """
        self.ledger = ledger
        self._books = books
        self._latency_ms = rules.latency_ms
        self._floor = Floor(
            ledger=ledger, books=books, instruments=instruments, fees=fees, slippage_bps=slippage_bps, rules=rules
        )
        self._orders = self._floor.orders
        self._placing = Placing(self._floor)
        self._performing = Performing(self._floor, self._placing)
        self._liquidator = Liquidator(self._floor)
        self._outcomes: dict[ClientOrderId, SendOutcome] = {}
        self._arrived: dict[ClientOrderId, SendOutcome] = {}

    @property
    def capabilities(self) -> BrokerCapabilities:
        """What this broker can do."""
        return _CAPABILITIES

    @property
    def is_idle(self) -> bool:
        """Whether nothing rests and nothing is on its way, so that `advance` would do nothing."""
        return not self._orders.live and not self._floor.transit

    @property
    def next_due(self) -> Instant | None:
        """When the next action on its way takes effect; None where none is."""
        return self._floor.transit.next_due

    @property
    def fills(self) -> Sequence[Fill]:
        """Every execution of the account, oldest first, liquidations included."""
        return self._floor.fills

    def history(self, cloid: ClientOrderId | None = None) -> tuple[OrderEvent, ...]:
        """Return every change of every order, or of one, oldest first."""
        events = chain.from_iterable(events_of(entry) for entry in self._floor.log)
        return tuple(event for event in events if cloid in {None, event.cloid})

    async def send(self, prepared: PreparedIntent) -> SendOutcome:
        """Perform one durable intent, once; the same one again returns the first outcome.

        With latency the answer is `Unresolved`, and `observe` tells the rest once `advance` has passed `next_due`.
        """
        intent = prepared.intent
        outcomes, cloid = self._outcomes, intent.cloid
        if cloid in outcomes:
            return outcomes[cloid]
        outcome: SendOutcome
        if self._latency_ms:
            outcome = self._start(prepared)
        elif intent.kind is _ORDER:
            book = await self._books.book(intent.symbol)
            if cloid in outcomes:  # sent or burned while the book was on its way
                return outcomes[cloid]
            outcome = self._performing.perform(prepared, book)
        else:
            outcome = self._performing.perform(prepared, None)
        outcomes[cloid] = outcome
        if intent.kind in ORDER_KINDS:
            self.ledger.count_order()
        return outcome

    perform = send
    # The same for a broker that keeps this one's books, and that has been passed by the gate itself.

    async def observe(self, prepared: PreparedIntent) -> Observation:
        """Return what became of an order; one on its way is not known to the venue yet."""
        cloid = prepared.intent.cloid
        searched = Searched(since=Instant(0), read_at=self.ledger.as_of)
        order = self._orders.known(cloid)
        if order is not None:
            return Known(cloid=cloid, state=order.state, fills=tuple(order.fills), searched=searched)
        match self._arrived.get(cloid) or self._outcomes.get(cloid):
            case Accepted(state=state, fills=fills):
                return Known(cloid=cloid, state=state, fills=fills, searched=searched)
            case Rejected():
                return Known(cloid=cloid, state=IntentState.REJECTED, fills=(), searched=searched)
            case _:
                return Absent(cloid=cloid, searched=searched)

    async def burn(self, prepared: PreparedIntent) -> Burned | NotBurned:
        """Make an order that was never sent impossible; one that rests has to be cancelled first."""
        cloid = prepared.intent.cloid
        if cloid in self._floor.transit:
            return NotBurned(cause=f"{cloid} is on its way")
        order = self._orders.known(cloid)
        if order is not None:
            if order.state is IntentState.RESTING:
                return NotBurned(cause=f"{cloid} rests; cancel it")
            return NotBurned(cause=f"{cloid} has executed") if order.fills else Burned()
        if isinstance(self._arrived.get(cloid) or self._outcomes.get(cloid), Accepted):
            return NotBurned(cause=f"{cloid} has executed")
        self._outcomes.setdefault(cloid, Rejected(cloid=cloid, reason="burned before it was sent"))
        return Burned()

    async def account(self) -> AccountView:
        """Return the ledger."""
        return self.ledger

    @property
    def open_orders(self) -> Sequence[OpenOrder]:
        """What rests, longest resting first."""
        return tuple(self._orders.live.values())

    @property
    def staged(self) -> Mapping[Symbol | None, Instant]:
        """When a part of a position was liquidated last, by pot of margin."""
        return self._liquidator.staged

    def order(self, cloid: ClientOrderId) -> OpenOrder | None:
        """Return an order that rests or rested."""
        return self._orders.known(cloid)

    def restore(self, orders: Iterable[OpenOrder], staged: Mapping[Symbol | None, Instant]) -> None:
        """Let rest again what rested when an earlier process of this account ended."""
        for order in orders:
            cloid, fills = order.intent.cloid, tuple(order.fills)
            self._orders.add(order)
            number = f"paper-{cloid[2:18]}"
            self._outcomes[cloid] = Accepted(cloid=cloid, state=order.state, fills=fills, venue_order_id=number)
        self._liquidator.restore(staged)
        self._floor.show_orders()

    def drain(self) -> tuple[tuple[LogEntry, ...], tuple[Fill, ...]]:
        """Return what happened since this was asked last, and keep it no longer."""
        happened = tuple(self._floor.log), tuple(self._floor.fills)
        self._floor.log.clear()
        self._floor.fills.clear()
        return happened

    def forget(self, cloids: Iterable[ClientOrderId]) -> None:
        """Let go of what became of actions; what rests stays."""
        for cloid in cloids:
            self._orders.forget(cloid)
            self._outcomes.pop(cloid, None)
            self._arrived.pop(cloid, None)

    async def advance(self, to: Instant) -> tuple[Fill, ...]:
        """Let time pass to an instant at which the market stands already, and return what executed meanwhile.

        What was on its way takes effect, then resting orders meet the books, then triggers meet the marks.

        Raises:
            UsageError: the account has been at a later instant.
        """
        if to < self.ledger.as_of:
            message = f"the paper account stands at {self.ledger.as_of} and cannot go back to {to}"
            raise UsageError(message)
        self.ledger.as_of = to
        floor, first = self._floor, len(self._floor.fills)
        while (prepared := floor.transit.first_due(to)) is not None:
            intent = prepared.intent
            book = await self._books.book(intent.symbol) if intent.kind is _ORDER else None
            if floor.transit.take(intent.cloid):
                self._arrived[intent.cloid] = self._performing.perform(prepared, book)
                floor.show_orders()
        if self._orders.live:
            await match_open_orders(floor, self._placing)
        return tuple(floor.fills[first:])

    def settle_funding(
        self,
        rates: Callable[[Symbol, Instant], Decimal],
        *,
        after: Instant,
        until: Instant,
        oracle: Callable[[Symbol], Decimal] | None = None,
    ) -> tuple[FundingPayment, ...]:
        """Settle every whole hour in (after, until] on what is held now, at the oracle price or else the mark."""
        return settle_funding(self.ledger, rates, after=after, until=until, oracle=oracle)

    async def enforce_margin(self) -> tuple[Liquidation, ...]:
        """Liquidate what can no longer be carried at the marks of this moment, by the rules of this account."""
        return await self._liquidator.enforce() if self.ledger.positions else ()

    def liquidate(self, position: Position, mark: Decimal) -> Fill:
        """Close a position at its mark because the account can no longer carry it."""
        return self._liquidator.at_mark(position, mark)

    def _start(self, prepared: PreparedIntent) -> Unresolved:
        intent, now = prepared.intent, self.ledger.as_of
        due = self._floor.transit.start(prepared, now)
        self._floor.show_orders()
        outcome = Unresolved(cloid=intent.cloid, cause=f"{intent.kind} takes effect at {due}")
        if intent.kind in ORDER_KINDS:
            self._floor.log.append(Answer(now, intent, outcome))
        return outcome
