"""Where candles go that are recorded while they happen."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from agentic_core.domain.ids import Symbol
from agentic_core.domain.market import Candle
from agentic_core.domain.times import Instant, Interval

__all__ = ["CandleSink", "MissingCandles", "MissingCause"]


class MissingCause(StrEnum):
    """Why candles are not there."""

    BEYOND_RETENTION = "beyond_retention"
    """Older than what the venue keeps."""
    NOT_SERVED = "not_served"
    """The venue has later candles, but not these: nothing was traded, or it lost them."""


class MissingCandles(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A stretch of time of which a venue has no candles."""

    start: Instant
    """When the first missing one would have opened."""
    end: Instant
    """When the last missing one would have closed."""
    cause: MissingCause


class CandleSink(Protocol):
    """Keeps closed candles, each once, in the order they opened."""

    async def newest(self, symbol: Symbol, interval: Interval) -> Instant | None:
        """Return when the newest candle that is kept closed, or None when there is none."""

    async def write(self, symbol: Symbol, interval: Interval, candles: Sequence[Candle]) -> int:
        """Keep candles durably and return how many of them were new.

        They come oldest first. What opened before the newest one kept has closed is skipped, so that writing a stretch
        again changes nothing. A hole between candles stays a hole: nothing is filled in.
        """

    async def state_missing(self, symbol: Symbol, interval: Interval, missing: Sequence[MissingCandles]) -> None:
        """Keep the fact that the venue has no candles of these times; stating it again changes nothing."""
