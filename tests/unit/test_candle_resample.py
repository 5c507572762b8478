"""Merging candles into longer ones."""

from decimal import Decimal

import pytest

from agentic_core.backtest.resample import resample
from agentic_core.domain.times import Interval
from agentic_core.errors import CandlesInvalid
from tests.support.candles import NOON, columns, rows_of

MINUTE = 60_000


def test_resample_merges_whole_groups_on_the_epochs_grid() -> None:
    """First open, highest high, lowest low, last close, summed volume; incomplete groups at both ends are dropped."""
    candles = columns([10, 13, 11, 19, 12, 14, 15, 9, 16], start=NOON + 2 * MINUTE)
    assert rows_of(resample(candles, Interval.M3)) == [
        (NOON + 3 * MINUTE, Decimal(10), Decimal(20), Decimal(9), Decimal(19), Decimal(9)),
        (NOON + 6 * MINUTE, Decimal(19), Decimal(20), Decimal(11), Decimal(15), Decimal(18)),
    ]


def test_resample_to_the_same_interval_changes_nothing() -> None:
    """The same columns come back."""
    candles = columns([10, 11])
    assert resample(candles, Interval.M1) is candles


def test_resample_says_where_the_candles_came_from() -> None:
    """The origin tells of the merging."""
    assert resample(columns([1, 2, 3]), Interval.M3).origin == "merged from 1m to 3m"


@pytest.mark.parametrize(
    ("have", "want", "reason"),
    [
        (Interval.M5, Interval.M1, "BTC candles of 5m cannot become 1m, which is shorter; bring finer candles"),
        (Interval.H8, Interval.H12, "BTC candles of 8h cannot become 12h, which is no multiple of it"),
    ],
)
def test_resample_to_an_impossible_interval_is_refused(have: Interval, want: Interval, reason: str) -> None:
    """Nothing can be made finer or cut across."""
    with pytest.raises(CandlesInvalid, match=reason):
        resample(columns([1, 2, 3], interval=have, start=0), want)


def test_resample_without_a_whole_group_is_refused() -> None:
    """Six minutes that straddle a boundary hold no whole five of the grid on one side only."""
    candles = columns([1, 2, 3, 4, 5, 6, 7, 8], start=NOON + MINUTE)
    with pytest.raises(CandlesInvalid, match=r"8 candle\(s\) of 1m of BTC hold no whole 5m; bring a longer range"):
        resample(candles, Interval.M5)
