"""Marks for valuing and closing where the venue gives none: the closes of candles, marked as such."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.market import Candle, Mark, MarkSource
from agentic_core.domain.times import MINUTE_MS, Instant, Interval
from agentic_core.errors import VenueUnavailable
from agentic_core.logevents import LogEvent, LogLevel, Say
from agentic_core.ports.market_data import MarketData

__all__ = ["REMIND_MS", "CandleSource", "DegradingMarks"]

REMIND_MS = 5 * MINUTE_MS
"""How long an outage of marks goes on until it is said again."""

_CANDLES_BACK = 50
"""How many intervals back a close is looked for: nobody may have traded for a while."""


class CandleSource(Protocol):
    """Where candles come from that may be there when marks are not."""

    async def candles(self, symbol: Symbol, interval: Interval, *, after: Instant, until: Instant) -> Sequence[Candle]:
        """Return the closed candles of a stretch of time, oldest first."""


class DegradingMarks:
    """A `MarketData` that has a mark of everything it ever had a price of.

    Where the venue's mark is missing, the youngest known price stands in: the close of the newest closed candle, or the
    venue's own last mark as long as no candle has closed since. Both say when they were true and where they come from,
    so whoever opens positions can refuse them.
    """

    def __init__(
        self,
        feed: MarketData,
        *,
        interval: Interval,
        now: Callable[[], Instant],
        say: Say,
        candles: CandleSource | None = None,
        remind_ms: int = REMIND_MS,
    ) -> None:
        """Stand before a feed.

        Args:
            feed: where everything comes from.
            interval: of the candles that stand in.
            now: venue time.
            say: told when marks are missing, once for each outage and then every `remind_ms`.
            candles: where the candles come from that stand in; the feed itself where None.
            remind_ms: how long an outage goes on until it is said again.
        """
        self._feed = feed
        self._candles: CandleSource = candles or feed
        self._interval = interval
        self._now = now
        self._say = say
        self._remind_ms = remind_ms
        self._known: dict[Symbol, Mark] = {}
        self._said_at: Instant | None = None
        self.degraded: frozenset[Symbol] = frozenset()
        """The symbols whose mark was missing when marks were asked for last."""

    async def instruments(self) -> Mapping[Symbol, Instrument]:
        """Return the contracts the venue lists."""
        return await self._feed.instruments()

    async def candles(self, symbol: Symbol, interval: Interval, *, after: Instant, until: Instant) -> Sequence[Candle]:
        """Return the closed candles of a stretch of time, oldest first, and remember the newest close."""
        found = await self._feed.candles(symbol, interval, after=after, until=until)
        self._take(symbol, interval, found)
        return found

    async def funding(self, symbol: Symbol, *, after: Instant, until: Instant) -> Mapping[Instant, Decimal]:
        """Return the hourly rates settled in (after, until]."""
        return await self._feed.funding(symbol, after=after, until=until)

    async def marks(self, symbols: Sequence[Symbol]) -> Mapping[Symbol, Mark]:
        """Return current marks, and the youngest known price where there is none; never raises for want of marks."""
        cause = "the venue told none"
        try:
            told = await self._feed.marks(symbols)
        except VenueUnavailable as error:
            told, cause = {}, str(error)
        for mark in told.values():
            self._keep(mark)
        missing = [symbol for symbol in symbols if symbol not in told]
        self.degraded = frozenset(missing)
        if not missing:
            self._said_at = None
            return told
        self._tell(missing, cause)
        await self._look_for_closes(missing)
        return {**told, **{symbol: self._known[symbol] for symbol in missing if symbol in self._known}}

    async def _look_for_closes(self, symbols: Sequence[Symbol]) -> None:
        until = self._now()
        closed_at = until // self._interval.ms * self._interval.ms
        after = Instant(closed_at - _CANDLES_BACK * self._interval.ms)
        for symbol in symbols:
            known = self._known.get(symbol)
            if known is not None and known.as_of >= closed_at:
                continue
            try:
                found = await self._candles.candles(symbol, self._interval, after=after, until=until)
            except VenueUnavailable:
                # Each question may wait long for nothing, so the others are not asked before the next time.
                return
            self._take(symbol, self._interval, found)

    def _take(self, symbol: Symbol, interval: Interval, candles: Sequence[Candle]) -> None:
        if not candles:
            return
        newest = candles[-1]
        as_of = Instant(newest.open_time + interval.ms)
        self._keep(Mark(symbol=symbol, price=newest.close, as_of=as_of, source=MarkSource.CANDLE_CLOSE))

    def _keep(self, mark: Mark) -> None:
        known = self._known.get(mark.symbol)
        if known is None or _rank(known) < _rank(mark):
            self._known[mark.symbol] = mark

    def _tell(self, missing: Sequence[Symbol], cause: str) -> None:
        now = self._now()
        if self._said_at is not None and now - self._said_at < self._remind_ms:
            return
        self._said_at = now
        message = f"no marks of {', '.join(missing)}: {cause}; valued by older ones or by {self._interval} closes"
        self._say(LogEvent.ALL_MIDS_FETCH_FAILED, message, level=LogLevel.WARN, symbols=",".join(missing))


def _rank(mark: Mark) -> tuple[int, bool]:
    return mark.as_of, mark.source is MarkSource.VENUE
