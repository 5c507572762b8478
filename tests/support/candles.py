"""Candles and candle files made by hand."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from agentic_core.backtest.columns import CandleColumns, PriceColumns, VolumeColumn
from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import Interval

__all__ = ["HEADER", "NOON", "Row", "columns", "csv_text", "rows_of"]

HEADER = "timestamp,open,high,low,close,volume"

NOON = 1_704_110_400_000
"""2024-01-01 12:00:00Z."""


class Row(NamedTuple):
    """A candle as it is written in a file."""

    time: str
    open: str
    high: str
    low: str
    close: str
    volume: str


def csv_text(rows: Sequence[Sequence[str]], header: str = HEADER) -> str:
    """Return a table."""
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


def columns(
    closes: Sequence[int],
    *,
    interval: Interval = Interval.M1,
    start: int = NOON,
    symbol: str = "BTC",
    decimals: int = 0,
) -> CandleColumns:
    """Return candles that open at the last close and reach one step beyond both; the volume counts up from 1."""
    opens = [closes[0], *closes[:-1]] if closes else []
    return CandleColumns(
        Symbol(symbol),
        range(start, start + len(closes) * interval.ms, interval.ms),
        PriceColumns(
            decimals,
            opens,
            [max(pair) + 1 for pair in zip(opens, closes, strict=True)],
            [min(pair) - 1 for pair in zip(opens, closes, strict=True)],
            list(closes),
        ),
        VolumeColumn(0, list(range(1, len(closes) + 1))),
    )


def rows_of(candles: CandleColumns) -> list[tuple[int, Decimal, Decimal, Decimal, Decimal, Decimal]]:
    """Return every candle as a plain tuple: open time, open, high, low, close, volume."""
    every = [candles.candle(index) for index in range(len(candles))]
    return [(one.open_time, one.open, one.high, one.low, one.close, one.volume) for one in every]
