"""The market as a paper account meets it: the live one, or one that is lived again from candles."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from agentic_core.domain.ids import Symbol
from agentic_core.domain.market import Book, Level, Mark, MarkSource
from agentic_core.domain.money import Price, Size
from agentic_core.domain.times import Instant
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.live_venue import LiveMarket

__all__ = ["YOUNG_MS", "Surroundings"]

YOUNG_MS: Final = 60_000
"""How old a mark may be; while one is older, nobody sees the market."""
_OLD_MS: Final = 30_000
"""From how old a mark on it is asked for, and how often."""
_BOTTOMLESS: Final = Size(Decimal(10**12))


class Surroundings:
    """Marks that stand still while an account is looked at, and books."""

    def __init__(self, market: LiveMarket) -> None:
        """Look at a market."""
        self._market: Final = market
        self._marks: Final[dict[Symbol, Mark]] = {}
        self._again: Final[dict[Symbol, Book]] = {}
        self._asked_at = Instant(0)

    def mark(self, symbol: Symbol) -> Mark | None:
        """Return the mark an account is valued at; None where none was ever known."""
        return self._marks.get(symbol) or self._newest(symbol)

    async def book(self, symbol: Symbol) -> Book | None:
        """Return what can be executed against."""
        return self._again.get(symbol) or await self._market.books.book(symbol)

    def look(self, symbols: Iterable[Symbol]) -> None:
        """Take the newest marks of some symbols; they stand until the next look."""
        for symbol in symbols:
            self._newest(symbol)

    async def need(self, symbols: Iterable[Symbol]) -> None:
        """Have a mark of each symbol.

        Raises:
            VenueUnavailable: one is not to be had.
        """
        missing = [symbol for symbol in symbols if self.mark(symbol) is None]
        read: Mapping[Symbol, Mark] = await self._market.market.marks(missing) if missing else {}
        self._marks.update(read)
        unknown = [symbol for symbol in missing if symbol not in read]
        if unknown:
            message = f"what the paper account holds cannot be valued: no mark of {', '.join(unknown)} is to be had"
            raise VenueUnavailable(message)

    async def renew(self, symbols: Iterable[Symbol], now: Instant, *, at_once: bool = False) -> None:
        """Ask for marks of which nothing was heard for a while, not too often unless `at_once`.

        Raises:
            VenueUnavailable: the market does not answer.
        """
        old = [symbol for symbol in symbols if not self._is_young(self._newest(symbol), now, _OLD_MS)]
        if old and (at_once or now >= self._asked_at + _OLD_MS):
            self._asked_at = now
            await self._market.market.marks(old)

    async def renew_book(self, symbol: Symbol, now: Instant) -> None:
        """Have a book no older than the mark: what a mark has triggered executes where the market stands by then.

        Raises:
            VenueUnavailable: the market does not answer.
        """
        book = await self.book(symbol)
        if symbol not in self._again and book is not None and book.as_of < now:
            await self._market.prices.fresh(symbol)  # reads the book, which is the newest then

    def is_seen(self, symbols: Iterable[Symbol], now: Instant) -> bool:
        """Tell whether the marks of all these are young."""
        return all(self._is_young(self.mark(symbol), now, YOUNG_MS) for symbol in symbols)

    def seen_until(self, symbols: Iterable[Symbol], now: Instant) -> Instant:
        """Return up to when the oldest of their marks tells of the market."""
        marks = (self.mark(symbol) for symbol in symbols)
        return min((now, *(mark.as_of for mark in marks if mark is not None)))

    def live_again(self, symbol: Symbol, price: Decimal, at: Instant) -> None:
        """Let a symbol stand at a price, and trade there to any depth."""
        level = (Level(price=Price(price), size=_BOTTOMLESS),)
        self._marks[symbol] = Mark(symbol=symbol, price=Price(price), as_of=at, source=MarkSource.CANDLE_CLOSE)
        self._again[symbol] = Book(symbol=symbol, bids=level, asks=level, as_of=at)

    def be_present(self) -> None:
        """Return to the live market."""
        self._again.clear()

    @staticmethod
    def _is_young(mark: Mark | None, now: Instant, age_ms_max: int) -> bool:
        return mark is not None and now - mark.as_of <= age_ms_max

    def _newest(self, symbol: Symbol) -> Mark | None:
        newest = self._market.newest_mark(symbol)
        known = self._marks.get(symbol)
        if newest is not None and (known is None or newest.as_of >= known.as_of):
            self._marks[symbol] = newest
        return self._marks.get(symbol)
