"""The live market view: candles gathered mark by mark, the marks of the venue, and what stands in for them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest

from agentic_core.backtest.funding import FundingRates
from agentic_core.backtest.replay import Replay
from agentic_core.domain import (
    HOUR_MS,
    Candle,
    IndicatorKind,
    IndicatorSpec,
    Instant,
    Instrument,
    Interval,
    Mark,
    MarkSource,
    Price,
    Symbol,
)
from agentic_core.runtime.desk import MarketDesk
from tests.support.backtests import MIDNIGHT, candles_of, dataset_of, mark_of
from tests.support.clocks import VirtualClock
from tests.support.markets import BTC, ETH, LISTED

pytestmark = pytest.mark.anyio

D = Decimal
CLOSES = [10, 20, 40, 80, 60, 30]
HOURLY = candles_of([(close, close) for close in CLOSES], interval=Interval.H1)


class Feed:
    """A venue of one symbol that says exactly what the test put down, and notes what it was asked."""

    def __init__(self) -> None:
        self.waiting: list[Candle] = []
        self.now_marks: dict[Symbol, Mark] = {}
        self.ranges: list[tuple[Instant, Instant]] = []

    async def instruments(self) -> Mapping[Symbol, Instrument]:
        """Return the list."""
        return LISTED

    async def candles(self, symbol: Symbol, interval: Interval, *, after: Instant, until: Instant) -> Sequence[Candle]:
        """Return what is waiting, whatever was asked."""
        self.ranges.append((after, until))
        found, self.waiting = self.waiting, []
        return found

    async def marks(self, symbols: Sequence[Symbol]) -> Mapping[Symbol, Mark]:
        """Return the marks that were put down."""
        return self.now_marks

    async def funding(self, symbol: Symbol, *, after: Instant, until: Instant) -> Mapping[Instant, Decimal]:
        """Return that nothing is known."""
        return {}


def desk_over(feed: Feed) -> MarketDesk:
    """Return a desk that watches BTC by the hour."""
    return MarketDesk(feed, symbols=(BTC,), interval=Interval.H1, instruments=LISTED, history_from=MIDNIGHT)


def candle(index: int, close: int) -> Candle:
    """Return the candle of this index."""
    price = Price(D(close))
    opened = Instant(MIDNIGHT + index * HOUR_MS)
    return Candle(open_time=opened, open=price, high=price, low=price, close=price, volume=D(1))


async def replayed(rates: FundingRates | None = None) -> tuple[Replay, MarketDesk]:
    """Return a replay before its first mark, and a desk that watches it."""
    dataset = dataset_of(HOURLY, rates=rates) if rates is not None else dataset_of(HOURLY)
    replay = Replay(dataset, LISTED, clock=VirtualClock())
    instruments = await replay.instruments()
    return replay, MarketDesk(
        replay, symbols=(BTC,), interval=Interval.H1, instruments=instruments, history_from=replay.now
    )


async def step(replay: Replay, desk: MarketDesk) -> None:
    """Go on to the next mark."""
    mark = await replay.next_mark()
    assert mark is not None
    await desk.refresh(mark)


async def test_desk_before_its_first_refresh_knows_nothing() -> None:
    """Nothing is made up: no mark, no candles, no rate, no indicator."""
    _, desk = await replayed()
    assert (desk.as_of, desk.mark(BTC), desk.candles(BTC, 5)) == (MIDNIGHT, None, ())
    assert (desk.funding_rate(BTC), desk.indicator(BTC, IndicatorSpec(IndicatorKind.SMA, 1))) == (None, None)
    assert desk.freeze(5).candles == {BTC: ()}


async def test_desk_gathers_each_candle_once_and_stands_at_the_mark() -> None:
    """After three marks there are three candles, oldest first, and the newest close is the mark."""
    replay, desk = await replayed()
    for _ in range(3):
        await step(replay, desk)
    assert [one.close for one in desk.candles(BTC, 99)] == [D(10), D(20), D(40)]
    assert [one.close for one in desk.candles(BTC, 2)] == [D(20), D(40)]
    mark = desk.mark(BTC)
    assert mark is not None
    assert (mark.price, mark.as_of, desk.as_of) == (D(40), mark_of(2, interval=Interval.H1), mark.as_of)


async def test_desk_catches_up_when_marks_were_missed() -> None:
    """What came between two refreshes is fetched with the second one."""
    replay, desk = await replayed()
    for _ in range(3):
        await replay.next_mark()
    await step(replay, desk)
    assert [one.close for one in desk.candles(BTC, 99)] == [D(10), D(20), D(40), D(80)]


async def test_desk_asks_for_each_stretch_of_time_once() -> None:
    """The end of one request is the start of the next."""
    feed = Feed()
    desk = desk_over(feed)
    for hour in (1, 2, 5):
        await desk.refresh(Instant(MIDNIGHT + hour * HOUR_MS))
    hours = [((after - MIDNIGHT) // HOUR_MS, (until - MIDNIGHT) // HOUR_MS) for after, until in feed.ranges]
    assert hours == [(0, 1), (1, 2), (2, 5)]


async def test_desk_takes_a_candle_that_comes_twice_only_once() -> None:
    """A venue that overlaps its answers does not shift the indicators."""
    feed = Feed()
    desk = desk_over(feed)
    feed.waiting = [candle(0, 10), candle(1, 20)]
    await desk.refresh(Instant(MIDNIGHT + 2 * HOUR_MS))
    feed.waiting = [candle(1, 20), candle(2, 40)]
    await desk.refresh(Instant(MIDNIGHT + 3 * HOUR_MS))
    assert [one.close for one in desk.candles(BTC, 9)] == [D(10), D(20), D(40)]
    assert desk.indicator(BTC, IndicatorSpec(IndicatorKind.SMA, 2)) == 30.0


async def test_desk_prefers_the_mark_of_the_venue() -> None:
    """Where the venue gives a mark, that is what things are worth."""
    feed = Feed()
    desk = desk_over(feed)
    at = Instant(MIDNIGHT + HOUR_MS)
    feed.waiting = [candle(0, 10)]
    feed.now_marks = {BTC: Mark(symbol=BTC, price=Price(D(11)), as_of=at, source=MarkSource.VENUE)}
    await desk.refresh(at)
    assert desk.mark(BTC) == feed.now_marks[BTC]


async def test_desk_without_a_mark_of_the_venue_values_at_the_last_close_and_says_so() -> None:
    """The degraded source is marked, and its age is that of the candle's end."""
    feed = Feed()
    desk = desk_over(feed)
    feed.waiting = [candle(0, 10), candle(1, 20)]
    at = Instant(MIDNIGHT + 2 * HOUR_MS + 7)
    await desk.refresh(at)
    expected = Instant(MIDNIGHT + 2 * HOUR_MS)
    assert desk.mark(BTC) == Mark(symbol=BTC, price=Price(D(20)), as_of=expected, source=MarkSource.CANDLE_CLOSE)


async def test_desk_values_at_a_newer_close_when_the_venue_falls_silent() -> None:
    """A mark of the venue is not kept for longer than until the next candle has closed."""
    feed = Feed()
    desk = desk_over(feed)
    at = Instant(MIDNIGHT + HOUR_MS)
    feed.now_marks = {BTC: Mark(symbol=BTC, price=Price(D(11)), as_of=at, source=MarkSource.VENUE)}
    await desk.refresh(at)
    feed.now_marks, feed.waiting = {}, [candle(0, 10), candle(1, 20)]
    await desk.refresh(Instant(MIDNIGHT + 2 * HOUR_MS))
    mark = desk.mark(BTC)
    assert mark is not None
    assert (mark.price, mark.source) == (D(20), MarkSource.CANDLE_CLOSE)


async def test_desk_mark_that_is_not_renewed_keeps_its_age() -> None:
    """A venue that falls silent leaves an old mark behind, which the staleness rule can see."""
    feed = Feed()
    desk = desk_over(feed)
    feed.waiting = [candle(0, 10)]
    await desk.refresh(Instant(MIDNIGHT + HOUR_MS))
    await desk.refresh(Instant(MIDNIGHT + 2 * HOUR_MS))
    mark = desk.mark(BTC)
    assert mark is not None
    assert desk.as_of - mark.as_of == HOUR_MS


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (IndicatorKind.SMA, [None, 15.0, 30.0, 60.0, 70.0, 45.0]),
        (IndicatorKind.HIGHEST, [None, 20.0, 40.0, 80.0, 80.0, 60.0]),
        (IndicatorKind.LOWEST, [None, 10.0, 20.0, 40.0, 60.0, 30.0]),
    ],
)
@pytest.mark.parametrize("first_asked", [0, 3])
async def test_desk_indicator_follows_the_candles_whenever_it_was_asked_first(
    kind: IndicatorKind, expected: list[float | None], first_asked: int
) -> None:
    """An indicator that is first asked for later knows the candles before, too."""
    replay, desk = await replayed()
    spec = IndicatorSpec(kind, 2)
    seen = []
    for index in range(len(CLOSES)):
        await step(replay, desk)
        if index >= first_asked:
            seen.append(desk.indicator(BTC, spec))
    assert seen == expected[first_asked:]
    backwards = [desk.indicator(BTC, spec, back=back) for back in range(8)]
    assert backwards == [*reversed(expected), None, None]


async def test_desk_knows_nothing_of_a_symbol_it_does_not_watch() -> None:
    """Listed is not watched: rules are known, prices are not."""
    replay, desk = await replayed()
    await step(replay, desk)
    assert desk.instrument(ETH) == LISTED[ETH]
    assert desk.instrument(Symbol("XYZ")) is None
    assert (desk.mark(ETH), desk.candles(ETH, 3), desk.funding_rate(ETH)) == (None, (), None)
    assert desk.indicator(ETH, IndicatorSpec(IndicatorKind.SMA, 1)) is None


async def test_desk_funding_rate_is_the_last_settled_one_from_the_first_mark_on() -> None:
    """The rate settled at the opening is known at the first mark, as it is in a backtest."""
    rates = FundingRates({Instant(MIDNIGHT + hour * HOUR_MS): D(hour) / 100 for hour in range(-1, 7)}, source="x")
    minutes = dataset_of(candles_of([(100, 100)] * 130), rates=rates)
    replay = Replay(minutes, LISTED, clock=VirtualClock())
    desk = MarketDesk(replay, symbols=(BTC,), interval=Interval.M1, instruments=LISTED, history_from=replay.now)
    seen: list[Decimal | None] = []
    for _ in range(130):
        await step(replay, desk)
        seen.append(desk.funding_rate(BTC))
    assert seen == [D(0)] * 59 + [D("0.01")] * 60 + [D("0.02")] * 11


async def test_desk_rate_settled_at_an_hour_is_that_hours_or_unknown() -> None:
    """What is settled is looked up by its own hour, never guessed from another one."""
    rates = FundingRates({Instant(MIDNIGHT + hour * HOUR_MS): D(hour) / 100 for hour in range(1, 7)}, source="x")
    replay, desk = await replayed(rates)
    for _ in range(3):
        await step(replay, desk)
    assert desk.rate_settled(BTC, Instant(MIDNIGHT + 2 * HOUR_MS)) == D("0.02")
    assert desk.rate_settled(BTC, Instant(MIDNIGHT + 4 * HOUR_MS)) is None
    assert desk.rate_settled(ETH, Instant(MIDNIGHT + 2 * HOUR_MS)) is None


async def test_desk_freeze_is_a_copy_that_later_marks_do_not_change() -> None:
    """What is recorded stays what it was."""
    replay, desk = await replayed()
    await step(replay, desk)
    await step(replay, desk)
    frozen = desk.freeze(1)
    await step(replay, desk)
    assert frozen.as_of == mark_of(1, interval=Interval.H1)
    assert [one.close for one in frozen.candles[BTC]] == [D(20)]
    assert [mark.price for mark in frozen.marks] == [D(20)]
    assert frozen.funding_rates == {BTC: D(0)}
