"""The recorder: what the venue had is what a backtest reads, once, whatever pauses, holes and outages lie between."""

from itertools import pairwise
from pathlib import Path

import anyio
import pytest

from agentic_core.backtest.candle_files import read_candles
from agentic_core.backtest.candle_folder import CandleFolder
from agentic_core.domain.market import Candle
from agentic_core.domain.times import MINUTE_MS, Instant, Interval
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.candle_sink import CandleSink
from agentic_hl.market.live import LiveMarketData
from agentic_hl.market.recorder import CandleRecorder, HeldUp, Recorded, RecordedSeries
from agentic_hl.rest.failures import FailureKind, RestFailure
from tests.support.candles import NOON
from tests.support.clocks import VirtualClock
from tests.support.kept_candles import KeptCandles, hole
from tests.support.markets import BTC
from tests.support.told_market import BUSY, ToldMarket

pytestmark = pytest.mark.anyio

M1 = Interval.M1
SERIES = RecordedSeries(BTC, M1)
START = Instant(NOON)


class Desk:
    """A recorder, its venue and its sink."""

    def __init__(self, sink: CandleSink, *, minutes: int) -> None:
        self.clock = VirtualClock(Instant(NOON + minutes * MINUTE_MS + 30_000))
        self.venue = ToldMarket(self.clock, begins=NOON)
        self.feed = LiveMarketData(self.venue, self.clock)
        self.recorder = CandleRecorder(self.feed, sink, self.clock)

    async def served(self) -> list[Candle]:
        """Return what somebody who asks for everything is shown."""
        whole = LiveMarketData(self.venue, self.clock)
        return list(await whole.candles(BTC, M1, after=START, until=self.clock.now()))


def read(path: Path) -> list[Candle]:
    """Return what a backtest reads."""
    columns = read_candles(path, symbol=BTC, interval=M1)
    return [columns.candle(index) for index in range(len(columns))]


async def test_recorded_candles_are_what_a_backtest_reads(tmp_path: Path) -> None:
    """To the last digit, over several pages and several visits, in one file."""
    sink = CandleFolder(tmp_path)
    desk = Desk(sink, minutes=1_100)
    first = await desk.recorder.catch_up(SERIES, since=START)
    assert (first.written, first.missing, first.until) == (1_100, (), NOON + 1_100 * MINUTE_MS)
    for _ in range(3):
        await desk.clock.let_pass(7 * MINUTE_MS)
        assert (await desk.recorder.catch_up(SERIES, since=START)).written == 7
    (file,) = sink.files(BTC, M1)
    recorded = read(file)
    assert recorded == await desk.served()
    assert len(recorded) == 1_121


async def test_recorder_that_begins_again_goes_on_where_the_folder_ends(tmp_path: Path) -> None:
    """Nothing is asked for or written twice, and nothing between is lost."""
    await Desk(CandleFolder(tmp_path), minutes=50).recorder.catch_up(SERIES, since=START)
    later = Desk(CandleFolder(tmp_path), minutes=90)
    told = await later.recorder.catch_up(SERIES, since=START)
    assert (told.written, told.until) == (40, NOON + 90 * MINUTE_MS)
    assert later.venue.ranges() == [(NOON + 50 * MINUTE_MS, NOON + 89 * MINUTE_MS)]
    (file,) = CandleFolder(tmp_path).files(BTC, M1)
    assert read(file) == await later.served()


async def test_hole_of_the_venue_is_stated_and_begins_a_new_file(tmp_path: Path) -> None:
    """So that a backtest never takes it for a quiet hour."""
    sink = CandleFolder(tmp_path)
    desk = Desk(sink, minutes=30)
    desk.venue.silent = {NOON + 10 * MINUTE_MS}
    told = await desk.recorder.catch_up(SERIES, since=START)
    assert told.missing == (hole(NOON + 10 * MINUTE_MS, NOON + 11 * MINUTE_MS),)
    files = sink.files(BTC, M1)
    assert [len(read(file)) for file in files] == [10, 19]
    assert [*read(files[0]), *read(files[1])] == await desk.served()


async def test_candle_is_written_only_when_it_has_settled() -> None:
    """Three seconds after its close, in case the venue still changes it."""
    sink = KeptCandles()
    desk = Desk(sink, minutes=3)
    await desk.clock.let_pass(32_999)
    assert (await desk.recorder.catch_up(SERIES, since=START)).written == 3
    await desk.clock.let_pass(1)
    assert (await desk.recorder.catch_up(SERIES, since=START)).written == 1


async def test_running_recorder_writes_each_candle_once_it_settled() -> None:
    """And asks no more often than candles close."""
    sink = KeptCandles()
    desk = Desk(sink, minutes=5)
    told: list[Recorded | HeldUp] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: desk.recorder.run([SERIES], since=START, tell=told.append))
        await desk.clock.let_pass(10 * MINUTE_MS)
        tasks.cancel_scope.cancel()
    assert [one.written for one in told if isinstance(one, Recorded)] == [5, *[1] * 10]
    assert sink.candles[SERIES] == (await desk.served())[:15]


async def test_outage_is_told_and_what_closed_meanwhile_is_written_afterwards() -> None:
    """The venue is asked again after ten seconds, or after as long as it asks for."""
    sink = KeptCandles()
    desk = Desk(sink, minutes=5)
    await desk.feed.instruments()
    desk.venue.failures.extend([BUSY] * 12)
    told: list[Recorded | HeldUp] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: desk.recorder.run([SERIES], since=START, tell=told.append))
        await desk.clock.let_pass(4 * MINUTE_MS)
        tasks.cancel_scope.cancel()
    held_up = [one for one in told if isinstance(one, HeldUp)]
    assert len(held_up) == 12
    assert [later.next_try - one.next_try for one, later in pairwise(held_up)] == [10_000] * 11
    assert sink.candles[SERIES] == (await desk.served())[: len(sink.candles[SERIES])]
    assert len(sink.candles[SERIES]) == 9


async def test_answer_that_no_release_here_can_read_ends_the_recorder() -> None:
    """Asking again cannot help, and somebody has to know."""
    desk = Desk(KeptCandles(), minutes=5)
    await desk.feed.instruments()
    odd = RestFailure(kind=FailureKind.UNREADABLE, message="an odd answer", retryable=False)
    desk.venue.failures.append(odd)
    with pytest.raises(VenueUnavailable, match="an odd answer"):
        await desk.recorder.run([SERIES], since=START)


async def test_one_broken_candle_does_not_stop_the_recorder() -> None:
    """It is a hole like any other, and everything after it is recorded."""
    sink = KeptCandles()
    desk = Desk(sink, minutes=10)
    desk.venue.wrong = {NOON + 4 * MINUTE_MS}
    told = await desk.recorder.catch_up(SERIES, since=START)
    assert told.written == 9
    assert sink.missing[SERIES] == [hole(NOON + 4 * MINUTE_MS, NOON + 5 * MINUTE_MS)]
