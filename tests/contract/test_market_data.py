"""What every source of market facts promises: exact, ordered, and nothing later than its present."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from decimal import Decimal
from typing import NamedTuple

import pytest

from agentic_core.backtest.columns import CandleColumns, PriceColumns, VolumeColumn
from agentic_core.backtest.dataset import Dataset
from agentic_core.backtest.funding import FundingRates
from agentic_core.backtest.replay import Replay
from agentic_core.domain import HOUR_MS, MINUTE_MS, Instant, Interval, Symbol
from agentic_core.ports.market_data import ExecutionBooks, MarketData
from agentic_hl.market.live import LiveMarketData
from agentic_hl.venue.engine.markets import MARKETS
from agentic_hl.venue.engine.options import Generated, Options
from agentic_hl.venue.venue import Venue, VenueOptions
from tests.support.candles import NOON
from tests.support.markets import BTC, ETH, LISTED
from tests.support.venue_queries import VenueQueries

PORTS = ("agentic_core.ports.market_data.MarketData", "agentic_core.ports.market_data.ExecutionBooks")
pytestmark = pytest.mark.anyio

D = Decimal
FAR = Instant(NOON + 10**12)
NOBODYS = Symbol("NOBODYS")


class Source(NamedTuple):
    """A source with hourly candles of BTC and ETH, opened from `start` to two hours before `now` at least."""

    feed: MarketData
    books: ExecutionBooks
    start: Instant
    now: Instant


class NoWaiting:
    """A clock that stands, and on which every wait is over at once."""

    def __init__(self, at: int = 0) -> None:
        self._at = Instant(at)

    def now(self) -> Instant:
        """Return the instant that was given, or the epoch."""
        return self._at

    def boottime_ms(self) -> int:
        """Return that the machine has just booted."""
        return 0

    async def sleep(self, seconds: float) -> None:
        """Return."""


def hourly(symbol: Symbol, closes: list[int]) -> CandleColumns:
    """Return hourly candles from tenths of dollars."""
    opens = [closes[0], *(close + 1 for close in closes[:-1])]
    highs, lows = ([edge(pair) for pair in zip(opens, closes, strict=True)] for edge in (max, min))
    times = range(NOON, NOON + len(closes) * HOUR_MS, HOUR_MS)
    return CandleColumns(symbol, times, PriceColumns(1, opens, highs, lows, closes), VolumeColumn(0, [1] * len(closes)))


@asynccontextmanager
async def replay() -> AsyncIterator[Source]:
    """Yield a replay of eight hours at its fifth mark; each candle opens one step above the close before."""
    closes = {BTC: [100, 104, 99, 97, 101, 108, 107, 90], ETH: [10, 11, 12, 11, 10, 9, 8, 7]}
    first = NOON + HOUR_MS
    rates = {Instant(first + hour * HOUR_MS): D(hour).scaleb(-6) for hour in range(8)}
    dataset = Dataset(
        [hourly(symbol, prices) for symbol, prices in closes.items()],
        {symbol: FundingRates(rates, source="made by hand") for symbol in closes},
    )
    venue = Replay(dataset, LISTED, clock=NoWaiting())
    for _ in range(5):
        await venue.next_mark()
    yield Source(feed=venue, books=venue, start=dataset.start, now=venue.now)


@asynccontextmanager
async def hyperliquid() -> AsyncIterator[Source]:
    """Yield the live adapter over a simulated venue of two markets that has been open for six hours."""
    engine = Options(prices=Generated(step_ms=5 * MINUTE_MS), sample_ms=5 * MINUTE_MS)
    venue = Venue(seed=1, now=NOON, markets=MARKETS[:2], options=VenueOptions(engine=engine))
    clock = NoWaiting(NOON + 6 * HOUR_MS)
    venue.advance(clock.now())
    feed = LiveMarketData(VenueQueries(venue, clock), clock)
    yield Source(feed=feed, books=feed, start=Instant(NOON), now=clock.now())


SOURCES: dict[str, Callable[[], AbstractAsyncContextManager[Source]]] = {"hyperliquid": hyperliquid, "replay": replay}
"""Every implementation."""


@pytest.fixture(params=sorted(SOURCES))
async def source(request: pytest.FixtureRequest) -> AsyncIterator[Source]:
    """Yield each source in turn."""
    async with SOURCES[request.param]() as made:
        yield made


async def test_instruments_are_listed_under_their_symbols(source: Source) -> None:
    """The key is the symbol of the rules behind it."""
    listed = await source.feed.instruments()
    assert {BTC, ETH} <= set(listed)
    assert all(rules.symbol == symbol for symbol, rules in listed.items())


async def test_candles_are_closed_ordered_and_without_gaps(source: Source) -> None:
    """Oldest first, one an hour, the last one closed by now however far was asked."""
    candles = await source.feed.candles(BTC, Interval.H1, after=source.start, until=FAR)
    times = [candle.open_time for candle in candles]
    assert times == list(range(source.start, source.start + len(times) * HOUR_MS, HOUR_MS))
    assert source.now - 2 * HOUR_MS < times[-1] <= source.now - HOUR_MS
    assert all(0 < candle.low <= min(candle.open, candle.close) for candle in candles)
    assert all(max(candle.open, candle.close) <= candle.high for candle in candles)


@pytest.mark.parametrize("shift_ms", [0, 1, HOUR_MS - 1])
async def test_candles_open_no_earlier_and_close_no_later_than_asked(source: Source, shift_ms: int) -> None:
    """Both ends belong to the range: a candle that opens at `after` or closes at `until` is in it."""
    after, until = Instant(source.start + HOUR_MS - shift_ms), Instant(source.start + 3 * HOUR_MS + shift_ms)
    candles = await source.feed.candles(BTC, Interval.H1, after=after, until=until)
    assert [candle.open_time - source.start for candle in candles] == [HOUR_MS, 2 * HOUR_MS]


async def test_candles_fetched_in_two_parts_are_the_whole(source: Source) -> None:
    """The end of one request is the start of the next: nothing is lost and nothing comes twice."""
    middle = Instant(source.start + 2 * HOUR_MS)
    earlier = await source.feed.candles(ETH, Interval.H1, after=source.start, until=middle)
    later = await source.feed.candles(ETH, Interval.H1, after=middle, until=source.now)
    whole = await source.feed.candles(ETH, Interval.H1, after=source.start, until=source.now)
    assert [*earlier, *later] == list(whole)
    assert len(earlier) == 2


async def test_candles_of_an_empty_range_or_a_strange_symbol_are_none(source: Source) -> None:
    """Nothing known is an empty answer, not an error."""
    assert list(await source.feed.candles(BTC, Interval.H1, after=source.now, until=FAR)) == []
    assert list(await source.feed.candles(BTC, Interval.H1, after=source.now, until=source.start)) == []
    assert list(await source.feed.candles(NOBODYS, Interval.H1, after=source.start, until=FAR)) == []


async def test_marks_are_of_the_symbols_asked_and_not_of_the_future(source: Source) -> None:
    """A symbol without a mark is absent."""
    marks = await source.feed.marks([BTC, NOBODYS])
    assert set(marks) == {BTC}
    assert marks[BTC].symbol == BTC
    assert marks[BTC].price > 0
    assert source.now - HOUR_MS < marks[BTC].as_of <= source.now
    assert await source.feed.marks([]) == {}


async def test_funding_is_settled_on_whole_hours_of_the_range_up_to_now(source: Source) -> None:
    """The range is open at its start and closed at its end, and ends with the present."""
    after = Instant(source.now - 2 * HOUR_MS)
    assert set(await source.feed.funding(BTC, after=after, until=FAR)) == {source.now - HOUR_MS, source.now}
    until = Instant(source.now - 1)
    assert set(await source.feed.funding(BTC, after=after, until=until)) == {source.now - HOUR_MS}
    assert dict(await source.feed.funding(BTC, after=source.now, until=FAR)) == {}


async def test_funding_of_an_hour_the_source_does_not_know_is_absent(source: Source) -> None:
    """Unknown is absent, never zero and never an error."""
    long_ago = Instant(source.start - 100 * HOUR_MS)
    known = await source.feed.funding(BTC, after=long_ago, until=source.now)
    assert source.now in known
    assert Instant(source.start - 50 * HOUR_MS) not in known
    assert dict(await source.feed.funding(NOBODYS, after=source.start, until=source.now)) == {}


async def test_book_has_the_best_price_first_on_both_sides(source: Source) -> None:
    """Bids fall, asks rise, no bid is above an ask, and every level has something to take."""
    book = await source.books.book(BTC)
    assert book is not None
    bids, asks = [level.price for level in book.bids], [level.price for level in book.asks]
    assert (bids, asks) == (sorted(bids, reverse=True), sorted(asks))
    assert 0 < bids[0] <= asks[0]
    assert all(level.size > 0 for level in (*book.bids, *book.asks))
    assert (book.symbol, book.as_of) == (BTC, source.now)


async def test_book_of_a_strange_symbol_is_none(source: Source) -> None:
    """Where there is no price there is nothing to execute against."""
    assert await source.books.book(NOBODYS) is None


async def test_replay_shows_the_next_open_to_executions_only() -> None:
    """Decisions see the close of the fifth candle, orders hit the open of the sixth."""
    async with replay() as source:
        mark = (await source.feed.marks([BTC]))[BTC]
        book = await source.books.book(BTC)
        assert book is not None
        assert (mark.price, book.asks[0].price, book.bids[0].price) == (D("10.1"), D("10.2"), D("10.2"))
        candles = await source.feed.candles(BTC, Interval.H1, after=source.start, until=FAR)
        assert [candle.close for candle in candles] == [D(text) for text in ("10", "10.4", "9.9", "9.7", "10.1")]


async def test_replay_at_its_last_mark_has_nothing_left_to_execute_against() -> None:
    """The last mark only values the account."""
    async with replay() as source:
        venue = source.feed
        assert isinstance(venue, Replay)
        for _ in range(3):
            assert not venue.is_last
            assert await venue.next_mark() is not None
        assert venue.is_last
        assert await venue.next_mark() is None
        assert await venue.book(BTC) is None
        assert (await venue.marks([BTC]))[BTC].price == D(9)
