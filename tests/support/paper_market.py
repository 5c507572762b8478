"""A live market that goes along drawn candles, four looks a minute, and a paper account at it that dies and returns."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NoReturn

import anyio

from agentic_core.brokers.paper import PaperTerms, PaperVenue, paper_venues
from agentic_core.domain import (
    AccountKey,
    Book,
    BrokerKind,
    Candle,
    DayCounters,
    Fence,
    FundingPayment,
    Instant,
    Instrument,
    Interval,
    Level,
    Mark,
    MarkSource,
    Price,
    Size,
    Symbol,
    Usd,
    paper_account,
)
from agentic_core.domain.account_events import AccountEvent, FillTold, FundingTold
from agentic_core.domain.ids import DeploymentId, SkillId, UserId
from agentic_core.domain.records import DeploymentRecord
from agentic_core.domain.times import MINUTE_MS
from agentic_core.domain.trading import DeploymentStatus
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.account_memory import Remembered
from agentic_core.ports.account_reads import FreshPrice
from agentic_core.ports.intents import IntentStore
from agentic_core.ports.ledger import LedgerStore
from agentic_core.ports.live_venue import VenueWish
from agentic_core.ports.paper_books import PaperRecord
from agentic_core.store.memory import MemoryStore
from agentic_core.store.memory.paper import MemoryPaperBooks
from tests.support.clocks import VirtualClock
from tests.support.markets import LISTED
from tests.support.turns import limits

__all__ = ["BEGAN", "LOOK_MS", "Died", "PaperPlace", "PathMarket", "candle_of"]

LOOK_MS = 15_000
"""How far apart the looks are; each is one of the four prices of a candle."""

BEGAN = Instant(1_640_998_500_000)
"""2022-01-01 00:55:00Z, five minutes before a whole hour."""

DEPLOYMENT = DeploymentId("6d1f0f0e-58d4-8a0b-9a55-64fd3bb0e3a1")
ACCOUNT: AccountKey = paper_account(DEPLOYMENT)
_DEEP = Size(Decimal(10**9))


class Died(Exception):
    """The process is gone."""


def candle_of(number: int, prices: Sequence[int]) -> Candle:
    """Return a candle of the minute of this number from the four prices at its looks."""
    opened, _, _, closed = (Price(Decimal(price)) for price in prices)
    high, low = (Price(Decimal(pick(prices))) for pick in (max, min))
    at = Instant(BEGAN + number * MINUTE_MS)
    return Candle(open_time=at, open=opened, high=high, low=low, close=closed, volume=Decimal(1))


class PathMarket:
    """A `LiveMarket` and everything in it; each symbol goes along its prices, four a minute."""

    funding_source = "drawn"

    def __init__(self, paths: Mapping[Symbol, Sequence[Sequence[int]]], *, rate: str = "0.0001") -> None:
        self.at = BEGAN
        self.rate = Decimal(rate)
        self.paths = paths
        self.instruments: Mapping[Symbol, Instrument] = LISTED
        self.is_away = False
        self.is_seen = True
        self.rates_known = True
        self.asked: list[str] = []
        self.fixed: dict[Symbol, Price] = {}

    @property
    def market(self) -> "_Facts":
        """Candles, marks and funding."""
        return _Facts(self)

    @property
    def books(self) -> "PathMarket":
        """Itself."""
        return self

    @property
    def prices(self) -> "PathMarket":
        """Itself."""
        return self

    def now(self) -> Instant:
        """Return where the market stands."""
        if self.is_away:
            raise VenueUnavailable("the market was taken away by the test")
        return self.at

    def price(self, symbol: Symbol) -> Price:
        """Return the price of this moment, or the one that was fixed."""
        if symbol in self.fixed:
            return self.fixed[symbol]
        looks = (self.at - BEGAN) // LOOK_MS
        path = self.paths[symbol]
        return Price(Decimal(path[min(looks // 4, len(path) - 1)][looks % 4]))

    def newest_mark(self, symbol: Symbol) -> Mark | None:
        """Return the mark of this moment; the old one while the market is not seen."""
        if symbol not in self.paths and symbol not in self.fixed:
            return None
        age_ms = 0 if self.is_seen else 10 * MINUTE_MS
        as_of = Instant(self.at - age_ms)
        return Mark(symbol=symbol, price=self.price(symbol), as_of=as_of, source=MarkSource.VENUE)

    async def book(self, symbol: Symbol) -> Book | None:
        """Return a deep book at the price of this moment."""
        self.asked.append(f"book {symbol}")
        if symbol not in self.paths and symbol not in self.fixed:
            return None
        level = (Level(price=self.price(symbol), size=_DEEP),)
        return Book(symbol=symbol, bids=level, asks=level, as_of=self.at)

    async def fresh(self, symbol: Symbol) -> FreshPrice:
        """Return the price of this moment."""
        price = self.price(symbol)
        return FreshPrice(read_at=self.at, mark=price, bid=price, ask=price)

    def be_asked(self, symbols: Sequence[Symbol]) -> None:
        """Be asked for marks, of which all are known already."""

    async def watch(self, symbols: Sequence[Symbol]) -> NoReturn:
        """Do nothing for ever."""
        self.asked.append(f"watch {', '.join(symbols)}")
        await anyio.sleep_forever()
        raise AssertionError("for ever")

    def known(self, symbol: Symbol) -> list[Candle]:
        """Return the candles that have closed."""
        closed = (self.at - BEGAN) // MINUTE_MS
        return [candle_of(number, prices) for number, prices in enumerate(self.paths[symbol]) if number < closed]


class _Facts:
    # The `MarketData` of a path.
    def __init__(self, market: PathMarket) -> None:
        self._market = market

    async def instruments(self) -> Mapping[Symbol, Instrument]:
        return self._market.instruments

    async def candles(self, symbol: Symbol, interval: Interval, *, after: Instant, until: Instant) -> Sequence[Candle]:
        assert interval is Interval.M1, "what is drawn is a few minutes long"
        self._market.now()
        known = self._market.known(symbol)
        return [one for one in known if after <= one.open_time and one.open_time + MINUTE_MS <= until]

    async def marks(self, symbols: Sequence[Symbol]) -> Mapping[Symbol, Mark]:
        self._market.now()
        self._market.be_asked(symbols)
        marks = {symbol: self._market.newest_mark(symbol) for symbol in symbols}
        return {symbol: mark for symbol, mark in marks.items() if mark is not None}

    async def funding(self, symbol: Symbol, *, after: Instant, until: Instant) -> Mapping[Instant, Decimal]:
        hours = range((after // 3_600_000 + 1) * 3_600_000, min(until, self._market.now()) + 1, 3_600_000)
        return {Instant(hour): self._market.rate for hour in hours if self._market.rates_known}


class _Memory:
    # Remembers nothing but where it began.
    def recall(self, as_of: Instant, equity: Usd) -> Remembered:
        return Remembered(day=DayCounters(day=as_of // 86_400_000, baseline=equity), peak=equity)


class _MortalBooks(MemoryPaperBooks):
    # The process dies at the write of a number, before or after it.
    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store.leases)
        self.writes = 0
        self.dies_at: int | None = None
        self.dies_after = False

    async def write(self, fence: Fence, record: PaperRecord) -> None:
        self.writes += 1
        if self.writes != self.dies_at:
            await super().write(fence, record)
            return
        if self.dies_after:
            await super().write(fence, record)
        raise Died


class PaperPlace:
    """One account at a market: opened, lost, and opened again; what it tells is booked when the test says so."""

    def __init__(self, market: PathMarket, *, terms: PaperTerms | None = None, leverage: int = 5) -> None:
        self.market = market
        self.clock = VirtualClock(BEGAN)
        self.store = MemoryStore()
        self.paper = _MortalBooks(self.store)
        self.leverage = leverage
        self.told: list[AccountEvent] = []
        self.heard: list[AccountEvent] = []
        self.opened = paper_venues(self._market, self, terms or PaperTerms(), self.clock)
        self.fence = Fence(account=ACCOUNT, epoch=0)
        self.venue: PaperVenue | None = None

    @property
    def intents(self) -> IntentStore:
        """The intents of the store."""
        return self.store.intents

    @property
    def ledger(self) -> LedgerStore:
        """The ledger of the store."""
        return self.store.ledger

    async def open(self) -> PaperVenue:
        """Let a new process take the account over."""
        lease = await self.store.leases.acquire(ACCOUNT, "test", 10**9)
        assert lease is not None, "one process at a time"
        self.fence = Fence(account=ACCOUNT, epoch=lease.epoch)
        async with self.opened(self.wish()) as venue:
            assert isinstance(venue, PaperVenue), "paper venues are opened here"
            self.venue = venue
        self.told = []
        venue.hear(self._hear)
        return venue

    def wish(self) -> VenueWish:
        """Return for whom the account is opened."""
        deployment = DeploymentRecord(
            id=DEPLOYMENT,
            user_id=UserId("somebody"),
            skill_id=SkillId("by-hand"),
            skill_version=1,
            broker_kind=BrokerKind.PAPER,
            status=DeploymentStatus.RUNNING,
            account_key=ACCOUNT,
            created_at=BEGAN,
        )
        caps = limits(leverage_max=self.leverage)
        symbols = tuple(self.market.paths)
        return VenueWish(
            deployment=deployment, fence=self.fence, symbols=symbols, limits=caps, memory=_Memory(), since=BEGAN
        )

    async def book(self, count: int | None = None) -> None:
        """Record what was told, all of it or so many of the oldest."""
        taken = self.told[:count]
        fills = [each.fill for each in taken if isinstance(each, FillTold)]
        payments: Iterable[FundingPayment] = [each.payment for each in taken if isinstance(each, FundingTold)]
        await self.store.intents.record_fills(self.fence, DEPLOYMENT, fills, at=self.market.at)
        await self.store.ledger.record_funding(self.fence, DEPLOYMENT, tuple(payments), at=self.market.at)
        del self.told[: len(taken)]

    def _hear(self, event: AccountEvent) -> None:
        self.told.append(event)
        self.heard.append(event)

    def _market(self) -> "_Opened":
        return _Opened(self.market)


class _Opened:
    # What opening the market yields.
    def __init__(self, market: PathMarket) -> None:
        self._market = market

    async def __aenter__(self) -> PathMarket:
        return self._market

    async def __aexit__(self, *_: object) -> None:
        return None
