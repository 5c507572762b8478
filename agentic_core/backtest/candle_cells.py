"""Reads one cell of a candle file after the other, to say exactly which one is wrong.

This is the slow path: `candle_assembly` comes here only with a chunk it could not read at once.
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

from agentic_core.backtest.scaled import DIGITS_MAX
from agentic_core.domain.times import Instant, parse_instant
from agentic_core.errors import CandlesInvalid, InputError

__all__ = ["PRICE_NAMES", "RawCandles", "Refuse", "excerpt", "read_time", "read_times", "spell_number", "spell_out"]

PRICE_NAMES = ("open", "high", "low", "close")

Refuse = Callable[[int, str], CandlesInvalid]
"""Makes the refusal of the candle with this index; the text says what, the value and the cure."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)
_INFINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_YEAR_10000_MS = 253_402_300_800_000
_EXCERPT_LENGTH = 40
_DATE_LENGTH = 10


class RawCandles(NamedTuple):
    """A stretch of a file as texts; times that are integers are instants already."""

    times: Sequence[str | int]
    prices: Sequence[str]
    """Open, high, low, close of the first candle, then of the second, and so on."""
    volumes: Sequence[str]


def excerpt(value: object) -> str:
    """Show a foreign value in a message: quoted, on one line, not too long."""
    shown = repr(value)
    return shown if len(shown) <= _EXCERPT_LENGTH else f"{shown[:_EXCERPT_LENGTH]}…"


def read_time(text: str | int) -> Instant:
    """Read one time and see that it lies between the years 1970 and 9999.

    Raises:
        InputError: it is no time, or lies elsewhere.
    """
    at = parse_instant(text) if isinstance(text, str) else Instant(text)
    if not 0 <= at < _YEAR_10000_MS:
        message = f"{excerpt(text)} is not between 1970 and 9999; write epoch seconds, epoch milliseconds or ISO 8601"
        raise InputError(message)
    return at


def read_times(texts: Sequence[str | int]) -> list[int]:
    """Read a column of times; a date and a time of day are each parsed once only.

    Raises:
        InputError: one of them is no time.
    """
    written = [text for text in texts if isinstance(text, str)]
    if len(written) == len(texts):
        dates, clocks = _Dates(), _Clocks()
        try:
            return [dates[text[:_DATE_LENGTH]] + clocks[text[_DATE_LENGTH:]] for text in written]
        except InputError:
            pass  # not ISO 8601; each is looked at by itself
    return [read_time(text) for text in texts]


class _Dates(dict[str, int]):
    def __missing__(self, date: str) -> int:
        if not _DATE.fullmatch(date):
            message = f"{date} is not a date"
            raise InputError(message)
        self[date] = read_time(date)
        return self[date]


class _Clocks(dict[str, int]):
    # A time of day, with its zone where one is written, moves every date by the same number of milliseconds.
    def __missing__(self, clock: str) -> int:
        self[clock] = parse_instant(f"2000-01-01{clock}") - parse_instant("2000-01-01")
        return self[clock]


def spell_out(raw: RawCandles, offset: int, refuse: Refuse) -> RawCandles:
    """Rewrite a stretch so that every number is plain and every time an instant.

    Args:
        raw: the stretch.
        offset: the index of its first candle in the file.
        refuse: makes the refusal.

    Raises:
        CandlesInvalid: a cell cannot be read.
    """
    times: list[int] = []
    prices: list[str] = []
    volumes: list[str] = []
    for index, (time, volume) in enumerate(zip(raw.times, raw.volumes, strict=True)):
        try:
            times.append(read_time(time))
            cells = raw.prices[4 * index : 4 * index + 4]
            prices += [_price(cell, name) for cell, name in zip(cells, PRICE_NAMES, strict=True)]
            volumes.append(_volume(volume))
        except InputError as exc:
            raise refuse(offset + index, str(exc)) from exc
    return RawCandles(times, prices, volumes)


def spell_number(text: str, what: str) -> Decimal:
    """Read one finite number of at most as many digits as the library computes with.

    Raises:
        InputError: it is none.
    """
    text = text.strip()
    if not text:
        message = f"{what} is empty; fill it in"
        raise InputError(message)
    if _INFINITE.fullmatch(text):
        message = f"{what} {excerpt(text)} is not finite; replace it by the real one"
        raise InputError(message)
    if not _NUMBER.fullmatch(text):
        message = f"{what} {excerpt(text)} is not a number; write it plainly, such as 46377.5"
        raise InputError(message)
    number = Decimal(text)
    plain = format(number, "f") if abs(number.adjusted()) <= DIGITS_MAX else ""
    if not plain or len(plain.replace("-", "").replace(".", "").lstrip("0")) > DIGITS_MAX:
        message = f"{what} {excerpt(text)} has more than {DIGITS_MAX} digits; round it"
        raise InputError(message)
    return number


def _price(text: str, name: str) -> str:
    number = spell_number(text, name)
    if number <= 0:
        message = f"{name} {excerpt(text)} is not a positive price; correct it"
        raise InputError(message)
    return format(number, "f")


def _volume(text: str) -> str:
    number = spell_number(text, "volume")
    if number < 0:
        message = f"volume {excerpt(text)} is negative; correct it"
        raise InputError(message)
    return format(abs(number), "f")
