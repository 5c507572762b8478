"""What everything that keeps recorded candles promises: each once, in order, for good, and holes stay holes."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from agentic_core.backtest.candle_files import read_candles
from agentic_core.backtest.candle_folder import CandleFolder
from agentic_core.domain import Candle, Interval, Symbol
from agentic_core.ports.candle_sink import CandleSink, MissingCandles
from tests.support.candles import NOON
from tests.support.kept_candles import KeptCandles, hole, minutes
from tests.support.markets import BTC, ETH

PORTS = ("agentic_core.ports.candle_sink.CandleSink",)
pytestmark = pytest.mark.anyio

M1 = Interval.M1
MINUTE = M1.ms


class Place(NamedTuple):
    """Where candles are kept, with what is to be found there."""

    open: Callable[[], CandleSink]
    """Returns a sink as a process has it that was just started."""
    stretches: Callable[[Symbol, Interval], list[list[Candle]]]
    """Returns the candles that a reader finds, one list for each unbroken stretch."""
    missing: Callable[[Symbol, Interval], list[MissingCandles]]
    """Returns what was stated to be missing, in that order."""


def memory(_: Path) -> Place:
    """Return the fake."""
    kept = KeptCandles()
    return Place(lambda: kept, kept.stretches, lambda symbol, interval: kept.missing[symbol, interval])


def folder(path: Path) -> Place:
    """Return a folder, read with what a backtest reads candle files with."""

    def stretches(symbol: Symbol, interval: Interval) -> list[list[Candle]]:
        files = CandleFolder(path).files(symbol, interval)
        columns = [read_candles(file, symbol=symbol, interval=interval) for file in files]
        return [[one.candle(index) for index in range(len(one))] for one in columns]

    def missing(symbol: Symbol, interval: Interval) -> list[MissingCandles]:
        with (path / f"{symbol}_{interval}_missing.csv").open(newline="") as file:
            return [hole(int(row["start"]), int(row["end"]), row["cause"]) for row in csv.DictReader(file)]

    return Place(lambda: CandleFolder(path), stretches, missing)


PLACES: dict[str, Callable[[Path], Place]] = {"folder": folder, "memory": memory}
"""Every implementation."""


@pytest.fixture(params=sorted(PLACES))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Give each place in turn, empty."""
    return PLACES[request.param](tmp_path)


async def test_series_without_candles_has_no_newest(place: Place) -> None:
    """Nothing was kept, so recording may start anywhere; writing none changes nothing."""
    sink = place.open()
    assert await sink.newest(BTC, M1) is None
    assert await sink.write(BTC, M1, []) == 0
    assert await sink.newest(BTC, M1) is None
    assert place.stretches(BTC, M1) == []


async def test_written_candles_are_read_back_exactly(place: Place) -> None:
    """Every number to its last digit, also the ones that a float would lose."""
    exact = minutes(0, 1, volume="0.00000001") + minutes(2, volume="123456789.12345678") + minutes(3, volume="0E+3")
    assert await place.open().write(BTC, M1, exact) == 4
    assert place.stretches(BTC, M1) == [exact]


async def test_newest_is_when_the_last_candle_closed(place: Place) -> None:
    """The instant from which on candles are wanted."""
    sink = place.open()
    await sink.write(BTC, M1, minutes(0, 1, 2))
    assert await sink.newest(BTC, M1) == NOON + 3 * MINUTE
    await sink.write(BTC, M1, minutes(3))
    assert await sink.newest(BTC, M1) == NOON + 4 * MINUTE


async def test_candles_written_one_after_the_other_are_one_stretch(place: Place) -> None:
    """What belongs together stays together, however often it was added to."""
    sink = place.open()
    for number in range(5):
        assert await sink.write(BTC, M1, minutes(number)) == 1
    assert place.stretches(BTC, M1) == [minutes(0, 1, 2, 3, 4)]


async def test_candles_written_again_change_nothing(place: Place) -> None:
    """The first word about an interval is the last."""
    sink = place.open()
    await sink.write(BTC, M1, minutes(0, 1, 2))
    assert await sink.write(BTC, M1, minutes(0, 1, 2)) == 0
    assert await sink.write(BTC, M1, minutes(1, volume="7")) == 0
    assert place.stretches(BTC, M1) == [minutes(0, 1, 2)]


async def test_overlap_adds_only_what_is_new(place: Place) -> None:
    """Of a stretch that begins in what is kept, the rest is taken over."""
    sink = place.open()
    await sink.write(BTC, M1, minutes(0, 1, 2))
    assert await sink.write(BTC, M1, [*minutes(1, 2, volume="7"), *minutes(3, 4)]) == 2
    assert place.stretches(BTC, M1) == [minutes(0, 1, 2, 3, 4)]


@pytest.mark.parametrize(("step", "length"), [(1, 1), (1, 4), (2, 3), (3, 3), (4, 9), (20, 20)])
async def test_order_of_windows_does_not_show_in_what_is_kept(place: Place, step: int, length: int) -> None:
    """However a series with holes is cut into overlapping windows, and whenever the process was restarted."""
    there = (0, 1, 2, 5, 6, 10, 11, 12, 13, 14, 19)
    written = 0
    for start in range(0, 20, step):
        window = [number for number in there if start <= number < start + length]
        written += await place.open().write(BTC, M1, minutes(*window))
    assert written == 11
    stretches = [minutes(0, 1, 2), minutes(5, 6), minutes(10, 11, 12, 13, 14), minutes(19)]
    assert place.stretches(BTC, M1) == stretches


async def test_hole_stays_a_hole(place: Place) -> None:
    """Nothing is filled in, neither between two writes nor within one, and what comes too late stays out."""
    sink = place.open()
    assert await sink.write(BTC, M1, minutes(0, 1)) == 2
    assert await sink.write(BTC, M1, minutes(3, 4, 7)) == 3
    assert await sink.write(BTC, M1, minutes(2, 5, 6)) == 0
    assert place.stretches(BTC, M1) == [minutes(0, 1), minutes(3, 4), minutes(7)]
    assert await sink.newest(BTC, M1) == NOON + 8 * MINUTE


async def test_what_was_written_outlives_the_one_who_wrote_it(place: Place) -> None:
    """The next process finds the end and goes on there."""
    await place.open().write(BTC, M1, minutes(0, 1))
    again = place.open()
    assert await again.newest(BTC, M1) == NOON + 2 * MINUTE
    assert await again.write(BTC, M1, minutes(1, 2)) == 1
    assert place.stretches(BTC, M1) == [minutes(0, 1, 2)]


async def test_series_are_kept_apart(place: Place) -> None:
    """By symbol, whatever characters it has and whatever its name begins with, and by interval."""
    sink = place.open()
    symbols = [BTC, ETH, Symbol("kBTC"), Symbol("BTC_1m"), Symbol("xyz:TSLA"), Symbol("A/B"), Symbol("../A%2FB")]
    for number, symbol in enumerate(symbols):
        await sink.write(symbol, M1, minutes(*range(number + 1)))
    await sink.write(BTC, Interval.M5, minutes(0, 5))
    for number, symbol in enumerate(symbols):
        assert place.stretches(symbol, M1) == [minutes(*range(number + 1))]
    assert place.stretches(BTC, Interval.M5) == [minutes(0, 5)]
    assert place.stretches(ETH, Interval.M5) == []


async def test_stated_holes_are_kept_once(place: Place) -> None:
    """After a crash the same is stated again; later ones are added, and a new process knows them all."""
    old, new = hole(NOON - MINUTE, NOON, "beyond_retention"), hole(NOON + MINUTE, NOON + 3 * MINUTE)
    await place.open().state_missing(BTC, M1, [old])
    await place.open().state_missing(BTC, M1, [old, new])
    await place.open().state_missing(BTC, M1, [new])
    assert place.missing(BTC, M1) == [old, new]


async def test_stated_hole_is_no_candle(place: Place) -> None:
    """It moves neither the newest candle nor what a reader finds."""
    sink = place.open()
    await sink.state_missing(BTC, M1, [hole(NOON, NOON + 60 * MINUTE)])
    assert await sink.newest(BTC, M1) is None
    await sink.write(BTC, M1, minutes(0, 1))
    assert place.stretches(BTC, M1) == [minutes(0, 1)]
