"""The simulated venue beside the paper broker: one account, every step taken in both, every figure compared.

They share no code. Marks and books are the same: what the venue's house quotes is read off a twin without accounts
and shown to the paper broker.
"""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from agentic_core.brokers.paper import LiquidationMethod, PaperBroker, PaperLedger, PaperRules
from agentic_core.domain import (
    Accepted,
    Book,
    FeeSchedule,
    Instant,
    Instrument,
    IntentKind,
    Level,
    MarginTier,
    OrderIntent,
    Price,
    Rejected,
    SendOutcome,
    Side,
    Size,
    Symbol,
    TimeInForce,
    Usd,
)
from agentic_hl.venue.engine import Engine
from agentic_hl.venue.engine.options import Options
from agentic_hl.venue.entities import Liquidated
from agentic_hl.venue.figures import MarginSummary
from agentic_hl.venue.terms import Market, OrderRequest, Refused, Status, Tier, Tif
from tests.support.both_ledgers import HOUR_MS, START, BooksShown, cloid, command_of, prepared_of, sync
from tests.support.markets import MarketByHand

__all__ = ["BESIDE", "USER", "Beside", "VenueBesidePaper", "liquidation_prices_agree"]

USER = "0x" + "a" * 40
_PRICE_DUST = Decimal("1E-12")
_COOLDOWN_MS = 30_000
_STAGED_USD = 100_000


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """A market of both; the leverages are those that may be set at any size."""

    name: str
    size_decimals: int
    price: Decimal
    tiers: tuple[tuple[int, int], ...]
    leverages: tuple[int, ...]

    @property
    def symbol(self) -> Symbol:
        """Its name in the paper broker."""
        return Symbol(self.name)

    def market(self, index: int) -> Market:
        """Return its form in the venue."""
        tiers = tuple(Tier(lower_bound=Decimal(bound), max_leverage=leverage) for bound, leverage in self.tiers)
        return Market(
            index=index,
            name=self.name,
            sz_decimals=self.size_decimals,
            max_leverage=self.tiers[0][1],
            margin_table_id=100 + index,
            tiers=tiers,
        )

    def instrument(self) -> Instrument:
        """Return its form in the paper broker."""
        tiers = tuple(
            MarginTier(lower_bound=Usd(Decimal(bound)), leverage_max=leverage) for bound, leverage in self.tiers
        )
        return Instrument(
            symbol=self.symbol, size_decimals=self.size_decimals, leverage_max=self.tiers[0][1], tiers=tiers
        )


BESIDE: Sequence[Beside] = (
    Beside(
        name="BTC",
        size_decimals=5,
        price=Decimal(50_000),
        tiers=((0, 40), (20_000, 20), (60_000, 10)),
        leverages=(10, 8, 5, 4, 2, 1),
    ),
    Beside(name="ETH", size_decimals=4, price=Decimal(2_000), tiers=((0, 25),), leverages=(25, 20, 16, 10, 5, 4, 2, 1)),
    Beside(name="SOL", size_decimals=2, price=Decimal(100), tiers=((0, 50),), leverages=(50, 40, 32, 25, 20, 10, 2)),
    Beside(
        name="DOGE",
        size_decimals=0,
        price=Decimal("0.1"),
        tiers=((0, 10), (1_000, 5), (3_000, 4)),
        leverages=(4, 2, 1),
    ),
)
"""Leverages that divide a dollar, so that every margin is a decimal and can be compared to the last digit."""


class VenueBesidePaper:
    """One account kept by both."""

    def __init__(self, cash: Decimal) -> None:
        options = Options(
            start_prices={index: beside.price for index, beside in enumerate(BESIDE)},
            levels=5,
            level_usd=Decimal(20_000),
            print_usd=Decimal(0),
            default_leverage=4,
            sample_ms=HOUR_MS,
        )
        markets = [beside.market(index) for index, beside in enumerate(BESIDE)]
        self.engine = Engine(markets, options=options, seed=1, now=START)
        self.engine.deposit(USER, cash)
        self._twin = Engine(markets, options=options, seed=1, now=START)
        instruments = {beside.symbol: beside.instrument() for beside in BESIDE}
        self._market, self._books = MarketByHand(at=Instant(START)), BooksShown()
        self._market.listed = instruments
        self.liquidations: set[tuple[bool, str]] = set()
        """Whether cross, and the method, of all so far."""
        self._named = 0
        self._oracles = [beside.price for beside in BESIDE]
        for index, beside in enumerate(BESIDE):
            self._market.set(beside.symbol, beside.price)
            self._show(index)
        self.ledger = PaperLedger(
            starting_equity=Usd(cash),
            instruments=instruments,
            marks=self._market.mark,
            leverage=4,
            at=Instant(START),
        )
        self.broker = PaperBroker(
            ledger=self.ledger,
            books=self._books,
            instruments=instruments,
            fees=FeeSchedule.hyperliquid_base(),
            slippage_bps=Decimal(0),
            rules=PaperRules(),
        )

    @property
    def figures(self) -> MarginSummary:
        """What the venue says of the account."""
        return self.engine.margin(USER)

    def set_leverage(self, asset: int, leverage: int, *, isolated: bool) -> tuple[str, str]:
        """Set leverage in both; return what each says against it."""
        self._named += 1
        intent = command_of(self._named, IntentKind.LEVERAGE, BESIDE[asset].name)
        answer = self._send(msgspec.structs.replace(intent, leverage=leverage, isolated=isolated))
        try:
            self.engine.update_leverage(USER, asset, not isolated, leverage)
        except Refused as refused:
            return str(refused), _refusal(answer)
        return "", _refusal(answer)

    def order(self, request: OrderRequest) -> tuple[Status, SendOutcome]:
        """Place an order in both."""
        self._named += 1
        intent = OrderIntent(
            cloid=cloid(self._named),
            symbol=BESIDE[request.asset].symbol,
            side=Side.BUY if request.is_buy else Side.SELL,
            size=Size(request.sz),
            limit_price=Price(request.limit_px),
            reduce_only=request.reduce_only,
            time_in_force=TimeInForce.IOC if request.tif is Tif.IOC else TimeInForce.GTC,
        )
        (status,) = self.engine.place(USER, [request], time=self.engine.now)
        return status, self._send(intent)

    def move(self, asset: int, mark: Decimal, oracle: Decimal) -> bool:
        """Move a market in both, and liquidate; return whether what they did can be compared further."""
        self._oracles[asset] = oracle
        for engine in (self._twin, self.engine):
            engine.set_price(asset, oracle=oracle, mark=mark, mid=mark)
        self._market.set(BESIDE[asset].symbol, mark)
        self._show(asset)
        return self._enforce()

    def pass_hour(self, rates: Sequence[Decimal]) -> bool:
        """Let a liquidation's cooldown pass, then the rest of the hour, with its funding."""
        for asset, rate in enumerate(rates):
            self.engine.set_funding(asset, rate)
        comparable = self._wait(self.engine.now + _COOLDOWN_MS, rates)
        hour = self.engine.now // HOUR_MS * HOUR_MS + HOUR_MS
        return self._wait(hour, rates) and comparable

    def _wait(self, to: int, rates: Sequence[Decimal]) -> bool:
        before = self.engine.now
        by_symbol = {beside.symbol: rate for beside, rate in zip(BESIDE, rates, strict=True)}
        oracles = {beside.symbol: oracle for beside, oracle in zip(BESIDE, self._oracles, strict=True)}
        self.engine.advance(to)
        self._market.as_of = Instant(to)
        sync(self.broker.advance(Instant(to)))
        self.broker.settle_funding(
            lambda symbol, _hour: by_symbol[symbol],
            after=Instant(before),
            until=Instant(to),
            oracle=oracles.__getitem__,
        )
        return self._enforce()

    def _enforce(self) -> bool:
        # The venue sells the largest cross position first, the paper broker the oldest; while one that was sold in
        # part cools down, the venue sells others and the paper broker none. All are assumptions, so nothing is compared
        # from there on.
        in_order = self._is_sold_in_the_same_order()
        seen: set[tuple[bool, str]] = set()
        while found := sync(self.broker.enforce_margin()):
            seen |= {(each.isolated is None, each.method.value) for each in found}
        told = {(each.is_cross, each.method) for each in self.engine.drain() if isinstance(each, Liquidated)}
        self.liquidations |= seen
        assert bool(seen) is bool(told), (seen, told)
        if not in_order and (True, LiquidationMethod.MARKET.value) in seen | told:
            return False
        assert seen == told, (seen, told)
        return True

    def _is_sold_in_the_same_order(self) -> bool:
        places = {beside.symbol: place for place, beside in enumerate(BESIDE)}
        held = self.ledger.cross_positions()
        by_size = sorted(held, key=lambda one: (-abs(one.size) * self.ledger.price(one.symbol), places[one.symbol]))
        cools = len(held) > 1 and any(one.notional(self.ledger.price(one.symbol)) > _STAGED_USD for one in held)
        return held == by_size and not cools

    def _send(self, intent: OrderIntent) -> SendOutcome:
        return sync(self.broker.send(prepared_of(intent, self.engine.now)))

    def _show(self, asset: int) -> None:
        self._named += 1
        bids, asks = (
            tuple(Level(price=Price(level.px), size=Size(level.sz)) for level in side)
            for side in self._twin.book(asset)
        )
        symbol = BESIDE[asset].symbol
        self._books.books[symbol] = Book(symbol=symbol, bids=bids, asks=asks, as_of=Instant(START + self._named))


def liquidation_prices_agree(one: Decimal | None, other: Decimal | None) -> bool:
    """Tell whether two prices are one; they are quotients, so digits beyond the twelfth decimal are dust."""
    if one is None or other is None:
        return one is other
    return abs(one - other) <= _PRICE_DUST


def _refusal(answer: SendOutcome) -> str:
    match answer:
        case Rejected(reason=reason):
            return reason
        case Accepted():
            return ""
        case _:
            raise AssertionError(answer)
