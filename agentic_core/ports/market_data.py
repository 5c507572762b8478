"""Where market facts come from."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.market import Book, Candle, Mark
from agentic_core.domain.times import Instant, Interval

__all__ = ["ExecutionBooks", "MarketData"]


class MarketData(Protocol):
    """Candles, marks and funding of a venue, live or replayed; nothing later than the venue's present."""

    async def instruments(self) -> Mapping[Symbol, Instrument]:
        """Return the contracts the venue lists."""

    async def candles(self, symbol: Symbol, interval: Interval, *, after: Instant, until: Instant) -> Sequence[Candle]:
        """Return the closed candles that opened at or after `after` and closed at or before `until`, oldest first."""

    async def marks(self, symbols: Sequence[Symbol]) -> Mapping[Symbol, Mark]:
        """Return current marks; a symbol without one is absent."""

    async def funding(self, symbol: Symbol, *, after: Instant, until: Instant) -> Mapping[Instant, Decimal]:
        """Return the hourly rates settled in (after, until]; an hour the source does not know is absent."""


class ExecutionBooks(Protocol):
    """What a simulated execution may hit."""

    async def book(self, symbol: Symbol) -> Book | None:
        """Return the book right now, or None when the symbol has no price."""
