"""Indicators on columns short enough to check by hand."""

import pytest

from agentic_core.domain import IndicatorKind, IndicatorSpec
from agentic_core.errors import UsageError
from agentic_core.skills.indicators import IndicatorFeed, compute
from tests.support.views import SeriesOf, closing_at

CANDLES = SeriesOf([100, 130, 120, 90, 150], highs=[110, 140, 130, 120, 160], lows=[90, 100, 110, 80, 90])


@pytest.mark.parametrize(
    ("kind", "length", "values"),
    [
        (IndicatorKind.SMA, 2, [None, 11.5, 12.5, 10.5, 12.0]),
        (IndicatorKind.SMA, 1, [10.0, 13.0, 12.0, 9.0, 15.0]),
        (IndicatorKind.EMA, 3, [None, None, 11.75, 10.375, 12.6875]),
        (IndicatorKind.HIGHEST, 3, [None, None, 14.0, 14.0, 16.0]),
        (IndicatorKind.LOWEST, 2, [None, 9.0, 10.0, 8.0, 8.0]),
        (IndicatorKind.SMA, 6, [None, None, None, None, None]),
        (IndicatorKind.HIGHEST, 6, [None, None, None, None, None]),
    ],
)
def test_indicator_over_five_candles_is_as_by_hand(
    kind: IndicatorKind, length: int, values: list[float | None]
) -> None:
    """Closes, highs and lows give the values a person finds with a pencil."""
    assert compute(IndicatorSpec(kind, length), CANDLES) == values


def test_equal_means_of_different_windows_are_equal_floats() -> None:
    """A crossing is not made by rounding: 0.1, 0.3, 0.2 and their mean over any window is 0.2 exactly."""
    candles = SeriesOf([1, 3, 2, 1, 3, 2])

    assert compute(IndicatorSpec(IndicatorKind.SMA, 3), candles)[-1] == 0.2
    assert compute(IndicatorSpec(IndicatorKind.SMA, 6), candles)[-1] == 0.2


@pytest.mark.parametrize("length", [0, -3])
def test_indicator_without_length_is_refused(length: int) -> None:
    """A window holds at least one candle, in a column as in a feed."""
    spec = IndicatorSpec(IndicatorKind.SMA, length)

    with pytest.raises(UsageError, match="an indicator needs a length of 1 or more"):
        compute(spec, closing_at(1, 2))
    with pytest.raises(UsageError, match="an indicator needs a length of 1 or more"):
        IndicatorFeed(spec, 1)
