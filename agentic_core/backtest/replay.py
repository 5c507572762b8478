"""Recorded candles behind the live ports: a paper run over a file, at any speed."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal

from agentic_core.backtest.cursor import Cursor, NextOpenBooks
from agentic_core.backtest.dataset import Dataset
from agentic_core.domain.funding import funding_hours
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.market import Book, Candle, Mark
from agentic_core.domain.times import Instant, Interval
from agentic_core.errors import CandlesInvalid, UsageError
from agentic_core.ports.clock import Clock

__all__ = ["Replay"]


class Replay:
    """A venue whose present is a mark of a dataset.

    It is the `MarketData` and the `ExecutionBooks` of a paper run, and paces it: each mark is reached by waiting the
    interval divided by the speed, or at once.
    """

    def __init__(
        self, dataset: Dataset, instruments: Mapping[Symbol, Instrument], *, clock: Clock, speed: float | None = None
    ) -> None:
        """Stand before the first mark; `speed` is how many times faster than life, None for no waiting."""
        self._dataset = dataset
        self._instruments = instruments
        self._cursor = Cursor(dataset, instruments)
        self._books = NextOpenBooks(self._cursor, dataset)
        self._clock = clock
        self._pause_s = None if speed is None else dataset.interval.ms / 1000 / speed

    @property
    def now(self) -> Instant:
        """The venue's present."""
        return self._cursor.as_of

    @property
    def index(self) -> int:
        """How many marks lie before the present one."""
        return self._cursor.index

    @property
    def is_last(self) -> bool:
        """Whether the present is the last mark, which only values the account."""
        return self._cursor.index == len(self._dataset) - 1

    async def next_mark(self) -> Instant | None:
        """Move to the next mark and return it, or None after the last one."""
        if self.is_last:
            return None
        await self._clock.sleep(self._pause_s or 0)
        self._cursor.move(self._cursor.index + 1)
        return self._cursor.as_of

    async def instruments(self) -> Mapping[Symbol, Instrument]:
        """Return the contracts that can be traded."""
        return self._instruments

    async def candles(self, symbol: Symbol, interval: Interval, *, after: Instant, until: Instant) -> Sequence[Candle]:
        """Return the closed candles that opened at or after `after` and closed at or before `until`.

        Raises:
            UsageError: the interval is not the dataset's.
        """
        if interval is not self._dataset.interval:
            message = f"this replay has {self._dataset.interval} candles, {interval} ones were asked for"
            raise UsageError(message)
        series = self._dataset.series.get(symbol)
        if series is None:
            return ()
        start, step = self._dataset.start, interval.ms
        low = max(0, -((start - after) // step))
        high = min(self._cursor.index + 1, (min(until, self.now) - start) // step)
        return [series.candle(index) for index in range(low, high)]

    async def marks(self, symbols: Sequence[Symbol]) -> Mapping[Symbol, Mark]:
        """Return the close of the newest candle of each symbol."""
        found = ((symbol, self._cursor.mark(symbol)) for symbol in symbols)
        return {symbol: mark for symbol, mark in found if mark is not None}

    async def funding(self, symbol: Symbol, *, after: Instant, until: Instant) -> Mapping[Instant, Decimal]:
        """Return the hourly rates settled in (after, until]; an hour the dataset does not know is absent."""
        rates: dict[Instant, Decimal] = {}
        for hour in funding_hours(after, Instant(min(until, self.now))):
            with suppress(CandlesInvalid):  # rates need not be known before the first mark
                rates[Instant(hour)] = self._dataset.funding_rate(symbol, Instant(hour))
        return rates

    async def book(self, symbol: Symbol) -> Book | None:
        """Return what can be hit right now."""
        return await self._books.book(symbol)
