"""Candle columns: what a policy, the cursor and the engine read."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from agentic_core.backtest.columns import CandleColumns, PriceColumns, VolumeColumn
from agentic_core.domain.ids import Symbol
from agentic_core.domain.market import Candle, CandleSeries, IndicatorKind, IndicatorSpec
from agentic_core.domain.money import Price
from agentic_core.domain.times import Instant, Interval
from agentic_core.errors import UsageError
from tests.support.candles import NOON, columns, rows_of

SMA_2 = IndicatorSpec(IndicatorKind.SMA, 2)


def test_columns_are_a_candle_series() -> None:
    """The class has the shape that policies expect."""
    series: CandleSeries = columns([10, 12])
    assert len(series) == 2
    assert series.interval is Interval.M1


def test_candle_is_exact_and_counts_from_the_newest_when_negative() -> None:
    """A scaled integer becomes its exact price."""
    candles = columns([101, 125], decimals=2)
    newest = Candle(
        open_time=Instant(NOON + 60_000),
        open=Price(Decimal("1.01")),
        high=Price(Decimal("1.26")),
        low=Price(Decimal("1.00")),
        close=Price(Decimal("1.25")),
        volume=Decimal(2),
    )
    assert candles.candle(1) == newest
    assert candles.candle(-1) == newest


def test_candle_beyond_the_end_is_an_error() -> None:
    """There is no candle after the last one."""
    with pytest.raises(IndexError):
        columns([1, 2]).candle(2)


def test_columns_know_their_range() -> None:
    """Start is when the first candle opened, end when the last one closed."""
    candles = columns([5, 6, 7], interval=Interval.M5)
    assert (candles.start, candles.end) == (NOON, NOON + 900_000)
    assert list(candles.open_times) == [NOON, NOON + 300_000, NOON + 600_000]


def test_indicator_is_computed_once() -> None:
    """The second asking is answered from memory."""
    asked: list[IndicatorSpec] = []

    def count(spec: IndicatorSpec, series: CandleSeries) -> Sequence[float | None]:
        asked.append(spec)
        return [None] * len(series)

    prices = PriceColumns(0, [1], [1], [1], [1])
    candles = CandleColumns(Symbol("BTC"), range(0, 60_000, 60_000), prices, VolumeColumn(0, [1]), indicators=count)
    assert candles.indicator(SMA_2) == [None]
    assert candles.indicator(SMA_2) == [None]
    assert asked == [SMA_2]


def test_indicator_comes_from_the_library_by_default() -> None:
    """Averages are in dollars, whatever the scale."""
    assert columns([10, 20, 40], decimals=1).indicator(SMA_2) == [None, 1.5, 3.0]


def test_prefix_holds_the_first_candles_and_its_own_indicators() -> None:
    """Nothing later can shine through."""
    candles = columns([10, 20, 40])
    candles.indicator(SMA_2)
    start = candles.prefix(2)
    assert rows_of(start) == rows_of(candles)[:2]
    assert start.indicator(SMA_2) == [None, 15.0]
    assert len(candles.prefix(9)) == 3
    assert len(candles.prefix(0)) == 0


def test_part_holds_the_candles_between() -> None:
    """A stretch keeps its times."""
    candles = columns([10, 20, 40, 30])
    assert rows_of(candles.part(1, 3)) == rows_of(candles)[1:3]


@pytest.mark.parametrize("opening", [range(0, 180_000, 90_000), range(1, 120_001, 60_000)])
def test_columns_off_every_grid_are_refused(opening: range) -> None:
    """A step that is no interval and a start between two candles are programming errors."""
    with pytest.raises(UsageError, match="cannot open every"):
        CandleColumns(Symbol("BTC"), opening, PriceColumns(0, [1, 1], [1, 1], [1, 1], [1, 1]), VolumeColumn(0, [1, 1]))


def test_columns_of_different_lengths_are_refused() -> None:
    """Every candle needs all of its numbers."""
    with pytest.raises(UsageError, match="different lengths: 2, 2, 2, 2, 1, 2"):
        CandleColumns(
            Symbol("BTC"),
            range(0, 120_000, 60_000),
            PriceColumns(0, [1, 1], [1, 1], [1, 1], [1]),
            VolumeColumn(0, [1, 1]),
        )
