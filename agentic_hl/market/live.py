"""The market as the live venue tells it: what streams brought where it is young enough, and questions otherwise."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from agentic_core.domain.funding import funding_hours
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.market import Book, Candle, Mark
from agentic_core.domain.times import HOUR_MS, Instant, Interval
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.account_reads import FreshPrice
from agentic_core.ports.clock import Clock
from agentic_hl.market.candles import CANDLES_KEPT, CandleHistory, CandleStretch
from agentic_hl.market.market_queries import MarketQueries
from agentic_hl.market.meta_cache import MetaCache
from agentic_hl.market.queries import Queries
from agentic_hl.market.served import ServedSeries
from agentic_hl.wire.conversions import book_of, mark_of
from agentic_hl.wire.messages.channels import ActiveContextFrame, BookFrame
from agentic_hl.wire.messages.frames import Frame
from agentic_hl.wire.messages.reading import Unreadable

__all__ = ["FreshnessLimits", "LiveMarketData"]

_FUNDING_PAGE = 500
_FUNDING_KEPT = 5_000


class FreshnessLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Up to which age something that was streamed, or asked for, is used again."""

    mark_age_ms_max: int = 5_000
    """Marks are streamed about every second (assumed, 13.2), so an older one says that the stream is ill."""
    book_age_ms_max: int = 500


class LiveMarketData:
    """`MarketData`, `ExecutionBooks` and `FreshPrices` over the venue's questions, and over its streams where fed in.

    Marks carry the time at which they were received or asked for, as the venue sends none; books carry the venue's own.
    Every method raises `VenueUnavailable` where the venue gives no usable answer.
    """

    def __init__(
        self,
        venue: Queries,
        clock: Clock,
        *,
        cache: MetaCache | None = None,
        limits: FreshnessLimits | None = None,
        urgent: Queries | None = None,
        candles_kept: int = CANDLES_KEPT,
    ) -> None:
        """Take where questions are put, and the clock.

        Args:
            venue: where questions are put.
            clock: ours.
            cache: listings that others use too.
            limits: up to which age what is known is used again.
            urgent: where questions are put that somebody waits for to get out.
            candles_kept: how many of each series are remembered; older ones are asked for again.
        """
        self._clock: Final = clock
        self._limits: Final = limits or FreshnessLimits()
        self._queries: Final = MarketQueries(venue)
        self._urgent: Final = MarketQueries(urgent or venue)
        # With the time since boot at which they came or were asked for: the wall clock may be set back.
        self._marks: Final[dict[Symbol, tuple[Mark, int]]] = {}
        self._books: Final[dict[Symbol, tuple[Book, int]]] = {}
        self._funding: Final[dict[Symbol, ServedSeries[Decimal]]] = {}
        self.meta: Final = cache or MetaCache(venue, clock)
        """What the venue lists."""
        self.history: Final = CandleHistory(self._queries.candles, clock, kept=candles_kept)
        """Candles with what is missing among them, of any name the venue knows."""

    def receive(self, frame: Frame, at: Instant) -> Unreadable | None:
        """Take over a frame of a stream: marks from `activeAssetCtx`, books from `l2Book`; others are of no use here.

        Returns why a frame was not used, where it made no sense.
        """
        match frame:
            case ActiveContextFrame(payload=context):
                mark = mark_of(context.coin, context.ctx, at)
                if isinstance(mark, Unreadable):
                    return mark
                self._keep_mark(mark, self._clock.boottime_ms())
            case BookFrame(payload=told):
                book = book_of(told)
                if isinstance(book, Unreadable):
                    return book
                self._keep_book(book, self._clock.boottime_ms())
            case _:
                pass
        return None

    async def instruments(self) -> Mapping[Symbol, Instrument]:
        """Return the contracts that can be traded."""
        return (await self.meta.listed()).instruments

    async def candles(self, symbol: Symbol, interval: Interval, *, after: Instant, until: Instant) -> Sequence[Candle]:
        """Return the closed candles that opened at or after `after` and closed at or before `until`, oldest first."""
        return (await self.stretch(symbol, interval, after=after, until=until)).candles

    async def stretch(self, symbol: Symbol, interval: Interval, *, after: Instant, until: Instant) -> CandleStretch:
        """Return the candles of a stretch of time, and what the venue does not have of it."""
        if await self.meta.instrument(symbol) is None:
            return CandleStretch(candles=(), missing=())
        return await self.history.stretch(symbol, interval, after=after, until=until)

    def known_mark(self, symbol: Symbol) -> tuple[Mark, int] | None:
        """Return the newest mark and the time since boot at which it came or was asked for; None where there is none.

        Unlike the mark's own time, that is comparable with any other moment of this process.
        """
        return self._marks.get(symbol)

    async def marks(self, symbols: Sequence[Symbol]) -> Mapping[Symbol, Mark]:
        """Return marks that are young enough, asking for all at once where one is not; an unknown one is absent."""
        wanted = [symbol for symbol in symbols if await self.meta.instrument(symbol) is not None]
        oldest = self._clock.boottime_ms() - self._limits.mark_age_ms_max
        if any(symbol not in self._marks or self._marks[symbol][1] < oldest for symbol in wanted):
            await self.renew_marks()
        return {symbol: self._marks[symbol][0] for symbol in wanted if symbol in self._marks}

    async def funding(self, symbol: Symbol, *, after: Instant, until: Instant) -> Mapping[Instant, Decimal]:
        """Return the hourly rates settled in (after, until] that the venue has published."""
        hours = funding_hours(after, Instant(min(until, self._clock.now())))
        if not hours or await self.meta.instrument(symbol) is None:
            return {}
        known = await self._funding_of(symbol).load(hours[0], hours[-1])
        return {Instant(hour): rate for hour, rate in known.items()}

    async def book(self, symbol: Symbol) -> Book | None:
        """Return the book: a streamed one that has just come, or one asked for now; None when there is no price."""
        if await self.meta.instrument(symbol) is None:
            return None
        known = self._books.get(symbol)
        if known is not None and self._clock.boottime_ms() - known[1] <= self._limits.book_age_ms_max:
            book = known[0]
        else:
            book = await self._queries.book(symbol)
        return book if book.bids or book.asks else None

    async def fresh(self, symbol: Symbol) -> FreshPrice:
        """Return mark and top of the book of this moment, whatever is known; the time is the venue's, of the book."""
        # The book tells its time and the mark does not, so the mark is asked for once the book is there: it is younger.
        asked = self._clock.boottime_ms()
        book = await self._urgent.book(symbol)
        self._keep_book(book, asked)
        mark = (await self._ask_marks(self._urgent)).get(symbol)
        if mark is None:
            message = f"the venue has no mark of {symbol}; ask for a symbol that it lists"
            raise VenueUnavailable(message, retryable=False)
        bid = book.bids[0].price if book.bids else None
        ask = book.asks[0].price if book.asks else None
        return FreshPrice(read_at=book.as_of, mark=mark.price, bid=bid, ask=ask)

    async def renew_marks(self) -> Collection[Symbol]:
        """Ask for the marks of everything that is listed, whatever is known; return the symbols that have one."""
        return (await self._ask_marks(self._queries)).keys()

    async def renew_book(self, symbol: Symbol) -> Book:
        """Ask for the book, whatever is known of it."""
        asked = self._clock.boottime_ms()
        book = await self._queries.book(symbol)
        self._keep_book(book, asked)
        return book

    async def _ask_marks(self, queries: MarketQueries) -> Mapping[Symbol, Mark]:
        # The moment before the question: the answer can only be younger.
        asked_at, asked = self._clock.now(), self._clock.boottime_ms()
        listings, marks = await queries.marks(asked_at)
        self.meta.note(listings, asked_at)
        for mark in marks:
            self._keep_mark(mark, asked)
        return {mark.symbol: mark for mark in marks}

    def _keep_mark(self, mark: Mark, boottime_ms: int) -> None:
        known = self._marks.get(mark.symbol)
        if known is None or known[1] <= boottime_ms:
            self._marks[mark.symbol] = (mark, boottime_ms)

    def _keep_book(self, book: Book, boottime_ms: int) -> None:
        known = self._books.get(book.symbol)
        if known is None or known[0].as_of <= book.as_of:
            self._books[book.symbol] = (book, boottime_ms)

    def _funding_of(self, symbol: Symbol) -> ServedSeries[Decimal]:
        series = self._funding.get(symbol)
        if series is None:

            async def page(first: int, last: int) -> Mapping[int, Decimal]:
                return await self._queries.funding(symbol, Instant(first), Instant(last))

            series = ServedSeries(page, step=HOUR_MS, page=_FUNDING_PAGE, kept=_FUNDING_KEPT)
            self._funding[symbol] = series
        return series
