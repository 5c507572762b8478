"""What a backtest runs on: candles of one interval and one range for every symbol, and their funding rates."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from agentic_core.backtest.columns import CandleColumns
from agentic_core.backtest.funding import FundingRates
from agentic_core.backtest.resample import resample
from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import Instant, Interval, show
from agentic_core.errors import CandlesInvalid

__all__ = ["Dataset"]


class Dataset:
    """Candles by symbol, all over the same range, and a funding rate for every whole hour of it."""

    def __init__(self, candles: Sequence[CandleColumns], funding: Mapping[Symbol, FundingRates]) -> None:
        """Join what belongs together.

        Raises:
            CandlesInvalid: there are no candles, a symbol comes twice or differs from the first one in interval or
                range, or an hour after the first opening, up to the last mark, has no funding rate.
        """
        if not candles or not len(candles[0]):
            message = "no candles; bring a file for every symbol"
            raise CandlesInvalid(message)
        first = candles[0]
        series: dict[Symbol, CandleColumns] = {}
        for columns in candles:
            _check_alike(first, columns)
            if columns.symbol in series:
                message = f"two sets of candles for {columns.symbol}; bring one"
                raise CandlesInvalid(message)
            series[columns.symbol] = columns
        self.series: Final[Mapping[Symbol, CandleColumns]] = MappingProxyType(series)
        self.interval: Final[Interval] = first.interval
        self.start: Final = first.start
        """When the first candle opened."""
        self.end: Final = first.end
        """When the last candle closed: the last mark."""
        self._funding: Final = dict(funding)
        for symbol in series:
            self._check_funding(symbol)

    def __len__(self) -> int:
        """Count the candles of one symbol, which are the marks."""
        return (self.end - self.start) // self.interval.ms

    def funding_rate(self, symbol: Symbol, hour: Instant) -> Decimal:
        """Return the rate settled at a whole hour.

        Raises:
            CandlesInvalid: it is not known.
        """
        rate = self._funding[symbol].at(hour) if symbol in self._funding else None
        if rate is None:
            raise self._missing(symbol, hour)
        return rate

    def last_funding_rate(self, symbol: Symbol, at: Instant) -> Decimal | None:
        """Return the rate last settled at or before an instant, or None before the first one."""
        return self._funding[symbol].last(at) if symbol in self._funding else None

    @property
    def funding_source(self) -> str:
        """Where the funding rates came from, in words."""
        sources = {symbol: self._funding[symbol].source for symbol in self.series}
        if len(set(sources.values())) == 1:
            return next(iter(sources.values()))
        return "; ".join(f"{symbol}: {source}" for symbol, source in sources.items())

    @cached_property
    def sha256(self) -> str:
        """Hash of symbols, interval, times, prices and volumes, hex; the same for the same candles in any format."""
        digest = sha256()
        for symbol in sorted(self.series):
            columns = self.series[symbol]
            digest.update(f"{symbol} {columns.interval} {columns.start} {len(columns)}".encode())
            digest.update(f" {columns.price_decimals} {columns.volume_decimals}".encode())
            for column in (columns.opens, columns.highs, columns.lows, columns.closes, columns.volumes):
                digest.update(repr(list(column)).encode())
        return digest.hexdigest()

    @property
    def description(self) -> str:
        """The candles in one line: how many, of what, from when to when, where from, and their hash."""
        origins = ", ".join(dict.fromkeys(columns.origin for columns in self.series.values() if columns.origin))
        source = f" from {origins}" if origins else ""
        return (
            f"{len(self):,} candles of {self.interval} of {', '.join(self.series)}{source}, "
            f"{show(self.start)} to {show(self.end)}, sha256 {self.sha256}"
        )

    def resampled(self, interval: Interval) -> "Dataset":
        """Return the dataset at a longer interval.

        Raises:
            CandlesInvalid: the interval is shorter or no multiple, or no whole group of candles is there.
        """
        if interval is self.interval:
            return self
        return Dataset([resample(columns, interval) for columns in self.series.values()], self._funding)

    def _check_funding(self, symbol: Symbol) -> None:
        rates = self._funding.get(symbol)
        if rates is None:
            message = f"no funding rates for {symbol}; name a file or one constant rate"
            raise CandlesInvalid(message)
        missing = rates.first_missing(self.start, self.end)
        if missing is not None:
            raise self._missing(symbol, missing)

    def _missing(self, symbol: Symbol, hour: Instant) -> CandlesInvalid:
        source = f" in {self._funding[symbol].source}" if symbol in self._funding else ""
        return CandlesInvalid(
            f"no funding rate of {symbol} for {show(hour)}{source}; "
            f"every hour after {show(self.start)} up to {show(self.end)} is needed"
        )


def _check_alike(first: CandleColumns, other: CandleColumns) -> None:
    if other.interval is not first.interval:
        message = (
            f"{other.symbol} has candles of {other.interval}, {first.symbol} of {first.interval}; bring one interval"
        )
        raise CandlesInvalid(message)
    if not len(other) or other.start != first.start or other.end != first.end:
        message = f"{_range(other)}, but {_range(first)}; cut the files to one range"
        raise CandlesInvalid(message)


def _range(columns: CandleColumns) -> str:
    if not len(columns):
        return f"{columns.symbol} has no candles"
    return f"{columns.symbol} runs from {show(columns.start)} to {show(columns.end)}"
