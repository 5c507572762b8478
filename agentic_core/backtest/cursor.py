"""One reused view that walks recorded columns; what a decision sees and what an order can hit.

The cursor stands at a mark: everything up to and including the candle that closed there is visible to a decision.
The open of the next candle is visible to executions only.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from agentic_core.backtest.dataset import Dataset
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.market import Book, Candle, IndicatorSpec, Level, Mark, MarketSnapshot, MarkSource
from agentic_core.domain.money import Price, Size, from_scaled
from agentic_core.domain.times import Instant, Interval
from agentic_core.errors import LookAhead

__all__ = ["Cursor", "NextOpenBooks"]

_UNLIMITED = Size(Decimal(10**15))


class Cursor:
    """A `MarketView` over a dataset, valid until it is moved."""

    def __init__(self, dataset: Dataset, instruments: Mapping[Symbol, Instrument]) -> None:
        """Stand before the first mark."""
        self._dataset = dataset
        self._series = dataset.series
        self._instruments = instruments
        self._marks: dict[Symbol, Mark] = {}
        self._columns: dict[tuple[Symbol, IndicatorSpec], Sequence[float | None]] = {}
        self._interval_ms = dataset.interval.ms
        self._start = dataset.start
        self.index = -1
        self.as_of = Instant(self._start)

    @property
    def interval(self) -> Interval:
        """The interval of the candles."""
        return self._dataset.interval

    def move(self, index: int) -> None:
        """Stand at the mark where the candle of this index closes."""
        self.index = index
        self.as_of = Instant(self._start + (index + 1) * self._interval_ms)
        if self._marks:
            self._marks.clear()

    def instrument(self, symbol: Symbol) -> Instrument | None:
        """Return the contract's rules, or None when it is not listed."""
        return self._instruments.get(symbol)

    def mark(self, symbol: Symbol) -> Mark | None:
        """Return the close of the newest candle, or None for a symbol without candles."""
        mark = self._marks.get(symbol)
        if mark is None:
            series = self._series.get(symbol)
            if series is None or self.index < 0:
                return None
            price = Price(from_scaled(series.closes[self.index], series.price_decimals))
            mark = Mark(symbol=symbol, price=price, as_of=self.as_of, source=MarkSource.CANDLE_CLOSE)
            self._marks[symbol] = mark
        return mark

    def candles(self, symbol: Symbol, count: int) -> tuple[Candle, ...]:
        """Return up to `count` of the newest closed candles, oldest first."""
        series = self._series.get(symbol)
        if series is None:
            return ()
        end = self.index + 1
        return tuple(series.candle(index) for index in range(max(0, end - count), end))

    def indicator(self, symbol: Symbol, spec: IndicatorSpec, *, back: int = 0) -> float | None:
        """Return an indicator as of `back` candles ago.

        Raises:
            LookAhead: `back` was negative.
        """
        at = self.index - back
        if not 0 <= at <= self.index:
            if back >= 0:
                return None
            message = f"{spec.kind}({spec.length}) of {symbol} was asked {-back} candle(s) ahead of the mark"
            raise LookAhead(message)
        column = self._columns.get((symbol, spec))
        if column is None:
            series = self._series.get(symbol)
            if series is None:
                return None
            column = self._columns[symbol, spec] = series.indicator(spec)
        return column[at]

    def funding_rate(self, symbol: Symbol) -> Decimal | None:
        """Return the hourly rate last settled at or before the mark, or None before the first one."""
        return self._dataset.last_funding_rate(symbol, self.as_of)

    def freeze(self, lookback: int) -> MarketSnapshot:
        """Copy what is visible, with so many candles a symbol."""
        marks = (self.mark(symbol) for symbol in self._series)
        rates = ((symbol, self.funding_rate(symbol)) for symbol in self._series)
        return MarketSnapshot(
            as_of=self.as_of,
            marks=tuple(mark for mark in marks if mark is not None),
            candles={symbol: self.candles(symbol, lookback) for symbol in self._series},
            funding_rates={symbol: rate for symbol, rate in rates if rate is not None},
        )


class NextOpenBooks:
    """Books with one bottomless level: the open of the candle after the cursor's."""

    def __init__(self, cursor: Cursor, dataset: Dataset) -> None:
        """Look over the cursor's shoulder, one candle further."""
        self._cursor = cursor
        self._series = dataset.series

    async def book(self, symbol: Symbol) -> Book | None:
        """Return what can be hit now, or None without a next candle."""
        series = self._series.get(symbol)
        following = self._cursor.index + 1
        if series is None or following >= len(series.opens):
            return None
        price = Price(from_scaled(series.opens[following], series.price_decimals))
        levels = (Level(price=price, size=_UNLIMITED),)
        return Book(symbol=symbol, bids=levels, asks=levels, as_of=self._cursor.as_of)
