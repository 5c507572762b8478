"""What a decision sees of a market in the present: candles up to the last mark, and prices of this moment."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Final

import anyio
import msgspec

from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.market import Candle, IndicatorSpec, Mark, MarketSnapshot, MarkSource
from agentic_core.domain.times import HOUR_MS, MINUTE_MS, Instant, Interval
from agentic_core.errors import VenueUnavailable
from agentic_core.logevents import LogEvent, LogLevel, Say
from agentic_core.ports.clock import Clock
from agentic_core.ports.live_venue import LiveMarket
from agentic_core.runtime.candle_shelf import CandleShelf
from agentic_core.runtime.prices import DegradingMarks
from agentic_core.runtime.together import together

__all__ = ["LiveView", "ViewRules"]

_MS_PER_S: Final = 1_000
_LATE_CANDLES: Final = 5
"""How many candles before the last mark are asked for again where they did not come."""
_SHORT_MS: Final = 250
"""What the last question is given at least."""
_RATE_LATE_MS: Final = 3 * MINUTE_MS
"""How long after the hour its rate is asked for at each mark."""
_RATE_PAUSE_MS: Final = 10 * MINUTE_MS
"""How often after that: each question costs weight."""
_RATES_MS: Final = 3_000
"""How long a turn waits for rates; what was not told by then is asked for at the next mark."""
_PATIENCES: Final = 4
_PATIENCE_MS_MAX: Final = 30_000
_HISTORY_MS: Final = 60_000
"""How long the first look may take, which reads the history."""


class ViewRules(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How much is kept, and how long is waited."""

    history: int = 500
    """How many candles are read at the beginning, and kept; more where an indicator needs more."""
    history_max: int = 4_999
    """As many closed ones as venues keep."""
    closing_ms: int = 3_000
    """How long the candle that closes at a mark is waited for."""
    closing_pauses_ms: tuple[int, ...] = (500, 1_000, 1_500)
    """Between the questions about it, which together are that long."""


class LiveView:
    """A `MarketView` of the present.

    Candles, indicators and funding stand at the mark that was observed last; marks are the newest that were heard of,
    and the view's own time is the venue's.
    """

    def __init__(
        self,
        venue: LiveMarket,
        symbols: Sequence[Symbol],
        interval: Interval,
        *,
        clock: Clock,
        say: Say,
        rules: ViewRules | None = None,
    ) -> None:
        """Look at symbols of a market; nothing is known before the first refresh."""
        self._venue: Final = venue
        self._symbols: Final = tuple(symbols)
        self._interval: Final = interval
        self._clock: Final = clock
        self._say: Final = say
        self._rules: Final = rules or ViewRules()
        self._keep = self._rules.history
        # Questions about many symbols wait for weight; a turn has to be left time.
        self._patience_ms: Final = min(interval.ms // _PATIENCES, _PATIENCE_MS_MAX)
        self._shelves: Final = {symbol: CandleShelf(symbol, keep=self._keep) for symbol in symbols}
        self._asked_until: Final[dict[Symbol, Instant]] = {}
        self._missing: frozenset[Symbol] = frozenset()
        self._rates: Final[dict[Symbol, tuple[Instant, Decimal]]] = {}
        self._rate_from: Final[dict[Symbol, int]] = {}
        self._degraded: Final[dict[Symbol, Mark]] = {}
        self._marks: Final = DegradingMarks(venue.market, interval=interval, now=venue.now, say=say)

    @property
    def as_of(self) -> Instant:
        """The venue's present."""
        return self._venue.now()

    @property
    def interval(self) -> Interval:
        """The interval of the candles."""
        return self._interval

    async def refresh(self, mark: Instant) -> tuple[Symbol, ...]:
        """Bring candles, funding and marks up to a mark, and return the symbols whose closing candle is missing.

        Raises:
            VenueUnavailable: candles could not be read.
        """
        await self._deepen(mark)
        missing = await self._await_candles(mark)
        self._tell_missing(missing)
        with anyio.move_on_after(_RATES_MS / _MS_PER_S):
            await together(partial(self._read_rate, symbol, mark) for symbol in self._symbols)
        self._degraded.update(await self._marks.marks(self._symbols))
        return missing

    def instrument(self, symbol: Symbol) -> Instrument | None:
        """Return the contract's rules, or None when it is not listed."""
        return self._venue.instruments.get(symbol)

    def mark(self, symbol: Symbol) -> Mark | None:
        """Return the newest mark that was heard of, or the youngest close where that is younger; None for neither."""
        newest, close = self._venue.newest_mark(symbol), self._degraded.get(symbol)
        if close is None or close.source is not MarkSource.CANDLE_CLOSE:
            return newest
        return close if newest is None or newest.as_of < close.as_of else newest

    def candles(self, symbol: Symbol, count: int) -> tuple[Candle, ...]:
        """Return up to `count` of the newest closed candles, oldest first."""
        shelf = self._shelves.get(symbol)
        return () if shelf is None else shelf.last(count)

    def indicator(self, symbol: Symbol, spec: IndicatorSpec, *, back: int = 0) -> float | None:
        """Return an indicator as of `back` candles ago.

        Where more candles are needed than are kept, they are read with the next refresh.

        Raises:
            LookAhead: `back` was negative.
        """
        shelf = self._shelves.get(symbol) or CandleShelf(symbol)
        return shelf.indicator(spec, back=back)

    def funding_rate(self, symbol: Symbol) -> Decimal | None:
        """Return the hourly rate last settled, or None when unknown."""
        known = self._rates.get(symbol)
        return None if known is None else known[1]

    def freeze(self, lookback: int) -> MarketSnapshot:
        """Copy what is visible, with so many candles a symbol."""
        rates = ((symbol, self.funding_rate(symbol)) for symbol in self._symbols)
        marks = (self.mark(symbol) for symbol in self._symbols)
        return MarketSnapshot(
            as_of=self.as_of,
            marks=tuple(mark for mark in marks if mark is not None),
            candles={symbol: self.candles(symbol, lookback) for symbol in self._symbols},
            funding_rates={symbol: rate for symbol, rate in rates if rate is not None},
        )

    def _tell_missing(self, missing: tuple[Symbol, ...]) -> None:
        # What is missing at each mark is said once.
        news = [symbol for symbol in missing if symbol not in self._missing]
        self._missing = frozenset(missing)
        if news:
            message = (
                f"the {self._interval} candle of {', '.join(news)} that closes at the mark did not come within "
                f"{self._rules.closing_ms} ms; it is decided without, and not waited for until one comes again"
            )
            self._say(LogEvent.CANDLE_MISSING, message, level=LogLevel.WARN, symbols=",".join(news))

    async def _deepen(self, mark: Instant) -> None:
        wanted = max((shelf.wanted for shelf in self._shelves.values()), default=0)
        if self._keep < wanted and self._keep < self._rules.history_max:
            self._keep = min(wanted, self._rules.history_max)
            await together(partial(self._read_history, symbol, mark) for symbol in self._symbols)

    async def _read_history(self, symbol: Symbol, mark: Instant) -> None:
        after = Instant(mark - self._keep * self._interval.ms)
        found = await self._venue.market.candles(symbol, self._interval, after=after, until=mark)
        self._shelves[symbol].replace(found, keep=self._keep)

    async def _await_candles(self, mark: Instant) -> tuple[Symbol, ...]:
        # Every question costs weight: a market in which nobody trades, so that it has no candle, is asked once a mark.
        pauses = list(self._rules.closing_pauses_ms)
        is_first = len(self._asked_until) < len(self._symbols)
        failure = await self._read_candles(self._symbols, mark, _HISTORY_MS if is_first else self._patience_ms)
        began_at = self._clock.boottime_ms()
        while (missing := self._without(mark)) and pauses:
            if failure is None and self._missing.issuperset(missing):
                break
            await self._clock.sleep(pauses.pop(0) / _MS_PER_S)
            left_ms = began_at + self._rules.closing_ms - self._clock.boottime_ms()
            failure = await self._read_candles(missing, mark, max(left_ms, _SHORT_MS))
        if missing and failure is not None:
            raise failure
        return missing

    def _without(self, mark: Instant) -> tuple[Symbol, ...]:
        shelves, length = self._shelves, self._interval.ms
        return tuple(symbol for symbol in self._symbols if not shelves[symbol].is_complete(mark, length))

    async def _read_candles(self, symbols: Sequence[Symbol], mark: Instant, limit_ms: int) -> VenueUnavailable | None:
        # What is not told in time is missing; only a venue that does not answer at all is a failure.
        with anyio.move_on_after(limit_ms / _MS_PER_S):
            try:
                await together(partial(self._read_newest, symbol, mark) for symbol in symbols)
            except VenueUnavailable as exc:
                return exc
        return None

    async def _read_newest(self, symbol: Symbol, mark: Instant) -> None:
        # A candle that came too late for its own mark is not lost.
        shelf, length = self._shelves[symbol], self._interval.ms
        newest, asked_until = shelf.newest, self._asked_until.get(symbol)
        oldest = mark - self._keep * length if asked_until is None else asked_until - _LATE_CANDLES * length
        after = Instant(oldest if newest is None else max(oldest, newest.open_time + length))
        shelf.take(await self._venue.market.candles(symbol, self._interval, after=after, until=mark))
        self._asked_until[symbol] = mark

    async def _read_rate(self, symbol: Symbol, mark: Instant) -> None:
        known = self._rates.get(symbol)
        settled = mark // HOUR_MS * HOUR_MS
        if (known is not None and known[0] >= settled) or self._clock.boottime_ms() < self._rate_from.get(symbol, 0):
            return
        after = Instant(settled - 2 * HOUR_MS if known is None else known[0])
        try:
            found: Mapping[Instant, Decimal] = await self._venue.market.funding(symbol, after=after, until=mark)
        except VenueUnavailable:
            found = {}  # the one before it stays, as it does between two settlements
        if found:
            hour = max(found)
            self._rates[symbol] = hour, found[hour]
        pause_ms = 0 if mark - settled < _RATE_LATE_MS else _RATE_PAUSE_MS
        self._rate_from[symbol] = self._clock.boottime_ms() + pause_ms
