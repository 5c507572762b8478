"""Finds the next mark at which equity could reach a threshold, by looking at prices only.

The daily-loss halt and the liquidation of a one-position account both happen at a price, so a run of candles is
safe when its worst close is. The thresholds are conservative integers; what they find is decided exactly by
`settle_mark`. With several positions there is no such price, and every mark is visited.
"""

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from agentic_core.backtest.dataset import Dataset
from agentic_core.brokers.paper import PaperLedger
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.money import bps_of

__all__ = ["Watch"]

_BLOCK = 4_096
"""Candles looked at in one slice, so that an early breach in a long run is found early."""


class Watch:
    """Thresholds of the positions held since the last settled mark."""

    def __init__(
        self, dataset: Dataset, ledger: PaperLedger, limits: RiskLimits, instruments: Mapping[Symbol, Instrument]
    ) -> None:
        """Watch a ledger over a dataset."""
        self._dataset = dataset
        self._ledger = ledger
        self._limits = limits
        self._instruments = instruments
        self._closes: list[int] | None = None
        self._everything = False
        self._long = True
        self._threshold = 0

    def rest(self) -> None:
        """Watch nothing until the next look."""
        self._closes = None
        self._everything = False

    def look(self, *, halted: bool) -> None:
        """Set the thresholds from the ledger as it stands at a settled mark."""
        self.rest()
        positions = self._ledger.positions
        if not positions:
            return
        if len(positions) > 1:
            self._everything = True
            return
        ((symbol, position),) = positions.items()
        instrument = self._instruments.get(symbol) or Instrument.generic(symbol)
        size, cash = position.size, self._ledger.cash
        self._long = size > 0
        # equity(p) = cash + size·p; maintenance(p) = |size|·rate·p
        prices = [-cash / (size - abs(size) * instrument.maintenance_rate)]
        if not halted:
            day = self._ledger.day
            floor = day.baseline - bps_of(day.baseline, self._limits.daily_loss_bps_max)
            prices.append((floor - cash) / size)
        series = self._dataset.series[symbol]
        scale = Decimal(10) ** series.price_decimals
        worst = max(prices) if self._long else min(prices)
        rounding = ROUND_CEILING if self._long else ROUND_FLOOR
        self._threshold = int((worst * scale).to_integral_value(rounding=rounding))
        self._closes = series.closes

    def first_breach(self, start: int, end: int) -> int | None:
        """Return the first candle in [start, end) whose close may be past a threshold."""
        if self._everything:
            return start if start < end else None
        closes = self._closes
        if closes is None:
            return None
        threshold = self._threshold
        for low in range(start, end, _BLOCK):
            part = closes[low : min(end, low + _BLOCK)]
            if self._long:
                if min(part) <= threshold:
                    return low + next(at for at, close in enumerate(part) if close <= threshold)
            elif max(part) >= threshold:
                return low + next(at for at, close in enumerate(part) if close >= threshold)
        return None
