"""Writes closed candles into a sink while they happen, and first of all what happened since the last time."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol

import msgspec

from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import Instant, Interval
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.candle_sink import CandleSink, MissingCandles
from agentic_core.ports.clock import Clock
from agentic_hl.market.candles import CandleStretch

__all__ = ["CandleRecorder", "CandleStretches", "HeldUp", "Recorded", "RecordedSeries"]

_SETTLE_MS = 3_000
"""Assumed (M-3): a candle no longer changes so long after it closed."""

_PAUSE_MS = 10_000


class CandleStretches(Protocol):
    """Where candles come from, with what is missing among them."""

    async def stretch(self, symbol: Symbol, interval: Interval, *, after: Instant, until: Instant) -> CandleStretch:
        """Return the closed candles that opened at or after `after` and closed at or before `until`."""


class RecordedSeries(NamedTuple):
    """What is to be recorded."""

    symbol: Symbol
    interval: Interval


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What one look at the venue added."""

    series: RecordedSeries
    written: int
    missing: tuple[MissingCandles, ...]
    until: Instant
    """When the newest candle that is kept now closed; the time recording started at where none is kept."""


class HeldUp(msgspec.Struct, frozen=True, kw_only=True):
    """The venue could not be asked; nothing is lost as long as it is asked again in time."""

    series: RecordedSeries
    cause: str
    next_try: Instant


class CandleRecorder:
    """Records series of candles; after a pause of any length it goes on where the sink ends."""

    def __init__(self, source: CandleStretches, sink: CandleSink, clock: Clock, *, settle_ms: int = _SETTLE_MS) -> None:
        """Take where candles come from and go to; a candle is written `settle_ms` after it closed."""
        self._source: Final = source
        self._sink: Final = sink
        self._clock: Final = clock
        self._settle_ms: Final = settle_ms

    async def catch_up(self, series: RecordedSeries, *, since: Instant) -> Recorded:
        """Write what closed since the newest candle kept, or since the time given where none is."""
        symbol, interval = series
        newest = await self._sink.newest(symbol, interval)
        start = since if newest is None else newest
        settled = Instant(self._clock.now() - self._settle_ms)
        stretch = await self._source.stretch(symbol, interval, after=start, until=settled)
        # First what is missing: after a crash between the two it is stated again, which changes nothing.
        if stretch.missing:
            await self._sink.state_missing(symbol, interval, stretch.missing)
        written = await self._sink.write(symbol, interval, stretch.candles)
        until = Instant(stretch.candles[-1].open_time + interval.ms) if stretch.candles else start
        return Recorded(series=series, written=written, missing=stretch.missing, until=until)

    async def run(
        self,
        wanted: Sequence[RecordedSeries],
        *,
        since: Instant,
        tell: Callable[[Recorded | HeldUp], None] | None = None,
    ) -> None:
        """Record until cancelled: each series once its next candle has closed and settled, one after the other.

        Where the venue cannot be reached it is asked again later; what closed meanwhile is written then.

        Raises:
            VenueUnavailable: asking again cannot help.
        """
        due = dict.fromkeys(wanted, 0)
        while due:
            for series, at in due.items():
                if self._clock.now() >= at:
                    told = await self._try(series, since)
                    due[series] = told.next_try if isinstance(told, HeldUp) else self._next_close(series.interval)
                    if tell is not None:
                        tell(told)
            await self._clock.sleep(max(0, min(due.values()) - self._clock.now()) / 1000)

    async def _try(self, series: RecordedSeries, since: Instant) -> Recorded | HeldUp:
        try:
            return await self.catch_up(series, since=since)
        except VenueUnavailable as error:
            if not error.retryable:
                raise
            pause = max(_PAUSE_MS, error.retry_after_ms or 0)
            return HeldUp(series=series, cause=str(error), next_try=Instant(self._clock.now() + pause))

    def _next_close(self, interval: Interval) -> int:
        settled = self._clock.now() - self._settle_ms
        return (settled // interval.ms + 1) * interval.ms + self._settle_ms
