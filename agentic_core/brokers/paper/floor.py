"""What every part of the paper broker works on: the account, the market, the open orders and the history."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from agentic_core.brokers.paper.history import LogEntry
from agentic_core.brokers.paper.ledger import PaperLedger
from agentic_core.brokers.paper.orders import OpenOrders
from agentic_core.brokers.paper.rules import PaperRules
from agentic_core.brokers.paper.transit import Transit
from agentic_core.domain.fees import FeeSchedule
from agentic_core.domain.fill import Fill, Liquidity
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.market import Book
from agentic_core.domain.money import ZERO
from agentic_core.domain.order import OrderIntent
from agentic_core.domain.position import Position
from agentic_core.domain.side import Side
from agentic_core.execution.matching import Execution, deplete, slippage_factor
from agentic_core.ports.market_data import ExecutionBooks

__all__ = ["Depth", "Floor"]

_BUY = Side.BUY


class Depth:
    """What this account has already taken from the book snapshots it executed against."""

    def __init__(self) -> None:
        """Start with nothing taken."""
        self._seen: dict[Symbol, tuple[Book, Decimal, Decimal]] = {}

    def left(self, book: Book) -> Book:
        """Return what a snapshot still holds for this account."""
        seen = self._seen.get(book.symbol)
        if seen is None or seen[0].as_of != book.as_of or seen[0] != book:
            return book
        return deplete(book, bought=seen[1], sold=seen[2])

    def take(self, book: Book, side: Side, units: Decimal) -> None:
        """Note that so many units were taken from a snapshot as it was delivered."""
        seen = self._seen.get(book.symbol)
        if seen is None or seen[0].as_of != book.as_of or seen[0] != book:
            self._seen[book.symbol] = (book, units, ZERO) if side is _BUY else (book, ZERO, units)
            return
        _, bought, sold = seen
        self._seen[book.symbol] = (book, bought + units, sold) if side is _BUY else (book, bought, sold + units)


class Floor:
    """The shared state of one paper broker."""

    def __init__(
        self,
        *,
        ledger: PaperLedger,
        books: ExecutionBooks,
        instruments: Mapping[Symbol, Instrument],
        fees: FeeSchedule,
        slippage_bps: Decimal,
        rules: PaperRules,
    ) -> None:
        """Join an account to its market."""
        self.ledger = ledger
        self.books = books
        self.instruments = instruments
        self.fees = fees
        self.factors = {side: slippage_factor(side, slippage_bps) for side in Side}
        """What the prices of a book are multiplied with, by the side of the order that takes them."""
        self.rules = rules
        self.log: list[LogEntry] = []
        self.fills: list[Fill] = []
        self.orders = OpenOrders(self.log)
        self.depth = Depth()
        self.transit = Transit(rules.latency_ms)

    def is_out(self, symbol: Symbol) -> bool:
        """Tell whether a market stands still now."""
        return bool(self.rules.outages) and self.rules.is_out(symbol, self.ledger.as_of)

    def make_fills(
        self,
        intent: OrderIntent,
        held: Position,
        executions: Sequence[Execution],
        liquidity: Liquidity,
        *,
        first: int = 0,
    ) -> tuple[tuple[Fill, ...], Position]:
        """Return what executions of an order would be, numbered from `first`, and the position after them."""
        fills: list[Fill] = []
        for number, part in enumerate(executions, first):
            held, gain = held.after(intent.side, part.size, part.price)
            fill = Fill(
                fill_id=f"{intent.cloid}:{number}",
                cloid=intent.cloid,
                symbol=intent.symbol,
                side=intent.side,
                size=part.size,
                price=part.price,
                fee=self.fees.fee(part.size * part.price, liquidity),
                liquidity=liquidity,
                time=self.ledger.as_of,
                closed_pnl=gain,
            )
            fills.append(fill)
        return tuple(fills), held

    def book(self, fills: Sequence[Fill], after: Position) -> None:
        """Enter executions of one order."""
        for fill in fills:
            self.ledger.book(fill, after)
        self.fills += fills

    def follow(self, symbol: Symbol) -> None:
        """Let the open orders of a symbol follow its position, and show the account what is open."""
        self.orders.follow(self.ledger.position(symbol), self.ledger.as_of)
        self.show_orders()

    def show_orders(self) -> None:
        """Show the account what is open."""
        ledger = self.ledger
        ledger.open_intents = (*self.orders.intents(), *self.transit.intents())
        ledger.reserving = tuple(self.orders.intents(waiting=False))
        ledger.unresolved = len(self.transit)
