"""Executes orders on a paper ledger, answering as the venue would."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from agentic_core.brokers.paper.ledger import PaperLedger
from agentic_core.domain.account import AccountView
from agentic_core.domain.fees import FeeSchedule
from agentic_core.domain.fill import Fill, FillKind, Liquidity
from agentic_core.domain.ids import ClientOrderId, Symbol
from agentic_core.domain.instrument import VENUE_ORDER_USD_MIN, Instrument
from agentic_core.domain.market import Book
from agentic_core.domain.money import ZERO, Price, Size
from agentic_core.domain.order import (
    Accepted,
    IntentKind,
    IntentState,
    OrderIntent,
    PreparedIntent,
    Rejected,
    SendOutcome,
    TimeInForce,
)
from agentic_core.domain.position import Position
from agentic_core.domain.side import Side
from agentic_core.domain.trading import BrokerKind
from agentic_core.execution import Execution, execute
from agentic_core.ports.broker import Absent, BrokerCapabilities, Burned, Known, NotBurned, Observation
from agentic_core.ports.market_data import ExecutionBooks

__all__ = ["PaperBroker"]

_CAPABILITIES = BrokerCapabilities(kind=BrokerKind.PAPER, rests_stops=False, burns_nonces=True)


class PaperBroker:
    """Immediate-or-cancel orders on one paper account."""

    def __init__(
        self,
        *,
        ledger: PaperLedger,
        books: ExecutionBooks,
        instruments: Mapping[Symbol, Instrument],
        fees: FeeSchedule,
        slippage_bps: Decimal,
    ) -> None:
        """Join a ledger to the books it executes against.

        Args:
            ledger: the account.
            books: what can be hit at the moment of sending.
            instruments: the venue's list.
            fees: taker and maker rates.
            slippage_bps: how much worse than the book every execution is.
        """
        self.ledger = ledger
        self._books = books
        self._instruments = instruments
        self._fees = fees
        self._slippage_bps = slippage_bps
        self._outcomes: dict[ClientOrderId, SendOutcome] = {}

    @property
    def capabilities(self) -> BrokerCapabilities:
        """What this broker can do."""
        return _CAPABILITIES

    async def send(self, prepared: PreparedIntent) -> SendOutcome:
        """Execute one durable intent, once; the same one again returns the first outcome."""
        intent = prepared.intent
        outcomes, cloid = self._outcomes, intent.cloid
        if cloid in outcomes:
            return outcomes[cloid]
        book = await self._books.book(intent.symbol)
        if cloid in outcomes:  # sent or burned while the book was on its way
            return outcomes[cloid]
        outcome = outcomes[cloid] = self._execute(intent, book)
        self.ledger.count_order()
        return outcome

    async def observe(self, cloid: ClientOrderId) -> Observation:
        """Return what became of an order."""
        match self._outcomes.get(cloid):
            case Accepted(state=state, fills=fills):
                return Known(cloid=cloid, state=state, fills=fills)
            case Rejected():
                return Known(cloid=cloid, state=IntentState.REJECTED, fills=())
            case _:
                return Absent(cloid=cloid)

    async def burn(self, prepared: PreparedIntent) -> Burned | NotBurned:
        """Make an order that was never sent impossible."""
        cloid = prepared.intent.cloid
        if isinstance(self._outcomes.get(cloid), Accepted):
            return NotBurned(cause=f"{cloid} has executed")
        self._outcomes.setdefault(cloid, Rejected(cloid=cloid, reason="burned before it was sent"))
        return Burned()

    async def account(self) -> AccountView:
        """Return the ledger."""
        return self.ledger

    def liquidate(self, position: Position, mark: Decimal) -> Fill:
        """Close a position at its mark because the account can no longer carry it."""
        symbol, units = position.symbol, abs(position.size)
        after, gain = position.after(position.closing_side, units, mark)
        fill = Fill(
            fill_id=f"liquidation:{symbol}:{self.ledger.as_of}",
            cloid=None,
            symbol=symbol,
            side=position.closing_side,
            size=Size(units),
            price=Price(mark),
            fee=self._fees.fee(units * mark, Liquidity.TAKER),
            liquidity=Liquidity.TAKER,
            time=self.ledger.as_of,
            closed_pnl=gain,
            kind=FillKind.LIQUIDATION,
        )
        self.ledger.book(fill, after)
        return fill

    def _execute(self, intent: OrderIntent, book: Book | None) -> SendOutcome:
        rules = self._instruments.get(intent.symbol)
        if book is None or rules is None or not self.ledger.has_mark(intent.symbol):
            reason = f"paper broker: no mark price for {intent.symbol}; fetch its candles or refresh the marks first"
            return Rejected(cloid=intent.cloid, reason=reason)
        held = self.ledger.position(intent.symbol)
        sized = self._sized(intent, rules, held)
        if isinstance(sized, Rejected):
            return sized
        fills, after = self._fill(sized, held, execute(sized, book, rules, self._slippage_bps))
        refusal = self._refusal(sized, held, fills)
        if refusal is not None:
            return Rejected(cloid=intent.cloid, reason=refusal)
        for fill in fills:
            self.ledger.book(fill, after)
        done = abs(after.size - held.size) == intent.size
        state = IntentState.FILLED if done else IntentState.PARTIAL
        return Accepted(cloid=intent.cloid, state=state, fills=fills, venue_order_id=f"paper-{intent.cloid[2:18]}")

    def _sized(self, intent: OrderIntent, rules: Instrument, held: Position) -> OrderIntent | Rejected:
        if intent.kind is not IntentKind.ORDER or intent.time_in_force is not TimeInForce.IOC:
            what = f"{intent.kind} ({intent.time_in_force})"
            reason = f"paper broker: {what} cannot be executed; send an immediate-or-cancel order"
            return Rejected(cloid=intent.cloid, reason=reason)
        if not intent.reduce_only:
            if not rules.is_legal_size(intent.size) or not rules.is_legal_price(intent.limit_price):
                order = f"{intent.size} at {intent.limit_price}"
                reason = f"paper broker: {order} is not on {intent.symbol}'s size and price steps"
                return Rejected(cloid=intent.cloid, reason=reason)
            return intent
        if not held.size or intent.side is not held.closing_side:
            reason = f"Reduce only order would increase position. asset={intent.symbol}"
            return Rejected(cloid=intent.cloid, reason=reason)
        if intent.size <= abs(held.size):
            return intent
        return msgspec.structs.replace(intent, size=Size(abs(held.size)))

    def _fill(
        self, intent: OrderIntent, held: Position, executions: Sequence[Execution]
    ) -> tuple[tuple[Fill, ...], Position]:
        # What the executions would be, with the position after them; nothing is booked yet.
        fills: list[Fill] = []
        for part in executions:
            held, gain = held.after(intent.side, part.size, part.price)
            fill = Fill(
                fill_id=f"{intent.cloid}:{len(fills)}",
                cloid=intent.cloid,
                symbol=intent.symbol,
                side=intent.side,
                size=part.size,
                price=part.price,
                fee=self._fees.fee(part.size * part.price, Liquidity.TAKER),
                liquidity=Liquidity.TAKER,
                time=self.ledger.as_of,
                closed_pnl=gain,
            )
            fills.append(fill)
        return tuple(fills), held

    def _refusal(self, intent: OrderIntent, held: Position, fills: Sequence[Fill]) -> str | None:
        if not fills:
            return f"Order could not immediately match against any resting orders. asset={intent.symbol}"
        after = held.size + (intent.size if intent.side is Side.BUY else -intent.size)
        if intent.size * fills[0].price < VENUE_ORDER_USD_MIN and after:
            return f"Order must have minimum value of $10. asset={intent.symbol}"
        if intent.reduce_only:
            return None
        needed = self.ledger.margin_for({intent.symbol: after})
        if needed > self.ledger.equity - sum([fill.fee for fill in fills], ZERO):
            return f"Insufficient margin to place order. asset={intent.symbol}"
        return None
