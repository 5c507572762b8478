"""Closed candles of any stretch of time the venue keeps, with what it does not have among them."""

from collections.abc import Awaitable, Callable, Mapping
from itertools import groupby
from typing import Final

import msgspec

from agentic_core.domain.ids import Symbol
from agentic_core.domain.market import Candle
from agentic_core.domain.times import Instant, Interval
from agentic_core.ports.candle_sink import MissingCandles, MissingCause
from agentic_core.ports.clock import Clock
from agentic_hl.market.served import ServedSeries

__all__ = ["CANDLES_KEPT", "CANDLES_PAGE", "AskCandles", "CandleHistory", "CandleStretch"]

CANDLES_KEPT = 5_000
"""How many of the newest candles of an interval the venue has, the open one among them; older ones are absent."""

CANDLES_PAGE = 500
"""Assumed (M-1): a range of so many is answered whole."""

AskCandles = Callable[[Symbol, Interval, Instant, Instant], Awaitable[Mapping[int, Candle]]]
"""Asks the venue for the candles that opened between two instants, both included; returns them by opening time."""


class CandleStretch(msgspec.Struct, frozen=True, kw_only=True):
    """The candles of a stretch of time."""

    candles: tuple[Candle, ...]
    """Closed, oldest first."""
    missing: tuple[MissingCandles, ...]
    """What lies in the stretch before its newest candle and is not to be had; after it, candles may still come.

    Assumed (M-2): an interval in which nothing was traded may be left out.
    """


class CandleHistory:
    """Asks for each candle of a series once, and never shows one that is still open."""

    def __init__(self, ask: AskCandles, clock: Clock, *, kept: int = CANDLES_KEPT) -> None:
        """Take what asks the venue, the clock that tells which candles have closed, and how many are remembered."""
        self._ask: Final = ask
        self._clock: Final = clock
        self._kept: Final = kept
        self._series: Final[dict[tuple[Symbol, Interval], ServedSeries[Candle]]] = {}

    async def stretch(self, symbol: Symbol, interval: Interval, *, after: Instant, until: Instant) -> CandleStretch:
        """Return the closed candles that opened at or after `after` and closed at or before `until`."""
        step, now = interval.ms, self._clock.now()
        wanted = -(-after // step) * step
        oldest = max(0, now // step - CANDLES_KEPT + 1) * step
        first, last = max(wanted, oldest), min(until, now) // step * step - step
        found = await self._of(symbol, interval).load(first, last)
        missing = _missing(found, first, interval)
        end = min(first, last + step)
        if wanted < end:
            lost = MissingCandles(start=Instant(wanted), end=Instant(end), cause=MissingCause.BEYOND_RETENTION)
            missing = (lost, *missing)
        return CandleStretch(candles=tuple(found.values()), missing=missing)

    def _of(self, symbol: Symbol, interval: Interval) -> ServedSeries[Candle]:
        series = self._series.get((symbol, interval))
        if series is None:

            async def page(first: int, last: int) -> Mapping[int, Candle]:
                return await self._ask(symbol, interval, Instant(first), Instant(last))

            series = ServedSeries(page, step=interval.ms, page=CANDLES_PAGE, kept=self._kept)
            self._series[symbol, interval] = series
        return series


def _missing(found: Mapping[int, Candle], first: int, interval: Interval) -> tuple[MissingCandles, ...]:
    step = interval.ms
    newest = max(found, default=first)
    absent = [at for at in range(first, newest, step) if at not in found]
    # Neighbours have the same difference between their place in the list and their place on the grid.
    runs = groupby(enumerate(absent), key=lambda pair: pair[1] - pair[0] * step)
    holes = [[at for _, at in run] for _, run in runs]
    return tuple(
        MissingCandles(start=Instant(hole[0]), end=Instant(hole[-1] + step), cause=MissingCause.NOT_SERVED)
        for hole in holes
    )
