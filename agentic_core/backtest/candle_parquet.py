"""Candles from Parquet files; the only reader that needs polars."""

import io
from itertools import chain
from typing import TYPE_CHECKING

from agentic_core.backtest.candle_assembly import CandleSource, assemble
from agentic_core.backtest.candle_cells import RawCandles
from agentic_core.backtest.candle_header import find_candle_columns
from agentic_core.backtest.columns import CandleColumns
from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import Interval
from agentic_core.errors import CandlesInvalid, ConfigError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FLOAT_NOTE", "read_parquet"]

FLOAT_NOTE = "floats read by their shortest decimal text"
"""Added to the origin of candles whose file holds binary floats: what was stored is not what was traded."""


def read_parquet(file: str, content: bytes, *, symbol: Symbol, interval: Interval | None) -> CandleColumns:
    """Read candles; times are datetimes (UTC where no zone is stored), epoch integers or texts.

    A float price becomes the shortest decimal that reads back as the same float, and the origin says so.

    Raises:
        CandlesInvalid: it is no such table, or not one unbroken run of possible candles; rows count from 1.
        ConfigError: polars is not installed.
    """
    frame = _open(file, content)
    header = find_candle_columns(file, frame.columns)
    floats = any(frame.dtypes[index].is_float() for index in header[1:])
    source = CandleSource(
        file=file,
        symbol=symbol,
        interval=interval,
        locate=lambda index: index + 1,
        origin=f"{file} ({FLOAT_NOTE})" if floats else file,
    )
    prices = [_texts(file, frame.to_series(index)) for index in header[1:5]]
    chunk = RawCandles(
        _times(file, frame.to_series(header.time)),
        list(chain.from_iterable(zip(*prices, strict=True))),
        _texts(file, frame.to_series(header.volume)),
    )
    return assemble(source, [chunk] if chunk.times else [])


def _open(file: str, content: bytes) -> "pl.DataFrame":
    try:
        import polars as pl  # noqa: PLC0415 - an extra that nothing but Parquet needs
    except ImportError as exc:
        message = f"{file}: reading Parquet needs polars; run: pip install 'agentic-perps[backtest]'"
        raise ConfigError(message) from exc
    try:
        return pl.read_parquet(io.BytesIO(content))
    except (pl.exceptions.PolarsError, OSError) as exc:
        reason = str(exc).partition("\n")[0]
        message = f"{file}: not a Parquet file that can be read ({reason}); write it again or bring CSV"
        raise CandlesInvalid(message) from exc


def _times(file: str, column: "pl.Series") -> list[str | int]:
    kind = column.dtype
    if kind.is_temporal() and str(kind).startswith("Date"):
        times: list[int | None] = column.dt.epoch("ms").to_list()
        return ["" if time is None else time for time in times]
    if not kind.is_integer() and str(kind) != "String":
        raise _unusable(file, column, "write datetimes, epoch milliseconds or ISO 8601 texts")
    return list(_texts(file, column))


def _texts(file: str, column: "pl.Series") -> list[str]:
    kind = column.dtype
    if not kind.is_numeric() and str(kind) != "String":
        raise _unusable(file, column, "write decimals, integers, floats or texts")
    texts: list[str | None] = column.cast(str).to_list()
    return ["" if text is None else text for text in texts]


def _unusable(file: str, column: "pl.Series", cure: str) -> CandlesInvalid:
    return CandlesInvalid(f"{file}: column {column.name!r} holds {column.dtype}; {cure}")
