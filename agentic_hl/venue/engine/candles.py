"""Candles of one market, folded from its public trades.

Only the minute is updated by a trade; when it is over, it is folded into every longer interval. Candles exist only
where there was trading. Assumed: weeks begin on Monday, months on the first, both UTC; everything else is aligned to
the epoch.
"""

from bisect import bisect_left, bisect_right
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from agentic_hl.venue.figures import Candle
from agentic_hl.venue.times import DAY_MS, INTERVALS_MS, MINUTE_MS, MONTH

__all__ = ["CandleStore", "interval_bounds"]

_WEEK = "1w"
_FIRST_MONDAY_MS = 4 * DAY_MS
_MONTHS = 12
_KEPT = 5_000
_ZERO = Decimal(0)


class _Growing(msgspec.Struct, kw_only=True):
    start: int
    end: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    notional: Decimal
    n: int

    def fold(self, later: "_Growing") -> None:
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.notional += later.notional
        self.n += later.n

    def candle(self) -> Candle:
        return Candle(
            start=self.start,
            end=self.end,
            open=self.open,
            high=self.high,
            low=self.low,
            close=self.close,
            volume=self.volume,
            n=self.n,
        )


def interval_bounds(interval: str, time: int) -> tuple[int, int]:
    """Tell the first and the last ms of the interval around a time.

    >>> interval_bounds("5m", 1_700_000_123_456)
    (1700000100000, 1700000399999)
    >>> interval_bounds("1M", 1_709_200_000_000)
    (1706745600000, 1709251199999)
    """
    if interval == MONTH:
        return _month(time)
    length = INTERVALS_MS[interval]
    offset = _FIRST_MONDAY_MS if interval == _WEEK else 0
    start = time - (time - offset) % length
    return start, start + length - 1


def _month(time: int) -> tuple[int, int]:
    day = datetime.fromtimestamp(time // 1000, UTC)
    first = datetime(day.year, day.month, 1, tzinfo=UTC)
    following = datetime(day.year + day.month // _MONTHS, day.month % _MONTHS + 1, 1, tzinfo=UTC)
    return int(first.timestamp()) * 1000, int(following.timestamp()) * 1000 - 1


def _start(one: _Growing) -> int:
    return one.start


class CandleStore:
    """The candles of one market, of every interval."""

    __slots__ = ("_closed", "_day", "_minute")

    def __init__(self) -> None:
        """Begin without any."""
        self._closed: dict[str, list[_Growing]] = {name: [] for name in INTERVALS_MS}
        self._minute: _Growing | None = None
        self._day: tuple[int, Decimal, Decimal] = (-1, _ZERO, _ZERO)

    def add(self, time: int, px: Decimal, sz: Decimal) -> None:
        """Take note of a trade; times do not go back."""
        minute = self._minute
        notional = px * sz
        if minute is None or time > minute.end:
            self._close()
            start = time - time % MINUTE_MS
            end = start + MINUTE_MS - 1
            self._minute = _Growing(
                start=start, end=end, open=px, high=px, low=px, close=px, volume=sz, notional=notional, n=1
            )
            return
        minute.high = max(minute.high, px)
        minute.low = min(minute.low, px)
        minute.close = px
        minute.volume += sz
        minute.notional += notional
        minute.n += 1

    def read(self, interval: str, start: int, end: int) -> list[Candle]:
        """List candles that begin in [start, end], oldest first, the unclosed one included."""
        closed = self._closed[interval]
        found = closed[bisect_left(closed, start, key=_start) : bisect_right(closed, end, key=_start)][-_KEPT:]
        candles = [one.candle() for one in found]
        last = self._open(interval)
        if last is not None and start <= last.start <= end:
            if candles and candles[-1].start == last.start:
                candles.pop()
            candles.append(last.candle())
        return candles[-_KEPT:]

    def price_before(self, time: int) -> Decimal | None:
        """Find the last traded price up to a time, or else the first there is."""
        minutes = self._closed["1m"]
        before = bisect_right(minutes, time, key=_start)
        if before:
            return minutes[before - 1].close
        if minutes:
            return minutes[0].open
        return None if self._minute is None else self._minute.open

    def day_volume(self, now: int) -> tuple[Decimal, Decimal]:
        """Sum notional and units of the last 1,440 minutes."""
        minute = now - now % MINUTE_MS
        at, notional, units = self._day
        if at != minute:
            minutes = self._closed["1m"]
            recent = minutes[bisect_left(minutes, minute - DAY_MS, key=_start) :]
            notional = sum((one.notional for one in recent), _ZERO)
            units = sum((one.volume for one in recent), _ZERO)
            self._day = (minute, notional, units)
        if self._minute is not None and self._minute.start >= minute - DAY_MS:
            return notional + self._minute.notional, units + self._minute.volume
        return notional, units

    def _open(self, interval: str) -> _Growing | None:
        minute = self._minute
        if minute is None:
            return None
        start, end = interval_bounds(interval, minute.start)
        closed = self._closed[interval]
        if interval == "1m" or not closed or closed[-1].start != start:
            return msgspec.structs.replace(minute, start=start, end=end)
        merged = msgspec.structs.replace(closed[-1])
        merged.fold(minute)
        return merged

    def _close(self) -> None:
        minute = self._minute
        if minute is None:
            return
        self._day = (-1, _ZERO, _ZERO)
        for interval, closed in self._closed.items():
            start, end = interval_bounds(interval, minute.start)
            if closed and closed[-1].start == start:
                closed[-1].fold(minute)
                continue
            closed.append(msgspec.structs.replace(minute, start=start, end=end))
            if len(closed) > _KEPT + _KEPT // 10:
                del closed[:-_KEPT]
        self._minute = None
