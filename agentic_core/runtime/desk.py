"""The live market view: candles gathered tick by tick, marks refreshed at each tick's start."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.market import Candle, IndicatorSpec, Mark, MarketSnapshot, MarkSource
from agentic_core.domain.times import HOUR_MS, Instant, Interval
from agentic_core.ports.market_data import MarketData
from agentic_core.runtime.candle_shelf import CandleShelf

__all__ = ["MarketDesk"]


class MarketDesk:
    """A `MarketView` of the present, valid until the next refresh."""

    def __init__(
        self,
        feed: MarketData,
        *,
        symbols: Sequence[Symbol],
        interval: Interval,
        instruments: Mapping[Symbol, Instrument],
        history_from: Instant,
    ) -> None:
        """Prepare to watch.

        Args:
            feed: where candles, marks and funding come from.
            symbols: what is watched.
            interval: of the candles.
            instruments: the venue's list.
            history_from: the first candle indicators start from.
        """
        self._feed = feed
        self._symbols = tuple(symbols)
        self._interval = interval
        self._instruments = instruments
        self._fetched_until = history_from
        # The rate settled last before the first mark is known to anyone who looks at the venue then.
        self._rates_until = Instant(history_from - HOUR_MS)
        self._shelves = {symbol: CandleShelf(symbol) for symbol in symbols}
        self._marks: dict[Symbol, Mark] = {}
        self._rates: dict[Symbol, dict[Instant, Decimal]] = {symbol: {} for symbol in symbols}
        self.as_of = history_from

    @property
    def interval(self) -> Interval:
        """The interval of the candles."""
        return self._interval

    async def refresh(self, at: Instant) -> None:
        """Fetch what has come since the last refresh and stand at a new mark.

        A symbol the venue gives no mark for is valued at the close of its newest candle, marked as such.
        """
        after = self._fetched_until
        for symbol in self._symbols:
            fresh = await self._feed.candles(symbol, self._interval, after=after, until=at)
            self._take(symbol, fresh)
            self._rates[symbol].update(await self._feed.funding(symbol, after=self._rates_until, until=at))
        self._marks.update(await self._feed.marks(self._symbols))
        self._fetched_until = self._rates_until = at
        self.as_of = at

    def rate_settled(self, symbol: Symbol, hour: Instant) -> Decimal | None:
        """Return the funding rate settled at an hour, or None when the source did not know it."""
        return self._rates.get(symbol, {}).get(hour)

    def instrument(self, symbol: Symbol) -> Instrument | None:
        """Return the contract's rules, or None when it is not listed."""
        return self._instruments.get(symbol)

    def mark(self, symbol: Symbol) -> Mark | None:
        """Return the newest mark, or None when none is known."""
        return self._marks.get(symbol)

    def candles(self, symbol: Symbol, count: int) -> tuple[Candle, ...]:
        """Return up to `count` of the newest closed candles, oldest first."""
        shelf = self._shelves.get(symbol)
        return () if shelf is None else shelf.last(count)

    def indicator(self, symbol: Symbol, spec: IndicatorSpec, *, back: int = 0) -> float | None:
        """Return an indicator as of `back` candles ago.

        Raises:
            LookAhead: `back` was negative.
        """
        shelf = self._shelves.get(symbol) or CandleShelf(symbol)
        return shelf.indicator(spec, back=back)

    def funding_rate(self, symbol: Symbol) -> Decimal | None:
        """Return the hourly rate last settled, or None when unknown."""
        known = self._rates.get(symbol)
        return known[max(known)] if known else None

    def freeze(self, lookback: int) -> MarketSnapshot:
        """Copy what is visible, with so many candles a symbol."""
        rates = ((symbol, self.funding_rate(symbol)) for symbol in self._symbols)
        return MarketSnapshot(
            as_of=self.as_of,
            marks=tuple(self._marks.values()),
            candles={symbol: self.candles(symbol, lookback) for symbol in self._symbols},
            funding_rates={symbol: rate for symbol, rate in rates if rate is not None},
        )

    def _take(self, symbol: Symbol, fresh: Sequence[Candle]) -> None:
        shelf = self._shelves[symbol]
        shelf.take(fresh)
        newest = shelf.newest
        if newest is not None:
            closed = Instant(newest.open_time + self._interval.ms)
            mark = self._marks.get(symbol)
            if mark is None or mark.as_of < closed:
                source = MarkSource.CANDLE_CLOSE
                self._marks[symbol] = Mark(symbol=symbol, price=newest.close, as_of=closed, source=source)
