"""Hourly funding rates: from a file, one constant, or made up by the generator."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

from agentic_core.backtest.candle_cells import excerpt, read_time, spell_number
from agentic_core.backtest.candle_header import find_column
from agentic_core.backtest.text_files import csv_rows, json_rows, line_of_row, looks_like_json, read_text, read_whole
from agentic_core.domain.funding import funding_hours
from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import plain
from agentic_core.domain.times import HOUR_MS, Instant, show
from agentic_core.errors import CandlesInvalid, InputError

__all__ = ["FundingRates", "constant_funding", "read_funding"]

_SHAPE = "[{coin, fundingRate, premium, time}, …]"
_TIME_NAMES = ("time", "timestamp", "date", "t")
_RATE_NAMES = ("fundingrate", "funding_rate", "rate")
_SYMBOL_NAMES = ("coin", "symbol")


class FundingRates:
    """What longs pay shorts each whole hour, as a share of notional."""

    def __init__(self, rates: Mapping[Instant, Decimal] | Decimal, *, source: str) -> None:
        """Take a rate for each hour, or one for all of them; `source` says in words where they came from."""
        self.source: Final = source
        self._constant: Final = rates if isinstance(rates, Decimal) else None
        self._by_hour: Final[Mapping[Instant, Decimal]] = {} if isinstance(rates, Decimal) else rates
        self._hours: Final = sorted(self._by_hour)

    def at(self, hour: Instant) -> Decimal | None:
        """Return the rate settled at an hour, or None when it is not known."""
        return self._by_hour.get(hour, self._constant)

    def last(self, at: Instant) -> Decimal | None:
        """Return the newest rate settled at or before an instant, or None before the first."""
        if self._constant is not None:
            return self._constant
        place = bisect_right(self._hours, at)
        return self._by_hour[self._hours[place - 1]] if place else None

    def first_missing(self, after: Instant, until: Instant) -> Instant | None:
        """Return the first hour in (after, until] without a rate."""
        hours = (Instant(hour) for hour in funding_hours(after, until))
        return next((hour for hour in hours if self.at(hour) is None), None)


class _Row(NamedTuple):
    number: int
    time: str | int
    rate: str
    symbol: str | None


def constant_funding(rate: Decimal) -> FundingRates:
    """Return the same rate for every hour.

    Raises:
        InputError: the rate is a whole notional an hour or more.
    """
    if abs(rate) >= 1:
        message = f"funding rate {plain(rate)} {_TOO_HIGH}"
        raise InputError(message)
    return FundingRates(rate, source=f"{plain(rate)} of notional an hour, one constant")


def read_funding(path: Path, *, symbol: Symbol) -> FundingRates:
    """Read hourly rates from CSV or from the venue's `fundingHistory` JSON; times are floored to the hour.

    Rows that name another symbol are left out; an hour may repeat as long as its rate does.

    Raises:
        CandlesInvalid: a row cannot be read, two contradict each other, or none is about the symbol.
    """
    file = str(path)
    text = read_text(file, read_whole(path))
    rows = _json(file, text) if looks_like_json(path, text) else _table(file, text)
    rates: dict[Instant, Decimal] = {}
    others: set[str] = set()
    for row in rows:
        if row.symbol not in {None, symbol}:
            others.add(str(row.symbol))
            continue
        try:
            _note(rates, row)
        except InputError as exc:
            number = row.number if looks_like_json(path, text) else line_of_row(text, row.number)
            message = f"{file}:{number}: {exc}"
            raise CandlesInvalid(message) from exc
    if not rates:
        there = f", only for {excerpt(sorted(others))}" if others else ""
        message = f"{file}: no funding rate for {symbol}{there}; bring the file of {symbol}"
        raise CandlesInvalid(message)
    return FundingRates(rates, source=f"{file} ({len(rates)} hourly rates)")


_TOO_HIGH = "is a whole notional an hour or more; write a fraction, 0.0001 is 0.01 %"


def _note(rates: dict[Instant, Decimal], row: _Row) -> None:
    hour = Instant(read_time(row.time) // HOUR_MS * HOUR_MS)
    rate = spell_number(row.rate, "funding rate")
    if abs(rate) >= 1:
        message = f"funding rate {excerpt(row.rate)} {_TOO_HIGH}"
        raise InputError(message)
    if rates.setdefault(hour, rate) != rate:
        message = f"funding rate {plain(rate)} for {show(hour)}, which has {plain(rates[hour])} already; keep one"
        raise InputError(message)


def _table(file: str, text: str) -> Iterator[_Row]:
    rows = csv_rows(file, text)
    names = next(rows, [])
    time = find_column(file, names, "time", _TIME_NAMES)
    rate = find_column(file, names, "funding rate", _RATE_NAMES)
    coin = find_column(file, names, "symbol", _SYMBOL_NAMES)
    if time is None or rate is None:
        what = "time" if time is None else "funding rate"
        message = f"{file}: no column for the {what}, there are {', '.join(map(excerpt, names[:12]))}; name it {what}"
        raise CandlesInvalid(message)
    for index, row in enumerate(rows):
        if len(row) != len(names):
            fault = f"{len(row)} fields where the header has {len(names)}; complete the row"
            message = f"{file}:{line_of_row(text, index)}: {fault}"
            raise CandlesInvalid(message)
        yield _Row(index, row[time], row[rate], None if coin is None else row[coin].strip())


def _json(file: str, text: str) -> Iterator[_Row]:
    for number, row in enumerate(json_rows(file, text, _SHAPE), start=1):
        if not isinstance(row, dict) or not {"time", "fundingRate"} <= row.keys():
            message = f"{file}:{number}: {excerpt(row)} is no funding rate; bring {_SHAPE}"
            raise CandlesInvalid(message)
        time, coin = row["time"], row.get("coin")
        if isinstance(time, bool) or not isinstance(time, int):
            message = f"{file}:{number}: time {excerpt(time)} is not a number of milliseconds; bring {_SHAPE}"
            raise CandlesInvalid(message)
        yield _Row(number, time, str(row["fundingRate"]), None if coin is None else str(coin))
