"""backtesting.py as the peer: the same cross, long or flat, one unit, 0.045 % commission, filled at the next open."""

import gc
import time
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NamedTuple

from agentic_core.backtest.columns import CandleColumns

__all__ = ["Outcome", "Trade", "peer_run"]


class Trade(NamedTuple):
    """A finished round trip."""

    entered_ms: int
    left_ms: int
    size: float
    entry: float
    leave: float


class Outcome(NamedTuple):
    """One run."""

    seconds: float
    """Of the run alone, preparation aside."""
    trades: list[Trade]
    final_equity: float
    """With fees paid, and an open position at the last close."""


def peer_run(candles: CandleColumns, fast: int, slow: int, cash: int) -> Outcome:
    """Run the peer once.

    Raises:
        ModuleNotFoundError: it is not installed.
    """
    backtesting, pandas = import_module("backtesting"), import_module("pandas")
    scale = 10**candles.price_decimals
    columns = {"Open": candles.opens, "High": candles.highs, "Low": candles.lows, "Close": candles.closes}
    frame = pandas.DataFrame(
        {name: [price / scale for price in column] for name, column in columns.items()},
        index=pandas.to_datetime(list(candles.open_times), unit="ms"),
    )
    strategy = _strategy(backtesting, pandas, fast, slow)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        test = backtesting.Backtest(frame, strategy, cash=cash, commission=0.00045)
        gc.collect()
        began = time.perf_counter()
        result = test.run()
        took = time.perf_counter() - began
    rows = result["_trades"]
    times = [(column.astype("datetime64[ms]").astype("int64")).tolist() for column in (rows.EntryTime, rows.ExitTime)]
    # The last open position is not closed by us, and the peer leaves it out too unless told otherwise.
    facts = zip(*times, rows.Size, rows.EntryPrice, rows.ExitPrice, strict=True)
    return Outcome(took, [Trade(*trade) for trade in facts], float(result["Equity Final [$]"]))


def _strategy(backtesting: Any, pandas: Any, fast: int, slow: int) -> type:  # noqa: ANN401 - modules without types
    def average(prices: Sequence[float], length: int) -> Any:  # noqa: ANN401 - an array of the peer's
        return pandas.Series(prices).rolling(length).mean().to_numpy()

    def init(self: Any) -> None:  # noqa: ANN401 - the peer's strategy
        self.fast = self.I(average, self.data.Close, fast)
        self.slow = self.I(average, self.data.Close, slow)

    def look(self: Any) -> None:  # noqa: ANN401 - the peer's strategy
        before, now = self.fast[-2] - self.slow[-2], self.fast[-1] - self.slow[-1]
        if before <= 0 < now and not self.position:
            self.buy(size=1)
        elif before >= 0 > now and self.position:
            self.position.close()

    return type("Cross", (backtesting.Strategy,), {"init": init, "next": look})
