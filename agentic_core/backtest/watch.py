"""Finds the next mark that must be visited while something is held, by looking at prices only.

The daily-loss halt and the liquidation of a one-position account both happen at a price, so a run of candles is safe
when its worst close is. With several positions there is no such price, and every mark is visited.
"""

from collections.abc import Mapping
from decimal import Decimal

from agentic_core.backtest.dataset import Dataset
from agentic_core.brokers.paper import PaperLedger
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.money import Usd, from_scaled
from agentic_core.domain.position import Position
from agentic_core.risk import find_halt

__all__ = ["Watch"]


class Watch:
    """What a ledger holds, held against the closes of a dataset."""

    def __init__(
        self, dataset: Dataset, ledger: PaperLedger, limits: RiskLimits, instruments: Mapping[Symbol, Instrument]
    ) -> None:
        """Watch a ledger over a dataset."""
        self._series = dataset.series
        self._ledger = ledger
        self._limits = limits
        self._instruments = {symbol: instruments.get(symbol) or Instrument.generic(symbol) for symbol in dataset.series}

    def next_stop(self, start: int, due: int) -> int:
        """Return the first candle in [start, due) whose close liquidates or halts the account, or `due`.

        Args:
            start: the candle after the one the ledger was settled at; something is held.
            due: where the account is settled anyway.
        """
        positions = self._ledger.positions
        if len(positions) > 1:
            return start
        (position,) = positions.values()
        closes = self._series[position.symbol].closes[start:due]
        if not closes:
            return due
        worst, best = min(closes), max(closes)
        if position.size < 0:
            worst, best = best, worst
        # Safe for sure if the worst close is, even if the best one came first.
        if self._is_safe(position, worst, self._peak(position, best)):
            return due
        peak: Decimal = self._ledger.peak
        for at, close in enumerate(closes, start):
            peak = max(peak, self._equity(position, close))
            if not self._is_safe(position, close, peak):
                return at
        return due

    def raise_peak(self, start: int, end: int) -> None:
        """Let the ledger's peak know of the marks in [start, end), which were passed with what is held now."""
        positions = self._ledger.positions
        if len(positions) != 1 or start >= end:
            return
        (position,) = positions.values()
        closes = self._series[position.symbol].closes[start:end]
        self._ledger.peak = Usd(self._peak(position, max(closes) if position.size > 0 else min(closes)))

    def _peak(self, position: Position, best: int) -> Decimal:
        return max(self._ledger.peak, self._equity(position, best))

    def _equity(self, position: Position, close: int) -> Decimal:
        return self._ledger.cash + position.size * from_scaled(close, self._series[position.symbol].price_decimals)

    def _is_safe(self, position: Position, close: int, peak: Decimal) -> bool:
        equity = self._equity(position, close)
        worth = abs(equity - self._ledger.cash)
        if equity < self._instruments[position.symbol].maintenance(worth):
            return False
        return find_halt(self._ledger.day, peak, equity, self._limits) is None
