"""The equity curve, marked afterwards from what was held between changes."""

from bisect import bisect_right
from collections.abc import Iterable
from decimal import Decimal
from operator import itemgetter

from agentic_core.backtest.dataset import Dataset
from agentic_core.brokers.paper import PaperLedger
from agentic_core.domain.money import Usd, from_scaled
from agentic_core.domain.position import Position
from agentic_core.domain.run import EquityPoint
from agentic_core.domain.times import DAY_MS, Instant

__all__ = ["POINTS_MAX", "EquityTrack"]

POINTS_MAX = 4_000
"""Longer runs keep the first mark of each day and, of each of a quarter as many buckets, the ends and extremes."""

_VALUE = itemgetter(0)


class EquityTrack:
    """Cash and sizes, by the first mark they hold for."""

    def __init__(self, dataset: Dataset) -> None:
        """Track over a dataset."""
        self._dataset = dataset
        self._starts: list[int] = []
        self._held: list[tuple[Decimal, tuple[Position, ...]]] = []

    def change(self, index: int, ledger: PaperLedger) -> None:
        """Note what is held from the mark of this candle on."""
        held = (ledger.cash, tuple(ledger.positions.values()))
        if self._starts and self._starts[-1] == index:
            self._held[-1] = held
            return
        self._starts.append(index)
        self._held.append(held)

    def points(self) -> list[EquityPoint]:
        """Return the curve."""
        length = len(self._dataset)
        if length <= POINTS_MAX:
            return [self._exact(index) for index in range(length)]
        width = -(-length * 4 // POINTS_MAX)
        chosen = {0, length - 1, *self._day_starts()}
        for low in range(0, length, width):
            high = min(low + width, length)
            chosen.update((low, high - 1, *self._extremes(low, high)))
        return [self._exact(index) for index in sorted(chosen)]

    def _day_starts(self) -> list[int]:
        # The first mark of each UTC day, which the day's loss and its return are measured from.
        start, interval_ms = self._dataset.start, self._dataset.interval.ms
        midnights = range((start // DAY_MS + 1) * DAY_MS, self._dataset.end + 1, DAY_MS)
        return [-((start - midnight) // interval_ms) - 1 for midnight in midnights]

    def _exact(self, index: int) -> EquityPoint:
        cash, positions = self._held[bisect_right(self._starts, index) - 1]
        equity, exposure = cash, Decimal(0)
        for held in positions:
            series = self._dataset.series[held.symbol]
            worth = held.size * from_scaled(series.closes[index], series.price_decimals)
            equity += worth
            exposure += abs(worth)
        time = Instant(self._dataset.start + (index + 1) * self._dataset.interval.ms)
        return EquityPoint(time=time, equity=Usd(equity), exposure=Usd(exposure))

    def _extremes(self, low: int, high: int) -> tuple[int, int]:
        # The lowest and the highest mark of [low, high). Floats only pick them; the points themselves are exact.
        found: list[tuple[float, int]] = []
        place = bisect_right(self._starts, low) - 1
        while low < high:
            end = self._starts[place + 1] if place + 1 < len(self._starts) else high
            found.extend(self._turning_points(place, low, min(end, high)))
            low, place = end, place + 1
        return min(found, key=_VALUE)[1], max(found, key=_VALUE)[1]

    def _turning_points(self, place: int, low: int, high: int) -> Iterable[tuple[float, int]]:
        # While nothing changes hands, the worth of one position is extreme where its price is.
        cash, positions = self._held[place]
        if not positions:
            return ((float(cash), low),)
        if len(positions) > 1:
            return ((float(self._exact(index).equity), index) for index in range(low, high))
        (held,) = positions
        series = self._dataset.series[held.symbol]
        base, unit = float(cash), float(held.size) / 10**series.price_decimals
        closes = series.closes[low:high]
        return ((base + unit * close, low + closes.index(close)) for close in (min(closes), max(closes)))
