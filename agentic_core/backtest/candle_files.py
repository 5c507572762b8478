"""Reads candle files: CSV, Parquet, and the venue's `candleSnapshot` JSON.

A file is taken whole or refused in one line that names the line or row, the value and the cure.
"""

from pathlib import Path

from agentic_core.backtest.candle_csv import read_csv
from agentic_core.backtest.candle_parquet import read_parquet
from agentic_core.backtest.candle_snapshot import read_snapshot
from agentic_core.backtest.columns import CandleColumns
from agentic_core.backtest.text_files import looks_like_json, read_text, read_whole
from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import Interval

__all__ = ["read_candles"]

_PARQUET_MAGIC = b"PAR1"
_PARQUET_SUFFIXES = {".parquet", ".pq"}


def read_candles(path: Path, *, symbol: Symbol, interval: Interval | None = None) -> CandleColumns:
    """Read one symbol's candles; the format is told by content and extension.

    Args:
        path: the file.
        symbol: whose candles they are.
        interval: their length; None takes it from the first two candles.

    Raises:
        CandlesInvalid: the file is not one unbroken run of possible candles.
        ConfigError: the file is Parquet and polars is not installed.
    """
    content = read_whole(path)
    file = str(path)
    if content.startswith(_PARQUET_MAGIC) or path.suffix.lower() in _PARQUET_SUFFIXES:
        return read_parquet(file, content, symbol=symbol, interval=interval)
    text = read_text(file, content)
    if looks_like_json(path, text):
        return read_snapshot(file, text, symbol=symbol, interval=interval)
    return read_csv(file, text, symbol=symbol, interval=interval)
