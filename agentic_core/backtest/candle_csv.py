"""Candles from comma-separated text."""

from collections.abc import Iterator
from itertools import chain, islice
from operator import itemgetter

from agentic_core.backtest.candle_assembly import CandleSource, assemble
from agentic_core.backtest.candle_cells import RawCandles
from agentic_core.backtest.candle_header import CandleHeader, find_candle_columns
from agentic_core.backtest.columns import CandleColumns
from agentic_core.backtest.text_files import csv_rows, line_of_row
from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import Interval
from agentic_core.errors import CandlesInvalid

__all__ = ["read_csv"]

_CHUNK_ROWS = 20_000
"""Rows held as texts at once; a year of minutes never lies in memory twice."""


def read_csv(file: str, text: str, *, symbol: Symbol, interval: Interval | None) -> CandleColumns:
    """Read candles with a header line; columns nobody asked for are ignored.

    Raises:
        CandlesInvalid: the table is not one unbroken run of possible candles; the number is that of the line.
    """
    rows = csv_rows(file, text)
    names = next(rows, None)
    if names is None:
        message = f"{file}: the file is empty; bring a header line and one row a candle"
        raise CandlesInvalid(message)
    header = find_candle_columns(file, names)
    source = CandleSource(
        file=file,
        symbol=symbol,
        interval=interval,
        locate=lambda index: line_of_row(text, index),
        origin=file,
    )
    return assemble(source, _chunks(source, rows, header, len(names)))


def _chunks(source: CandleSource, rows: Iterator[list[str]], header: CandleHeader, width: int) -> Iterator[RawCandles]:
    time, volume, prices = itemgetter(header.time), itemgetter(header.volume), itemgetter(*header[1:5])
    done = 0
    while chunk := list(islice(rows, _CHUNK_ROWS)):
        if {*map(len, chunk)} != {width}:
            index = next(index for index, row in enumerate(chunk) if len(row) != width)
            fault = f"{len(chunk[index])} fields where the header has {width}; complete the row"
            raise source.refuse(done + index, fault)
        yield RawCandles(
            list(map(time, chunk)), list(chain.from_iterable(map(prices, chunk))), list(map(volume, chunk))
        )
        done += len(chunk)
