"""Candles from the JSON that Hyperliquid answers to `candleSnapshot`."""

from collections.abc import Sequence
from typing import Any

from agentic_core.backtest.candle_assembly import CandleSource, assemble
from agentic_core.backtest.candle_cells import RawCandles, excerpt
from agentic_core.backtest.columns import CandleColumns
from agentic_core.backtest.text_files import json_rows
from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import Interval

__all__ = ["read_snapshot"]

_SHAPE = "[{t, s, i, o, h, l, c, v}, …]"
_PRICES = ("o", "h", "l", "c")


def read_snapshot(file: str, text: str, *, symbol: Symbol, interval: Interval | None) -> CandleColumns:
    """Read candles as the venue sends them: `t` is the opening time in milliseconds, prices are texts.

    Raises:
        CandlesInvalid: it is not that JSON, or not one unbroken run of possible candles; rows count from 1.
    """
    rows = json_rows(file, text, _SHAPE)
    source = CandleSource(
        file=file,
        symbol=symbol,
        interval=interval or _interval(rows),
        locate=lambda index: index + 1,
        origin=file,
    )
    for index, row in enumerate(rows):
        fault = _fault(row, symbol, source.interval)
        if fault is not None:
            raise source.refuse(index, fault)
    chunk = RawCandles(
        [row["t"] for row in rows],
        [str(row[name]) for row in rows for name in _PRICES],
        [str(row["v"]) for row in rows],
    )
    return assemble(source, [chunk] if rows else [])


def _interval(rows: Sequence[Any]) -> Interval | None:
    named = rows[0].get("i") if rows and isinstance(rows[0], dict) else None
    return next((interval for interval in Interval if interval == named), None)


def _fault(row: Any, symbol: Symbol, interval: Interval | None) -> str | None:  # noqa: ANN401 - foreign JSON
    if not isinstance(row, dict):
        return f"{excerpt(row)} is no candle; bring {_SHAPE}"
    missing = [name for name in ("t", *_PRICES, "v") if name not in row]
    if missing:
        return f"no {', '.join(missing)} in the candle, there are {excerpt(sorted(row))}; bring {_SHAPE}"
    if not _is_integer(row["t"]):
        return f"time {excerpt(row['t'])} is not a number of milliseconds; bring {_SHAPE}"
    odd = [name for name in (*_PRICES, "v") if not isinstance(row[name], str) and not _is_integer(row[name])]
    if odd:
        return f"{odd[0]} {excerpt(row[odd[0]])} is not a number; bring {_SHAPE}"
    return _foreign(row, symbol, interval)


def _foreign(row: dict[str, Any], symbol: Symbol, interval: Interval | None) -> str | None:
    if row.get("s", symbol) != symbol:
        return f"candle of {excerpt(row['s'])} where {symbol} was asked for; bring the file of {symbol}"
    if interval is None and "i" in row:
        return f"interval {excerpt(row['i'])} is not supported; use one of {', '.join(Interval)}"
    if row.get("i", interval) != interval:
        return f"candle of interval {excerpt(row['i'])} where {interval} was expected; bring one interval only"
    return None


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
