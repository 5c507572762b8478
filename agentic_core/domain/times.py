"""Instants and intervals as integers.

Inside the domain an instant is an integer number of UTC milliseconds since the epoch: marks align by integer
division, days and hours are exact, and nothing has a time zone to lose. Text appears at the edges only.
"""

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NewType

from agentic_core.errors import InputError

__all__ = [
    "DAY_MS",
    "HOUR_MS",
    "MINUTE_MS",
    "Instant",
    "Interval",
    "day_of",
    "from_datetime",
    "parse_instant",
    "show",
    "to_datetime",
]

Instant = NewType("Instant", int)
"""UTC milliseconds since 1970-01-01."""

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS_MIN = 10**11
"""Smaller epoch numbers are seconds: 10^11 ms is March 1973, 10^11 s is the year 5138."""

_EPOCH_NUMBER = re.compile(r"-?[0-9]{1,18}")


class Interval(StrEnum):
    """The length of a candle and of a schedule, in the venue's spelling."""

    M1 = "1m"
    M3 = "3m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H2 = "2h"
    H4 = "4h"
    H8 = "8h"
    H12 = "12h"
    D1 = "1d"

    @property
    def ms(self) -> int:
        """The length in milliseconds."""
        return _LENGTHS_MS[self]


_UNITS_MS = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
_LENGTHS_MS = {interval: int(interval[:-1]) * _UNITS_MS[interval[-1]] for interval in Interval}


def day_of(at: Instant) -> int:
    """Return the number of the UTC day of an instant, counted from the epoch."""
    return at // DAY_MS


def to_datetime(at: Instant) -> datetime:
    """Return the aware UTC datetime of an instant."""
    return _EPOCH + timedelta(milliseconds=at)


def from_datetime(at: datetime) -> Instant:
    """Return the instant of an aware datetime.

    Raises:
        InputError: the datetime has no time zone.
    """
    if at.tzinfo is None:
        message = f"{at.isoformat()} has no time zone; write it in UTC, for example {at.isoformat()}+00:00"
        raise InputError(message)
    return Instant((at - _EPOCH) // timedelta(milliseconds=1))


def show(at: Instant) -> str:
    """Write an instant for people, to the second.

    >>> show(Instant(1_640_991_660_000))
    '2021-12-31 23:01:00Z'
    """
    return to_datetime(at).strftime("%Y-%m-%d %H:%M:%SZ")


def parse_instant(text: str) -> Instant:
    """Read an instant: epoch seconds or milliseconds, or an ISO date and time (UTC where no zone is written).

    Raises:
        InputError: the text is none of these.

    >>> parse_instant("2021-12-31 23:01:00.000000") == parse_instant("1640991660")
    True
    """
    text = text.strip()
    try:
        instant = _read_epoch(text) if _EPOCH_NUMBER.fullmatch(text) else _read_iso(text)
        to_datetime(instant)
    except (ValueError, OverflowError) as exc:
        message = f"{text!r} is not a time; write epoch milliseconds or ISO 8601 such as 2022-01-31T23:59:00Z"
        raise InputError(message) from exc
    return instant


def _read_epoch(text: str) -> Instant:
    number = int(text)
    return Instant(number if abs(number) >= _MS_MIN else number * 1000)


def _read_iso(text: str) -> Instant:
    at = datetime.fromisoformat(text)
    return from_datetime(at if at.tzinfo is not None else at.replace(tzinfo=UTC))
