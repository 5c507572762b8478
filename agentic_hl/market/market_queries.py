"""Questions about the market, with answers as values of the core."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from agentic_core.domain.ids import Symbol
from agentic_core.domain.market import Book, Candle, Mark
from agentic_core.domain.times import HOUR_MS, Instant, Interval
from agentic_hl.market.queries import Queries
from agentic_hl.rest.failures import answered, readable
from agentic_hl.rest.queries import candle_snapshot, funding_history, l2_book, meta_and_contexts
from agentic_hl.wire.conversions import book_of, candle_of, funding_rates_of, mark_of
from agentic_hl.wire.messages.listings import Meta
from agentic_hl.wire.messages.reading import Unreadable

__all__ = ["MarketQueries"]


class MarketQueries:
    """Asks for market facts; whatever cannot be had raises `VenueUnavailable`."""

    def __init__(self, venue: Queries) -> None:
        """Take where questions are put."""
        self._venue = venue

    async def candles(self, symbol: Symbol, interval: Interval, start: Instant, end: Instant) -> Mapping[int, Candle]:
        """Return the candles that opened from `start` to `end`, both included, by when they opened.

        One that contradicts itself is left out, as if it had not been served.
        """
        answer = await self._venue.query(candle_snapshot(symbol, interval, start=start, end=end))
        served = answered(answer)
        told = [candle_of(candle) for candle in served if candle.coin == symbol and candle.interval == interval]
        return {int(candle.open_time): candle for candle in told if not isinstance(candle, Unreadable)}

    async def funding(self, symbol: Symbol, start: Instant, end: Instant) -> Mapping[int, Decimal]:
        """Return the rates settled at the hours from `start` to `end`, both included.

        Assumed (M-4): the venue's times lie less than a minute after the hour.
        """
        asked = funding_history(symbol, start=start, end=end + HOUR_MS - 1)
        answer = await self._venue.query(asked)
        served = answered(answer)
        rates = readable(funding_rates_of(rate for rate in served if rate.coin == symbol))
        return {at // HOUR_MS * HOUR_MS: rate for at, rate in rates.items()}

    async def marks(self, asked_at: Instant) -> tuple[Meta, Sequence[Mark]]:
        """Return what is listed and the marks of all of it; a listing without a price has none.

        Args:
            asked_at: goes into the marks, because the answer tells no time.
        """
        served = await self._venue.query(meta_and_contexts())
        answer = answered(served)
        if len(answer.meta.universe) != len(answer.contexts):
            cause = f"{len(answer.contexts)} contexts for {len(answer.meta.universe)} listings"
            readable(Unreadable(cause=cause, what="metaAndAssetCtxs"))
        pairs = zip(answer.meta.universe, answer.contexts, strict=True)
        told = [mark_of(listing.name, context, asked_at) for listing, context in pairs]
        return answer.meta, [mark for mark in told if not isinstance(mark, Unreadable)]

    async def book(self, symbol: Symbol) -> Book:
        """Return the book right now."""
        served = await self._venue.query(l2_book(symbol))
        return readable(book_of(answered(served)))
