"""The shipped paper account beside the reference in plain integers: every step is done in both and compared."""

from collections.abc import Coroutine, Mapping
from decimal import Decimal
from typing import TypeVar

from agentic_core.brokers import PaperBroker, PaperLedger
from agentic_core.brokers.paper import OrderStatus, Outage, PaperRules
from agentic_core.domain import (
    Accepted,
    AccountKey,
    DecisionId,
    FeeSchedule,
    Fence,
    Fill,
    Instant,
    Instrument,
    IntentKind,
    Level,
    MarginTier,
    OrderIntent,
    PreparedIntent,
    Price,
    Rejected,
    SendOutcome,
    Side,
    Size,
    Symbol,
    TimeInForce,
    Trigger,
    TriggerKind,
    Usd,
)
from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.market import Book
from tests.oracle.reference_ledger import Account, Order
from tests.oracle.reference_rules import DOLLAR, Contract
from tests.support.markets import MarketByHand

__all__ = ["CONTRACTS", "START", "BothLedgers", "exactly", "instrument_of", "sync"]

T = TypeVar("T")
START = 1_700_000_040_000
"""2023-11-14 22:14:00 UTC."""

CONTRACTS: Mapping[str, Contract] = {
    "BTC": Contract(3, ((0, 40), (2_000 * DOLLAR, 20), (6_000 * DOLLAR, 10))),
    "ETH": Contract(2, ((0, 25),)),
    "DOGE": Contract(0, ((0, 10), (1_000 * DOLLAR, 5))),
}
_ACCOUNT = AccountKey("paper:both")
_TIF = {"ioc": TimeInForce.IOC, "gtc": TimeInForce.GTC, "alo": TimeInForce.POST_ONLY}


def exactly(number: int, places: int) -> Decimal:
    """Return a count of 10^-places as the decimal it is."""
    return Decimal(number).scaleb(-places)


def sync(awaited: Coroutine[object, object, T]) -> T:
    """Run what never really waits."""
    try:
        awaited.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    message = "the paper broker waited for something"
    raise AssertionError(message)


def instrument_of(symbol: str, contract: Contract) -> Instrument:
    """Return the shipped form of a contract."""
    tiers = tuple(
        MarginTier(lower_bound=Usd(exactly(bound, 24)), leverage_max=leverage) for bound, leverage in contract.tiers
    )
    return Instrument(
        symbol=Symbol(symbol),
        size_decimals=contract.size_decimals,
        leverage_max=contract.tiers[0][1],
        tiers=tiers if len(tiers) > 1 else (),
    )


class _Books:
    def __init__(self) -> None:
        self.books: dict[Symbol, Book] = {}

    async def book(self, symbol: Symbol) -> Book | None:
        return self.books.get(symbol)


class BothLedgers:
    """One account kept twice."""

    def __init__(self, *, cash: int = 1_000, leverage: int = 10, slippage: int = 0, taker: int = 4_500_000) -> None:
        self.now = START
        self.names = 0
        self.outages: set[str] = set()
        self.reference = Account(cash * DOLLAR, CONTRACTS, leverage, taker, 1_500_000, slippage)
        self.market = MarketByHand(at=Instant(START))
        self.books = _Books()
        instruments = {Symbol(name): instrument_of(name, contract) for name, contract in CONTRACTS.items()}
        self.market.listed = instruments
        for symbol, price in (("BTC", 100_000_000), ("ETH", 100_000_000), ("DOGE", 1_000_000)):
            self.set_mark(symbol, price)
            self.set_book(symbol, {1: [], -1: []})
        self.ledger = PaperLedger(
            starting_equity=Usd(Decimal(cash)),
            instruments=instruments,
            marks=self.market.mark,
            leverage=leverage,
            at=Instant(START),
        )
        self.broker = PaperBroker(
            ledger=self.ledger,
            books=self.books,
            instruments=instruments,
            fees=FeeSchedule(taker_rate=exactly(taker, 10), maker_rate=exactly(1_500_000, 10)),
            slippage_bps=Decimal(slippage),
            rules=PaperRules(staged_liquidation=False),
        )

    def set_mark(self, symbol: str, price: int) -> None:
        """Move a mark."""
        self.reference.marks[symbol] = price
        self.market.set(Symbol(symbol), exactly(price, 6))

    def set_book(self, symbol: str, sides: Mapping[int, list[tuple[int, int]]]) -> None:
        """Show a new book: what a buy (1) and what a sell (-1) may take, best first."""
        self.reference.books[symbol] = {side: [list(level) for level in levels] for side, levels in sides.items()}
        asks, bids = (
            tuple(Level(price=Price(exactly(price, 6)), size=Size(exactly(size, 8))) for price, size in sides[side])
            for side in (1, -1)
        )
        self.names += 1
        self.books.books[Symbol(symbol)] = Book(
            symbol=Symbol(symbol), bids=bids, asks=asks, as_of=Instant(self.now + self.names)
        )

    def order(self, order: Order, *, decision: int | None = None) -> tuple[SendOutcome, set[str]]:
        """Send an order to both."""
        self.reference.count(self.now)
        waits = order.trigger is not None
        trigger = Trigger(
            kind=TriggerKind.TAKE_PROFIT if order.profit else TriggerKind.STOP,
            price=Price(exactly(order.trigger or 0, 6)),
            position_sized=order.sized,
        )
        intent = OrderIntent(
            cloid=cloid(order.name),
            symbol=Symbol(order.symbol),
            side=Side.BUY if order.side > 0 else Side.SELL,
            size=Size(exactly(order.size, 8)),
            limit_price=Price(exactly(order.limit, 6)),
            reduce_only=order.reduces,
            time_in_force=_TIF[order.how],
            kind=IntentKind.STOP if waits else IntentKind.ORDER,
            trigger=trigger if waits else None,
        )
        return self.send(intent, order.decision), self.reference.place(order)

    def send(self, intent: OrderIntent, decision: int = 0) -> SendOutcome:
        """Send an intent to the shipped account."""
        return sync(
            self.broker.send(
                PreparedIntent(
                    intent=intent,
                    fence=Fence(account=_ACCOUNT, epoch=1),
                    decision=DecisionId(f"00000000-0000-8000-8000-{decision:012d}"),
                    prepared_at=Instant(self.now),
                )
            )
        )

    def cancel(self, name: int, own: int) -> tuple[SendOutcome, set[str]]:
        """Cancel an order in both."""
        intent = OrderIntent(
            cloid=cloid(own), symbol=Symbol("BTC"), side=Side.BUY, size=Size(Decimal(1)), limit_price=Price(Decimal(1)),
            reduce_only=False, kind=IntentKind.CANCEL, target=cloid(name),
        )
        return self.send(intent), set() if self.reference.cancel(name) else {"Order was never placed"}

    def lever(self, symbol: str, leverage: int, own: int, *, isolated: bool) -> tuple[SendOutcome, set[str]]:
        intent = OrderIntent(
            cloid=cloid(own), symbol=Symbol(symbol), side=Side.BUY, size=Size(Decimal(1)), limit_price=Price(Decimal(1)),
            reduce_only=False, kind=IntentKind.LEVERAGE, leverage=leverage, isolated=isolated,
        )
        return self.send(intent), self.reference.set_leverage(symbol, leverage, isolated=isolated)


def cloid(name: int) -> ClientOrderId:
    """Return the client order id of a number."""
    return ClientOrderId(f"0x{name:032x}")
