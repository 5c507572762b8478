"""Recorded candles as the market of the simulated venue."""

import csv
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

import msgspec

from agentic_core.domain.times import MINUTE_MS, parse_instant
from agentic_core.errors import CandlesInvalid, InputError
from agentic_core.ports.files import Files
from agentic_hl.venue.figures import Candle

__all__ = ["read_market"]

_TIME_COLUMNS = ("timestamp", "time", "open_time", "t")
_PRICES = ("open", "high", "low", "close")
_LEAST = 2


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    # One candle as it was read.
    start: int
    prices: tuple[Decimal, Decimal, Decimal, Decimal]
    volume: Decimal


class _Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    # One candle of the venue's `candleSnapshot`.
    t: int
    o: Decimal
    h: Decimal
    low: Decimal = msgspec.field(name="l")
    c: Decimal
    v: Decimal


def read_market(files: Files, path: Path, *, now: int, history: int) -> tuple[Candle, ...]:
    """Read one-minute candles, CSV with a header or `candleSnapshot` JSON, and move them to the present.

    The first `history` candles become the past; the one after them begins with the running minute.

    Raises:
        InputError: there is no such file.
        CandlesInvalid: it holds no unbroken run of one-minute candles.
    """
    try:
        content = files.read_bytes(path)
    except OSError as exc:
        message = f"{path}: {exc.strerror or exc}; name a file that can be read"
        raise InputError(message) from exc
    if content is None:
        message = f"{path}: there is no such file; name one that exists"
        raise InputError(message)
    rows = _rows(path, content)
    _check(path, rows)
    begin = now - now % MINUTE_MS - min(history, len(rows) - 1) * MINUTE_MS
    return tuple(_candle(row, begin + index * MINUTE_MS) for index, row in enumerate(rows))


def _rows(path: Path, content: bytes) -> list[_Row]:
    try:
        if content.lstrip()[:1] == b"[":
            found = msgspec.json.decode(content, type=list[_Snapshot])
            return [_Row(start=one.t, prices=(one.o, one.h, one.low, one.c), volume=one.v) for one in found]
        return [_row(path, number, row) for number, row in enumerate(_table(content), start=2)]
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        message = f"{path}: {exc}; bring CSV with a header, or the venue's candleSnapshot as JSON"
        raise CandlesInvalid(message) from exc


def _table(content: bytes) -> Iterable[Mapping[str, str]]:
    for row in csv.DictReader(content.decode("utf-8-sig").splitlines()):
        yield {str(name).strip().lower(): value or "" for name, value in row.items() if isinstance(value, str | None)}


def _row(path: Path, number: int, row: Mapping[str, str]) -> _Row:
    time = next((row[name] for name in _TIME_COLUMNS if name in row), None)
    if time is None or any(name not in row for name in _PRICES):
        message = f"{path}: the header needs a time ({', '.join(_TIME_COLUMNS)}) and {', '.join(_PRICES)}"
        raise CandlesInvalid(message)
    try:
        first, high, low, last = (Decimal(row[name]) for name in _PRICES)
        volume = Decimal(row.get("volume") or 0)
        return _Row(start=parse_instant(time), prices=(first, high, low, last), volume=volume)
    except (InvalidOperation, InputError) as exc:
        message = f"{path}: line {number} holds something else than a time and numbers: {dict(row)}"
        raise CandlesInvalid(message) from exc


def _check(path: Path, rows: list[_Row]) -> None:
    if len(rows) < _LEAST:
        message = f"{path}: {len(rows)} candles are no market; bring at least {_LEAST}"
        raise CandlesInvalid(message)
    for number, row in enumerate(rows):
        first, high, low, last = row.prices
        if not (all(map(Decimal.is_finite, row.prices)) and 0 < low <= min(first, last) and max(first, last) <= high):
            message = f"{path}: candle {number + 1} is impossible: open {first}, high {high}, low {low}, close {last}"
            raise CandlesInvalid(message)
        if row.start != rows[0].start + number * MINUTE_MS:
            message = f"{path}: candle {number + 1} does not begin a minute after the one before; bring 1m without gaps"
            raise CandlesInvalid(message)


def _candle(row: _Row, start: int) -> Candle:
    first, high, low, last = row.prices
    end = start + MINUTE_MS - 1
    return Candle(start=start, end=end, open=first, high=high, low=low, close=last, volume=row.volume, n=1)
