"""Lengths of time in milliseconds."""

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["DAY_MS", "HOUR_MS", "INTERVALS_MS", "MINUTE_MS", "MONTH"]

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

MONTH = "1M"
"""The candle that follows the calendar."""

INTERVALS_MS: Mapping[str, int] = MappingProxyType(
    {
        "1m": MINUTE_MS,
        "3m": 3 * MINUTE_MS,
        "5m": 5 * MINUTE_MS,
        "15m": 15 * MINUTE_MS,
        "30m": 30 * MINUTE_MS,
        "1h": HOUR_MS,
        "2h": 2 * HOUR_MS,
        "4h": 4 * HOUR_MS,
        "8h": 8 * HOUR_MS,
        "12h": 12 * HOUR_MS,
        "1d": DAY_MS,
        "3d": 3 * DAY_MS,
        "1w": 7 * DAY_MS,
        MONTH: 30 * DAY_MS,
    }
)
"""Candle lengths by their name; of a month, the length that is assumed for it."""
