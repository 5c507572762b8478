"""Keeps recorded candles as CSV files that a backtest can read."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

import anyio.to_thread

from agentic_core.domain.ids import Symbol
from agentic_core.domain.market import Candle
from agentic_core.domain.money import plain
from agentic_core.domain.times import Instant, Interval, to_datetime
from agentic_core.errors import InputError, UsageError
from agentic_core.ports.candle_sink import MissingCandles

__all__ = ["CandleFolder"]

_HEADER = b"timestamp,open,high,low,close,volume\n"
_MISSING_HEADER = b"start,end,cause\n"
_STAMP = "%Y%m%dT%H%M%SZ"
_STAMPED = re.compile(r"[0-9]{8}T[0-9]{6}Z\.csv")
_TAIL_BYTES = 4096
"""More than the longest possible row."""


class _Stretch(NamedTuple):
    path: Path
    end: Instant
    """When its newest candle closed."""


class CandleFolder:
    """A `CandleSink` of CSV files: one for each unbroken stretch, named by symbol, interval and first opening time.

    A backtest takes no file with a hole in it, so a hole in what is recorded begins a new file; `*_missing.csv` beside
    them says which holes are the venue's. CSV because a row can be added durably without writing the file again: after
    a crash there is at worst half a row at the end, which the next write cuts off. One writer a folder.
    """

    def __init__(self, folder: Path) -> None:
        """Take a folder that exists.

        Raises:
            InputError: it does not.
        """
        if not folder.is_dir():
            message = f"{folder}: there is no such folder; make it, or name one that exists"
            raise InputError(message)
        self._folder: Final = folder

    def files(self, symbol: Symbol, interval: Interval) -> list[Path]:
        """Return the files of a series, oldest first.

        Raises:
            InputError: the folder cannot be read.
        """
        prefix = _prefix(symbol, interval)
        with _refusing("read", self._folder):
            names = [path.name for path in self._folder.iterdir()]
        ours = (name for name in names if name.startswith(prefix) and _STAMPED.fullmatch(name[len(prefix) :]))
        return [self._folder / name for name in sorted(ours)]

    async def newest(self, symbol: Symbol, interval: Interval) -> Instant | None:
        """Return when the newest candle that is kept closed, or None when there is none.

        Raises:
            InputError: the newest file cannot be read as one of these.
        """
        stretch = await anyio.to_thread.run_sync(self._newest, symbol, interval)
        return None if stretch is None else stretch.end

    async def write(self, symbol: Symbol, interval: Interval, candles: Sequence[Candle]) -> int:
        """Add candles that opened after everything kept, and return their number.

        Raises:
            InputError: the folder does not take them.
            UsageError: they are out of order or off the grid of the interval.
        """
        _check(symbol, interval, candles)
        return await anyio.to_thread.run_sync(self._write, symbol, interval, candles)

    async def state_missing(self, symbol: Symbol, interval: Interval, missing: Sequence[MissingCandles]) -> None:
        """Add what the venue does not have to the file that says so.

        Raises:
            InputError: the folder does not take it.
        """
        await anyio.to_thread.run_sync(self._state, symbol, interval, missing)

    def _newest(self, symbol: Symbol, interval: Interval) -> _Stretch | None:
        for path in reversed(self.files(symbol, interval)):
            row = _last_row(path)
            if row is not None:
                return _Stretch(path, Instant(_opened(path, row) + interval.ms))
        return None

    def _write(self, symbol: Symbol, interval: Interval, candles: Sequence[Candle]) -> int:
        stretch = self._newest(symbol, interval)
        new = [candle for candle in candles if stretch is None or candle.open_time >= stretch.end]
        for run in _runs(new, interval):
            first = run[0].open_time
            if stretch is None or stretch.end != first:
                stamp = to_datetime(first).strftime(_STAMP)
                stretch = _Stretch(self._folder / f"{_prefix(symbol, interval)}{stamp}.csv", first)
            _append(stretch.path, _HEADER, b"".join(map(_row, run)))
            stretch = stretch._replace(end=Instant(run[-1].open_time + interval.ms))
        return len(new)

    def _state(self, symbol: Symbol, interval: Interval, missing: Sequence[MissingCandles]) -> None:
        path = self._folder / f"{_prefix(symbol, interval)}missing.csv"
        known = set(_complete(path).splitlines(keepends=True))
        rows = [f"{hole.start},{hole.end},{hole.cause}\n".encode() for hole in missing]
        new = b"".join(row for row in rows if row not in known)
        if new:
            _append(path, _MISSING_HEADER, new)


def _prefix(symbol: Symbol, interval: Interval) -> str:
    return f"{quote(symbol, safe='')}_{interval}_"


def _check(symbol: Symbol, interval: Interval, candles: Sequence[Candle]) -> None:
    before = -1
    for candle in candles:
        if candle.open_time <= before or candle.open_time % interval.ms:
            message = (
                f"candle of {symbol} opened at {candle.open_time} after one at {before}; "
                f"bring {interval} candles in order, opened on whole multiples of {interval.ms} ms"
            )
            raise UsageError(message)
        before = candle.open_time


def _runs(candles: Sequence[Candle], interval: Interval) -> list[list[Candle]]:
    runs: list[list[Candle]] = []
    for candle in candles:
        if runs and runs[-1][-1].open_time + interval.ms == candle.open_time:
            runs[-1].append(candle)
        else:
            runs.append([candle])
    return runs


def _row(candle: Candle) -> bytes:
    numbers = (candle.open, candle.high, candle.low, candle.close, candle.volume)
    return f"{candle.open_time},{','.join(map(plain, numbers))}\n".encode()


def _opened(path: Path, row: bytes) -> int:
    time, _, _ = row.partition(b",")
    if not time.isdigit():
        message = f"{path}: the last row {row[:40]!r} is no recorded candle; move the file elsewhere"
        raise InputError(message)
    return int(time)


def _last_row(path: Path) -> bytes | None:
    # The last row that is complete; a file that a crash left with less than one counts as not there.
    with _refusing("read", path), path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL_BYTES))
        rows = file.read().split(b"\n")[:-1]
    return rows[-1] if rows and rows[-1] + b"\n" != _HEADER else None


def _complete(path: Path) -> bytes:
    with _refusing("read", path):
        content = path.read_bytes() if path.exists() else b""
    return content[: content.rfind(b"\n") + 1]


def _append(path: Path, header: bytes, rows: bytes) -> None:
    with _refusing("write", path):
        with path.open("ab+") as file:
            end = _end_of_rows(file.seek(0, os.SEEK_END), path)
            file.truncate(end)
            file.write(rows if end else header + rows)
            file.flush()
            os.fsync(file.fileno())
        _flush_folder(path.parent)


@contextmanager
def _refusing(doing: str, path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        message = f"cannot {doing} {path}: {exc.strerror or exc}; see to it, or record into another folder"
        raise InputError(message) from exc


def _end_of_rows(size: int, path: Path) -> int:
    if not size:
        return 0
    with path.open("rb") as file:
        start = max(0, size - _TAIL_BYTES)
        file.seek(start)
        newline = file.read().rfind(b"\n")
    return start + newline + 1 if newline >= 0 else 0


def _flush_folder(folder: Path) -> None:
    # The name of a new file has to survive a crash as well.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
