"""Indicators that cannot look ahead, because each is a generator that has pulled exactly the candles it speaks of.

The i-th output is produced after exactly i inputs. Inputs are scaled integers (a count of 10^-price_decimals dollars),
outputs are dollars as floats, None until `length` candles are there; they steer a policy and never become an amount
of money.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice, repeat
from operator import neg, sub, truediv

from agentic_core.domain.market import CandleSeries, IndicatorKind, IndicatorSpec
from agentic_core.errors import UsageError

__all__ = ["IndicatorFeed", "compute", "ema", "highest", "lowest", "sma"]


def sma(values: Iterable[int], length: int, scale: int) -> Iterator[float | None]:
    """Yield the mean of the last `length` values.

    The window is summed in integers and divided once, correctly rounded, so that a value depends on its window only
    and equal means of windows of different lengths are equal floats.

    >>> list(sma([10, 20, 40], 2, 10))
    [None, 1.5, 3.0]
    """
    window: deque[int] = deque()
    total = 0
    divisor = length * scale
    for value in values:
        window.append(value)
        total += value
        if len(window) < length:
            yield None
        else:
            yield total / divisor
            total -= window.popleft()


def ema(values: Iterable[int], length: int, scale: int) -> Iterator[float | None]:
    """Yield the exponential mean: it starts at the first value and moves by 2 / (length + 1) of each distance.

    >>> list(ema([10, 10, 40], 2, 10))
    [None, 1.0, 3.0]
    """
    weight = 2 / (length + 1)
    mean = None
    for seen, value in enumerate(values, start=1):
        latest = value / scale
        mean = latest if mean is None else mean + weight * (latest - mean)
        yield mean if seen >= length else None


def highest(values: Iterable[int], length: int, scale: int) -> Iterator[float | None]:
    """Yield the largest of the last `length` values.

    >>> list(highest([30, 20, 10], 2, 10))
    [None, 3.0, 2.0]
    """
    # Places and values that a later, larger value has not made irrelevant: falling from left to right.
    falling: deque[tuple[int, int]] = deque()
    for place, value in enumerate(values):
        while falling and falling[-1][1] <= value:
            falling.pop()
        falling.append((place, value))
        if falling[0][0] <= place - length:
            falling.popleft()
        yield falling[0][1] / scale if place >= length - 1 else None


def lowest(values: Iterable[int], length: int, scale: int) -> Iterator[float | None]:
    """Iterate over the smallest of the last `length` values.

    >>> list(lowest([30, 20, 10], 2, 10))
    [None, 2.0, 1.0]
    """
    # The smallest is the largest of the mirrored values, and dividing by the mirrored scale mirrors it back exactly.
    return highest(map(neg, values), length, -scale)


_GENERATORS = {
    IndicatorKind.SMA: sma,
    IndicatorKind.EMA: ema,
    IndicatorKind.HIGHEST: highest,
    IndicatorKind.LOWEST: lowest,
}


def compute(spec: IndicatorSpec, series: CandleSeries) -> list[float | None]:
    """Return the indicator at every candle of a series.

    Raises:
        UsageError: the length was below 1.
    """
    _check(spec)
    scale = 10**series.price_decimals
    if spec.kind is IndicatorKind.SMA:
        return _sma_column(series.closes, spec.length, scale)
    columns = {IndicatorKind.HIGHEST: series.highs, IndicatorKind.LOWEST: series.lows}
    return list(_GENERATORS[spec.kind](columns.get(spec.kind, series.closes), spec.length, scale))


class IndicatorFeed:
    """One indicator fed candle by candle, for live use; the same generator as in a backtest."""

    def __init__(self, spec: IndicatorSpec, price_decimals: int) -> None:
        """Start before the first candle.

        Raises:
            UsageError: the length was below 1.
        """
        _check(spec)
        self._kind = spec.kind
        self._inbox: deque[int] = deque()
        self._values = _GENERATORS[spec.kind](self._received(), spec.length, 10**price_decimals)

    def push(self, high: int, low: int, close: int) -> float | None:
        """Take the scaled prices of the next closed candle and return the indicator at it."""
        match self._kind:
            case IndicatorKind.HIGHEST:
                self._inbox.append(high)
            case IndicatorKind.LOWEST:
                self._inbox.append(low)
            case IndicatorKind.SMA | IndicatorKind.EMA:
                self._inbox.append(close)
        return next(self._values)

    def _received(self) -> Iterator[int]:
        # Empty when a generator asks for more than one value a push, which would be looking ahead.
        while True:
            yield self._inbox.popleft()


def _check(spec: IndicatorSpec) -> None:
    if spec.length < 1:
        message = f"{spec.kind} over {spec.length} candles; an indicator needs a length of 1 or more"
        raise UsageError(message)


def _sma_column(closes: Sequence[int], length: int, scale: int) -> list[float | None]:
    # The same integers and the same division as in `sma`, at half the time: the loops run inside the interpreter.
    known = len(closes) - length + 1
    if known < 1:
        return [None] * len(closes)
    changes = map(sub, islice(closes, length, None), closes)
    totals = accumulate(changes, initial=sum(closes[:length]))
    return [*repeat(None, length - 1), *map(truediv, totals, repeat(length * scale))]
