"""The UTC months and days that costs are counted by."""

from datetime import timedelta

from agentic_core.domain.times import DAY_MS, Instant, from_datetime, to_datetime

__all__ = ["day_start", "month_start"]


def day_start(at: Instant) -> Instant:
    """Return the first instant of the UTC day of an instant."""
    return Instant(at - at % DAY_MS)


def month_start(at: Instant) -> Instant:
    """Return the first instant of the UTC month of an instant."""
    day = to_datetime(day_start(at))
    return from_datetime(day - timedelta(days=day.day - 1))
