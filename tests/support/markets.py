"""A market, an account and books whose every number is set by hand; also a paper account on top of them."""

from collections.abc import Mapping
from decimal import Decimal

from agentic_core.brokers import PaperBroker, PaperLedger
from agentic_core.domain import (
    ZERO,
    AccountKey,
    AccountSnapshot,
    Book,
    Candle,
    DayCounters,
    DecisionId,
    FeeSchedule,
    Fence,
    IndicatorSpec,
    Instant,
    Instrument,
    Interval,
    Level,
    Mark,
    MarketSnapshot,
    MarkSource,
    OpenIntent,
    OrderIntent,
    Position,
    PreparedIntent,
    Price,
    Side,
    Size,
    Symbol,
    TickId,
    Usd,
    client_order_id,
    derived_uuid,
)
from agentic_core.domain.ids import DeploymentId

__all__ = [
    "AT",
    "BTC",
    "ETH",
    "LISTED",
    "AccountByHand",
    "BooksByHand",
    "MarketByHand",
    "Paper",
    "book_of",
    "held",
    "order",
    "prepared",
]

AT = Instant(1_640_995_260_000)
"""2022-01-01 00:01:00Z."""

BTC = Symbol("BTC")
ETH = Symbol("ETH")
LISTED: Mapping[Symbol, Instrument] = {
    BTC: Instrument(symbol=BTC, size_decimals=5, leverage_max=40),
    ETH: Instrument(symbol=ETH, size_decimals=4, leverage_max=25),
}
ACCOUNT = AccountKey("paper:by-hand")
BOTTOMLESS = "1000000000"


class MarketByHand:
    """A `MarketView` whose marks are set one by one; it knows no candles."""

    def __init__(self, prices: Mapping[Symbol, str] | None = None, *, at: Instant = AT) -> None:
        self.as_of = at
        self.interval = Interval.M1
        self.listed = dict(LISTED)
        self.marks: dict[Symbol, Mark] = {}
        for symbol, price in (prices or {}).items():
            self.set(symbol, price)

    def set(
        self, symbol: Symbol, price: str | Decimal, *, age_ms: int = 0, source: MarkSource = MarkSource.VENUE
    ) -> None:
        """Set a mark that is so old; below zero it is ahead."""
        as_of = Instant(self.as_of - age_ms)
        self.marks[symbol] = Mark(symbol=symbol, price=Price(Decimal(price)), as_of=as_of, source=source)

    def instrument(self, symbol: Symbol) -> Instrument | None:
        """Return the contract's rules."""
        return self.listed.get(symbol)

    def mark(self, symbol: Symbol) -> Mark | None:
        """Return the mark that was set."""
        return self.marks.get(symbol)

    def candles(self, symbol: Symbol, count: int) -> tuple[Candle, ...]:
        """Return none."""
        return ()

    def indicator(self, symbol: Symbol, spec: IndicatorSpec, *, back: int = 0) -> float | None:
        """Return that it is not known."""
        return None

    def funding_rate(self, symbol: Symbol) -> Decimal | None:
        """Return that it is not known."""
        return None

    def freeze(self, lookback: int) -> MarketSnapshot:
        """Copy the marks."""
        return MarketSnapshot(as_of=self.as_of, marks=tuple(self.marks.values()), candles={}, funding_rates={})


def held(symbol: Symbol, size: str | Decimal, *, cost: str | Decimal = "0") -> Position:
    """Return a position of a signed size."""
    return Position(symbol=symbol, size=Size(Decimal(size)), entry_cost=Usd(Decimal(cost)))


class AccountByHand:
    """An `AccountView` whose numbers need not fit together."""

    def __init__(self, market: MarketByHand, *, equity: str | Decimal = "10000", at: Instant = AT) -> None:
        self.market = market
        self.as_of = at
        self.equity = Usd(Decimal(equity))
        self.margin_used = Usd(ZERO)
        self.day = DayCounters(day=0, baseline=self.equity)
        self.peak = self.equity
        self.open_intents: tuple[OpenIntent, ...] = ()
        self.positions: dict[Symbol, Position] = {}
        self.unresolved = 0

    def hold(self, *positions: Position) -> None:
        """Hold exactly these."""
        self.positions = {position.symbol: position for position in positions if position.size}

    def position(self, symbol: Symbol) -> Position:
        """Return the holding, flat when there is none."""
        return self.positions.get(symbol) or Position.flat(symbol)

    def exposure(self) -> Usd:
        """Return the sum of all notionals at the marks that were set."""
        marks = self.market.marks
        known = ((one, marks[symbol].price) for symbol, one in self.positions.items() if symbol in marks)
        return Usd(sum((abs(one.size) * price for one, price in known), ZERO))

    def freeze(self) -> AccountSnapshot:
        """Copy what is visible."""
        return AccountSnapshot.of(self)


def book_of(symbol: Symbol, *, bids: Mapping[str, str], asks: Mapping[str, str], at: Instant = AT) -> Book:
    """Return a book from prices and sizes, best first."""
    return Book(symbol=symbol, bids=_levels(bids), asks=_levels(asks), as_of=at)


def _levels(sizes: Mapping[str, str]) -> tuple[Level, ...]:
    return tuple(Level(price=Price(Decimal(price)), size=Size(Decimal(size))) for price, size in sizes.items())


class BooksByHand:
    """`ExecutionBooks` that show what was set, or one bottomless price on both sides."""

    def __init__(self) -> None:
        self.books: dict[Symbol, Book] = {}

    def set(self, symbol: Symbol, price: str) -> None:
        """Let everything execute at one price."""
        self.books[symbol] = book_of(symbol, bids={price: BOTTOMLESS}, asks={price: BOTTOMLESS})

    async def book(self, symbol: Symbol) -> Book | None:
        """Return the book that was set."""
        return self.books.get(symbol)


def order(
    number: int,
    side: Side,
    size: str | Decimal,
    limit: str | Decimal,
    *,
    symbol: Symbol = BTC,
    reduce_only: bool = False,
) -> OrderIntent:
    """Return the intent of the turn of this number."""
    turn = TickId(deployment=DeploymentId("by-hand"), mark=Instant(AT + number))
    return OrderIntent(
        cloid=client_order_id(ACCOUNT, turn.digest(), leg=0, attempt=0),
        symbol=symbol,
        side=side,
        size=Size(Decimal(size)),
        limit_price=Price(Decimal(limit)),
        reduce_only=reduce_only,
    )


def prepared(intent: OrderIntent) -> PreparedIntent:
    """Return the intent as a store hands it out."""
    fence = Fence(account=ACCOUNT, epoch=1)
    decision = DecisionId(derived_uuid("decision", intent.cloid))
    return PreparedIntent(intent=intent, fence=fence, decision=decision, prepared_at=AT)


class Paper:
    """A paper account whose market and books are set by hand; by default both stand at 100 and fees are zero."""

    def __init__(
        self, *, equity: str = "10000", leverage: int = 10, taker_rate: str = "0", slippage_bps: str = "0"
    ) -> None:
        self.market = MarketByHand({BTC: "100", ETH: "100"})
        self.books = BooksByHand()
        for symbol in LISTED:
            self.books.set(symbol, "100")
        self.ledger = PaperLedger(
            starting_equity=Usd(Decimal(equity)),
            instruments=LISTED,
            marks=self.market.mark,
            leverage=leverage,
            at=AT,
        )
        self.broker = PaperBroker(
            ledger=self.ledger,
            books=self.books,
            instruments=LISTED,
            fees=FeeSchedule(taker_rate=Decimal(taker_rate), maker_rate=Decimal(0)),
            slippage_bps=Decimal(slippage_bps),
        )

    def set(self, price: str, *, symbol: Symbol = BTC) -> None:
        """Move the mark and the book of a symbol to one price."""
        self.market.set(symbol, price)
        self.books.set(symbol, price)
