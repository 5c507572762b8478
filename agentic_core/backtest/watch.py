"""Finds the next mark that must be visited while something is held, by looking at prices only.

The daily-loss halt and the liquidation of a one-position account both happen at a price, so a run of candles is
safe when its worst close is. The thresholds are conservative integers; what they find is decided exactly by
`settle_mark`. With several positions there is no such price, and every mark is visited.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import ceil, floor

import msgspec

from agentic_core.backtest.dataset import Dataset
from agentic_core.brokers.paper import PaperLedger
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.money import bps_of

__all__ = ["Watch"]


class _Prices(msgspec.Struct, frozen=True, kw_only=True):
    closes: Sequence[int]
    scale: Decimal
    maintenance_rate: Decimal


class Watch:
    """Thresholds of what a ledger holds, over the closes of a dataset."""

    def __init__(
        self, dataset: Dataset, ledger: PaperLedger, limits: RiskLimits, instruments: Mapping[Symbol, Instrument]
    ) -> None:
        """Watch a ledger over a dataset."""
        self._ledger = ledger
        self._limits = limits
        self._prices = {
            symbol: _Prices(
                closes=series.closes,
                scale=Decimal(10) ** series.price_decimals,
                maintenance_rate=(instruments.get(symbol) or Instrument.generic(symbol)).maintenance_rate,
            )
            for symbol, series in dataset.series.items()
        }

    def next_stop(self, start: int, due: int, *, halted: bool) -> int:
        """Return the first candle in [start, due) whose close may be past a threshold, or `due`.

        Args:
            start: the candle after the one the ledger was settled at; something is held.
            due: where the account is settled anyway.
            halted: whether a halt is latched, so that the daily loss no longer matters.
        """
        positions = self._ledger.positions
        if len(positions) > 1:
            return start
        ((symbol, position),) = positions.items()
        prices, size, cash = self._prices[symbol], position.size, self._ledger.cash
        # equity(p) = cash + size·p; maintenance(p) = |size|·rate·p
        thresholds = [-cash / (size - abs(size) * prices.maintenance_rate)]
        if not halted:
            baseline = self._ledger.day.baseline
            thresholds.append((baseline - bps_of(baseline, self._limits.daily_loss_bps_max) - cash) / size)
        closes = prices.closes[start:due]
        if size > 0:
            threshold = ceil(max(thresholds) * prices.scale)
            if min(closes, default=threshold + 1) > threshold:
                return due
            return start + next(at for at, close in enumerate(closes) if close <= threshold)
        threshold = floor(min(thresholds) * prices.scale)
        if max(closes, default=threshold - 1) < threshold:
            return due
        return start + next(at for at, close in enumerate(closes) if close >= threshold)
