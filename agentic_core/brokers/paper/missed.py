"""The market of a time in which nobody looked, as the candles of that time tell it."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from agentic_core.domain.market import Candle
from agentic_core.domain.money import ZERO
from agentic_core.domain.times import Instant, Interval

__all__ = ["Leg", "fine_enough", "legs_of", "stops_on_the_way"]

_CANDLES_MAX: Final = 4_000
"""How many candles of one symbol are asked for at most; Hyperliquid keeps 5,000 of each interval."""
_INTERVALS: Final = (Interval.M1, Interval.M5, Interval.M15, Interval.H1)
"""All of them end at every whole hour."""
_POINTS: Final = 4


class Leg(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A mark moves to a price, passing all that lie between."""

    at: Instant
    price: Decimal


def fine_enough(after: Instant, until: Instant) -> Interval:
    """Return the shortest interval whose candles of a time can be had in one question.

    >>> fine_enough(Instant(0), Instant(86_400_000)).value, fine_enough(Instant(0), Instant(7 * 86_400_000)).value
    ('1m', '5m')
    """
    lasted = until - after
    return next((one for one in _INTERVALS if lasted <= one.ms * _CANDLES_MAX), _INTERVALS[-1])


def legs_of(candle: Candle, interval: Interval, held: Decimal, *, after: Instant) -> tuple[Leg, ...]:
    """Return how the mark moved within a candle: to the extreme that hurts first, a quarter of its time for each leg.

    Of a candle that had begun before, only the close is new: its extremes may have been seen.

    Args:
        candle: the candle.
        interval: its length.
        held: the signed position; what is flat goes down first.
        after: until when the market was seen.

    >>> from msgspec import convert
    >>> row = {"open_time": 60_000, "open": 10, "high": 12, "low": 9, "close": 11, "volume": 1}
    >>> candle = convert(row, Candle)
    >>> [(leg.at, int(leg.price)) for leg in legs_of(candle, Interval.M1, Decimal(1), after=Instant(60_000))]
    [(60000, 10), (75000, 9), (90000, 12), (105000, 11)]
    >>> [int(leg.price) for leg in legs_of(candle, Interval.M1, Decimal(-1), after=Instant(60_001))]
    [11]
    """
    adverse, other = (candle.low, candle.high) if held >= ZERO else (candle.high, candle.low)
    prices: Sequence[Decimal] = (candle.open, adverse, other, candle.close)
    quarter = interval.ms // _POINTS
    legs = tuple(
        Leg(at=Instant(candle.open_time + number * quarter), price=price) for number, price in enumerate(prices)
    )
    return legs if candle.open_time >= after else legs[-1:]


def stops_on_the_way(start: Decimal, end: Decimal, prices: Iterator[Decimal]) -> Decimal:
    """Return where a mark that moves arrives next: the first of some prices it passes, or the end.

    >>> [int(stops_on_the_way(Decimal(10), Decimal(to), map(Decimal, (9, 7, 12)))) for to in (6, 13, 10)]
    [9, 12, 10]
    """
    if end == start:
        return end
    rising = end > start
    passed = [price for price in prices if (start < price < end if rising else end < price < start)]
    return min(passed, default=end) if rising else max(passed, default=end)
