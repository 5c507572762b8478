"""Round values for the axes of a chart."""

from collections.abc import Sequence
from math import ceil, floor, log10

from agentic_core.domain.times import DAY_MS, HOUR_MS, Instant, to_datetime

__all__ = ["Scale", "time_ticks", "value_ticks"]

_MINUTE_MS = 60_000
_TIME_STEPS = (
    *(minutes * _MINUTE_MS for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * HOUR_MS for hours in (1, 2, 3, 6, 12)),
    *(days * DAY_MS for days in (1, 2, 4, 7, 14, 28, 56, 91, 182, 365)),
)


class Scale:
    """Maps values to places, linearly."""

    def __init__(self, low: float, high: float, first: float, last: float) -> None:
        """Map `low` to `first` and `high` to `last`; an empty range maps to the middle."""
        self.low = low
        self.high = high
        self._first = first
        self._middle = (first + last) / 2
        self._unit = (last - first) / (high - low) if high > low else 0.0

    def __call__(self, value: float) -> float:
        """Return the place of a value."""
        return self._first + (value - self.low) * self._unit if self._unit else self._middle


def value_ticks(low: float, high: float, count: int) -> list[float]:
    """Return about so many multiples of 1, 2 or 5 times a power of ten that enclose the range."""
    if not high > low:
        reach = abs(high) * 0.01 or 1.0
        low, high = low - reach, high + reach
    rough = (high - low) / count
    power = 10.0 ** floor(log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    return [step * index for index in range(floor(low / step + 1e-9), ceil(high / step - 1e-9) + 1)]


def time_ticks(start: Instant, end: Instant, count: int) -> Sequence[tuple[Instant, str]]:
    """Return at most so many round instants in the range, each with its label."""
    steps = (step for step in _TIME_STEPS if (end - start) / step < count)
    step = next(steps, (end - start) // count + 1)
    form = "%Y-%m-%d" if step >= DAY_MS else "%m-%d %H:%M" if end - start > DAY_MS // 2 else "%H:%M"
    places = range(-(-start // step) * step, end + 1, step)
    return [(Instant(at), to_datetime(Instant(at)).strftime(form)) for at in places]
