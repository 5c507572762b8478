"""Statistics of an equity curve; floats, because nothing here ever becomes an order.

A year has 365 days, since perpetuals trade on all of them.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from math import fsum, sqrt

import msgspec

from agentic_core.domain.run import EquityPoint
from agentic_core.domain.times import DAY_MS, Instant

__all__ = ["DAYS_PER_YEAR", "Drawdown", "annual", "daily_returns", "max_drawdown", "sharpe", "sortino", "volatility"]

DAYS_PER_YEAR = 365
_RETURNS_MIN = 2
_ANNUAL_DAYS_MIN = 30


class Drawdown(msgspec.Struct, frozen=True, kw_only=True):
    """The deepest fall of equity below an earlier peak."""

    bps: float
    """Of the peak, positive."""
    peak: Instant
    trough: Instant
    until: Instant
    """When the peak was reached again, or the end of the run."""
    recovered: bool

    @property
    def duration_ms(self) -> int:
        """From the peak until it was reached again, or to the end."""
        return self.until - self.peak


def annual(total_return: float | None, span_ms: int) -> float | None:
    """Return a total return as a yearly one, compounded; None under 30 days, where it would be absurd."""
    if total_return is None or span_ms < _ANNUAL_DAYS_MIN * DAY_MS or total_return <= -1:
        return None
    try:
        return float((1 + total_return) ** (DAYS_PER_YEAR * DAY_MS / span_ms)) - 1
    except OverflowError:
        return None


def max_drawdown(points: Sequence[EquityPoint]) -> Drawdown | None:
    """Return the deepest drawdown, the first of equals; None when equity never fell or a peak is not positive."""
    peak = points[0] if points else None
    deepest: tuple[float, EquityPoint, EquityPoint] | None = None
    for point in points:
        if peak is None or point.equity >= peak.equity:
            peak = point
        elif peak.equity > 0:
            depth = float((peak.equity - point.equity) / peak.equity)
            if deepest is None or depth > deepest[0]:
                deepest = (depth, peak, point)
    if deepest is None:
        return None
    depth, top, bottom = deepest
    again = next((point.time for point in points if point.time > bottom.time and point.equity >= top.equity), None)
    return Drawdown(
        bps=depth * 10_000,
        peak=top.time,
        trough=bottom.time,
        until=points[-1].time if again is None else again,
        recovered=again is not None,
    )


def daily_returns(points: Sequence[EquityPoint]) -> list[float]:
    """Return the returns between successive UTC midnights of the run; partial days at both ends are left out.

    The list ends where equity is no longer positive.
    """
    if not points:
        return []
    times = [point.time for point in points]
    midnights = range(-(-times[0] // DAY_MS) * DAY_MS, times[-1] + 1, DAY_MS)
    equities = [points[bisect_right(times, midnight) - 1].equity for midnight in midnights]
    returns: list[float] = []
    for before, after in pairwise(equities):
        if before <= 0:
            break
        returns.append(float(after / before - 1))
    return returns


def volatility(returns: Sequence[float]) -> float | None:
    """Return the yearly standard deviation of daily returns; None for fewer than two."""
    deviation = _deviation(returns)
    return None if deviation is None else deviation * sqrt(DAYS_PER_YEAR)


def sharpe(returns: Sequence[float]) -> float | None:
    """Return the yearly mean over standard deviation of daily returns, no risk-free rate; None where undefined."""
    deviation = _deviation(returns)
    if not deviation:
        return None
    return fsum(returns) / len(returns) / deviation * sqrt(DAYS_PER_YEAR)


def sortino(returns: Sequence[float]) -> float | None:
    """Return the yearly mean over the root mean square of losses of daily returns; None where undefined."""
    if len(returns) < _RETURNS_MIN:
        return None
    downside = sqrt(fsum(min(value, 0) ** 2 for value in returns) / len(returns))
    return fsum(returns) / len(returns) / downside * sqrt(DAYS_PER_YEAR) if downside else None


def _deviation(returns: Sequence[float]) -> float | None:
    if len(returns) < _RETURNS_MIN:
        return None
    mean = fsum(returns) / len(returns)
    return sqrt(fsum((value - mean) ** 2 for value in returns) / (len(returns) - 1))
