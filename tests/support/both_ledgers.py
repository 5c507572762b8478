"""The shipped paper account beside the reference in plain integers: every step is taken in both and compared."""

from collections.abc import Coroutine, Mapping
from decimal import Decimal
from typing import TypeVar

import msgspec

from agentic_core.brokers.paper import Outage, PaperBroker, PaperLedger, PaperRules
from agentic_core.domain import (
    AccountKey,
    DecisionId,
    FeeSchedule,
    Fence,
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
from tests.oracle.reference_ledger import Account
from tests.oracle.reference_rules import DOLLAR, Contract, Order
from tests.support.markets import MarketByHand

__all__ = [
    "CONTRACTS",
    "HOUR_MS",
    "START",
    "BooksShown",
    "BothLedgers",
    "agree",
    "book_of",
    "cloid",
    "command_of",
    "exactly",
    "instrument_of",
    "intent_of",
    "prepared_of",
    "sync",
]

T = TypeVar("T")
HOUR_MS = 3_600_000
START = 1_700_002_680_000
"""2023-11-14 22:58:00 UTC: an hour and a day are about to begin."""

CONTRACTS: Mapping[str, Contract] = {
    "BTC": Contract(3, ((0, 40), (2_000 * DOLLAR, 20), (6_000 * DOLLAR, 10))),
    "ETH": Contract(2, ((0, 25),)),
    "DOGE": Contract(0, ((0, 10), (1_000 * DOLLAR, 5))),
}
"""Leverages that divide a dollar, so that every margin is a decimal."""

OUTAGES: tuple[tuple[int, int, str | None], ...] = ((10, 14, "BTC"), (40, 43, None), (90, 200, "DOGE"))
"""From one minute after the start to another, both included."""

_ACCOUNT = AccountKey("paper:both")
_TIF = {"ioc": TimeInForce.IOC, "gtc": TimeInForce.GTC, "alo": TimeInForce.POST_ONLY}


def exactly(number: int, places: int) -> Decimal:
    """Return a count of 10^-places as the decimal it is."""
    return Decimal(number).scaleb(-places)


def cloid(name: int) -> ClientOrderId:
    """Return the client order id of a number."""
    return ClientOrderId(f"0x{name:032x}")


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


def intent_of(order: Order) -> OrderIntent:
    """Return the shipped form of an order."""
    trigger = Trigger(
        kind=TriggerKind.TAKE_PROFIT if order.profit else TriggerKind.STOP,
        price=Price(exactly(order.trigger or 0, 6)),
        position_sized=order.sized,
    )
    return OrderIntent(
        cloid=cloid(order.name),
        symbol=Symbol(order.symbol),
        side=Side.BUY if order.side > 0 else Side.SELL,
        size=Size(exactly(order.size, 8)),
        limit_price=Price(exactly(order.limit, 6)),
        reduce_only=order.reduces,
        time_in_force=_TIF[order.how],
        kind=IntentKind.STOP if order.waits else IntentKind.ORDER,
        trigger=trigger if order.waits else None,
    )


def prepared_of(intent: OrderIntent, now: int, decision: int = 0) -> PreparedIntent:
    """Return an intent as a store hands it out."""
    return PreparedIntent(
        intent=intent,
        fence=Fence(account=_ACCOUNT, epoch=1),
        decision=DecisionId(f"00000000-0000-8000-8000-{decision:012d}"),
        prepared_at=Instant(now),
    )


def book_of(symbol: str, sides: Mapping[int, list[tuple[int, int]]], as_of: int) -> Book:
    """Return the shipped form of a book: what a buy (1) and what a sell (-1) may take, best first."""
    asks, bids = (
        tuple(Level(price=Price(exactly(price, 6)), size=Size(exactly(size, 8))) for price, size in sides[side])
        for side in (1, -1)
    )
    return Book(symbol=Symbol(symbol), bids=bids, asks=asks, as_of=Instant(as_of))


def command_of(name: int, kind: IntentKind, symbol: str) -> OrderIntent:
    """Return an intent that orders nothing; its target or leverage is to be filled in."""
    return OrderIntent(
        cloid=cloid(name),
        symbol=Symbol(symbol),
        side=Side.BUY,
        size=Size(Decimal(1)),
        limit_price=Price(Decimal(1)),
        reduce_only=False,
        kind=kind,
    )


class BooksShown:
    """Books that show what was set."""

    def __init__(self) -> None:
        self.books: dict[Symbol, Book] = {}

    async def book(self, symbol: Symbol) -> Book | None:
        """Return the book that was set."""
        return self.books.get(symbol)


class BothLedgers:
    """One account kept twice."""

    def __init__(
        self,
        *,
        cash: int = 1_000,
        leverage: int = 10,
        slippage: int = 0,
        taker: int = 4_500_000,
        maker: int = 1_500_000,
    ) -> None:
        self.names = 0
        self.taken: list[int] = []
        self.sent: dict[int, tuple[PreparedIntent, SendOutcome]] = {}
        self.reference = Account(cash * DOLLAR, CONTRACTS, leverage, taker, maker, slippage, most=6, now=START)
        self.reference.baseline = self.reference.peak = cash * DOLLAR
        self.market, self.books = MarketByHand(at=Instant(START)), BooksShown()
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
        outages = tuple(
            Outage(start=_minute(first), end=_minute(last), symbol=None if symbol is None else Symbol(symbol))
            for first, last, symbol in OUTAGES
        )
        self.broker = PaperBroker(
            ledger=self.ledger,
            books=self.books,
            instruments=instruments,
            fees=FeeSchedule(taker_rate=exactly(taker, 10), maker_rate=exactly(maker, 10)),
            slippage_bps=Decimal(slippage),
            rules=PaperRules(staged_liquidation=False, open_orders_max=6, outages=outages),
        )

    def set_mark(self, symbol: str, price: int) -> None:
        """Move a mark."""
        self.reference.marks[symbol] = price
        self.market.set(Symbol(symbol), exactly(price, 6))

    def set_book(self, symbol: str, sides: Mapping[int, list[tuple[int, int]]]) -> None:
        """Show a new book: what a buy (1) and what a sell (-1) may take, best first."""
        self.reference.books[symbol] = {side: [list(level) for level in levels] for side, levels in sides.items()}
        as_of = self.reference.now + len(self.sent) + self.next_name()
        self.books.books[Symbol(symbol)] = book_of(symbol, sides, as_of)

    def next_name(self) -> int:
        """Return a number that was not used yet."""
        self.names += 1
        return self.names

    def place(self, order: Order) -> tuple[SendOutcome, set[str]]:
        """Place an order in both; return the shipped answer and every reason the reference has to refuse it."""
        answer, reasons = self.send(intent_of(order), order.name, order.decision), self.reference.place(order)
        if not reasons:
            self.taken.append(order.name)
        return answer, reasons

    def send(self, intent: OrderIntent, name: int, decision: int = 0) -> SendOutcome:
        """Send an intent to the shipped account and remember it."""
        prepared = prepared_of(intent, self.reference.now, decision)
        answer = sync(self.broker.send(prepared))
        self.sent[name] = (prepared, answer)
        return answer

    def repeat(self, prepared: PreparedIntent) -> SendOutcome:
        """Send something again that was sent before."""
        return sync(self.broker.send(prepared))

    def cancel(self, target: int) -> tuple[SendOutcome, set[str]]:
        """Cancel an order in both."""
        intent = command_of(self.next_name(), IntentKind.CANCEL, "BTC")
        answer = self.send(msgspec.structs.replace(intent, target=cloid(target)), self.names)
        return answer, set() if self.reference.cancel(target) else {"Order was never placed"}

    def set_leverage(self, symbol: str, leverage: int, *, isolated: bool) -> tuple[SendOutcome, set[str]]:
        """Set leverage and margin mode in both."""
        intent = command_of(self.next_name(), IntentKind.LEVERAGE, symbol)
        answer = self.send(msgspec.structs.replace(intent, leverage=leverage, isolated=isolated), self.names)
        return answer, {self.reference.set_leverage(symbol, leverage, isolated=isolated)} - {""}

    def wait(self, length_ms: int, rate: int) -> None:
        """Let time pass in both: funding of every whole hour, arrivals and matches, liquidations, the day."""
        before, now = self.reference.now, self.reference.now + length_ms
        self.market.as_of = Instant(now)
        for symbol, price in self.reference.marks.items():
            self.set_mark(symbol, price)
        self.broker.settle_funding(lambda _symbol, _hour: exactly(rate, 10), after=Instant(before), until=Instant(now))
        for _ in range(now // HOUR_MS - before // HOUR_MS):
            self.reference.settle(rate)
        minutes = (now - START) / 60_000
        out = {symbol for first, last, symbol in OUTAGES if first <= minutes <= last}
        self.reference.out = set(CONTRACTS) if None in out else {symbol for symbol in out if symbol}
        sync(self.broker.advance(Instant(now)))
        self.reference.advance()
        sync(self.broker.enforce_margin())
        self.reference.enforce()
        self.ledger.open_day(Instant(now))
        self.reference.open_day(now)


def agree(answer: SendOutcome, reasons: set[str]) -> bool:
    """Tell whether an order was refused where and only where there is a reason, and for one of the reasons."""
    if isinstance(answer, Rejected):
        return any(answer.reason.startswith(reason) for reason in reasons)
    return not reasons


def _minute(number: int) -> Instant:
    return Instant(START + number * 60_000)
