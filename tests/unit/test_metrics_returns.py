"""Statistics of equity curves, against figures computed by hand."""

from math import sqrt

import pytest

from agentic_core.backtest.returns import annual, daily_returns, max_drawdown, sharpe, sortino, volatility
from agentic_core.domain.run import EquityPoint
from agentic_core.domain.times import DAY_MS
from tests.support.runs import after, point

DAY = 24 * 60


def test_drawdown_is_the_deepest_fall_from_an_earlier_peak() -> None:
    """From 110 to 88 is a fifth of the peak; it lasts until 110 is reached again."""
    curve = [
        point(0, "100"),
        point(1, "110"),
        point(2, "99"),
        point(3, "105"),
        point(4, "88"),
        point(5, "90"),
        point(9, "110"),
    ]
    fall = max_drawdown(curve)
    assert fall is not None
    assert fall.bps == pytest.approx(2_000)
    assert (fall.peak, fall.trough, fall.until) == (after(1), after(4), after(9))
    assert fall.recovered
    assert fall.duration_ms == 8 * 60_000


def test_drawdown_without_recovery_lasts_to_the_end() -> None:
    """The newest of equal peaks counts, and the end of the run closes it."""
    fall = max_drawdown([point(0, "100"), point(1, "100"), point(2, "75"), point(3, "80")])
    assert fall is not None
    assert fall.bps == pytest.approx(2_500)
    assert (fall.peak, fall.until, fall.recovered) == (after(1), after(3), False)


@pytest.mark.parametrize("curve", [[], [point(0, "100")], [point(0, "100"), point(1, "100"), point(2, "101")]])
def test_drawdown_of_a_curve_that_never_falls_is_undefined(curve: list[EquityPoint]) -> None:
    """There is no fall to report."""
    assert max_drawdown(curve) is None


def test_daily_returns_run_from_midnight_to_midnight() -> None:
    """Partial days at both ends are left out, and a quiet stretch keeps its last value."""
    curve = [
        point(DAY - 60, "100"),
        point(DAY, "110"),
        point(DAY + 5, "500"),
        point(2 * DAY - 5, "121"),
        point(4 * DAY, "60.5"),
        point(4 * DAY + 600, "1"),
    ]
    assert daily_returns(curve) == [pytest.approx(0.1), pytest.approx(0.0), pytest.approx(-0.5)]


def test_daily_returns_end_where_nothing_is_left() -> None:
    """A return on an empty account does not exist."""
    curve = [point(0, "100"), point(DAY, "0"), point(2 * DAY, "50")]
    assert daily_returns(curve) == [-1.0]
    assert daily_returns([]) == []


def test_ratios_of_three_days_are_those_computed_by_hand() -> None:
    """Mean 0.01, deviation 0.02, downside sqrt(0.0001 / 3)."""
    returns = [0.01, -0.01, 0.03]
    assert volatility(returns) == pytest.approx(0.02 * sqrt(365))
    assert sharpe(returns) == pytest.approx(0.5 * sqrt(365))
    assert sortino(returns) == pytest.approx(0.01 / (0.01 / sqrt(3)) * sqrt(365))


@pytest.mark.parametrize("returns", [[], [0.5]])
def test_ratios_of_fewer_than_two_days_are_undefined(returns: list[float]) -> None:
    """One day has no spread."""
    assert (volatility(returns), sharpe(returns), sortino(returns)) == (None, None, None)


def test_ratios_without_spread_or_loss_are_undefined() -> None:
    """Dividing by nothing is not infinite skill."""
    assert (volatility([0.5, 0.5]), sharpe([0.5, 0.5]), sortino([0.5, 0.5])) == (0.0, None, None)


def test_annual_return_compounds_to_365_days() -> None:
    """10 % in 73 days is 1.1 to the fifth in a year."""
    assert annual(0.1, 73 * DAY_MS) == pytest.approx(0.61051)
    assert annual(-0.5, 365 * DAY_MS) == pytest.approx(-0.5)


@pytest.mark.parametrize(("total", "days"), [(None, 100), (0.1, 29), (-1.0, 100), (-1.5, 100), (1e200, 30)], ids=str)
def test_annual_return_that_says_nothing_is_undefined(total: float | None, days: int) -> None:
    """Too short, nothing left, or beyond what can be written."""
    assert annual(total, days * DAY_MS) is None
