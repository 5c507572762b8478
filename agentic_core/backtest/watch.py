"""Finds the next mark that must be visited while something is held, by looking at prices only.

The daily-loss halt and the liquidation of a one-position account both happen at a price, so a run of candles is safe
when its worst close is. With several positions there is no such price, and every mark is visited.
"""

from collections.abc import Mapping

from agentic_core.backtest.dataset import Dataset
from agentic_core.brokers.paper import PaperLedger
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.money import from_scaled
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
        self._maintenance_rates = {
            symbol: (instruments.get(symbol) or Instrument.generic(symbol)).maintenance_rate
            for symbol in dataset.series
        }

    def next_stop(self, start: int, due: int, *, halted: bool) -> int:
        """Return the first candle in [start, due) whose close liquidates or halts the account, or `due`.

        Args:
            start: the candle after the one the ledger was settled at; something is held.
            due: where the account is settled anyway.
            halted: whether a halt is latched, so that the daily loss no longer matters.
        """
        positions = self._ledger.positions
        if len(positions) > 1:
            return start
        (position,) = positions.values()
        closes = self._series[position.symbol].closes[start:due]
        if not closes or self._is_safe(position, min(closes) if position.size > 0 else max(closes), halted=halted):
            return due
        unsafe = (at for at, close in enumerate(closes, start) if not self._is_safe(position, close, halted=halted))
        return next(unsafe)

    def _is_safe(self, position: Position, close: int, *, halted: bool) -> bool:
        symbol = position.symbol
        worth = position.size * from_scaled(close, self._series[symbol].price_decimals)
        equity = self._ledger.cash + worth
        if equity < abs(worth) * self._maintenance_rates[symbol]:
            return False
        return halted or find_halt(self._ledger.day, equity, self._limits) is None
