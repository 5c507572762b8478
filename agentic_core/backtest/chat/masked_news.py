"""News as it is read in a market in disguise: told at the time it was, under other names and on other dates."""

from collections.abc import Mapping, Sequence

import msgspec

from agentic_core.backtest.chat.names import TextMask
from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import Instant
from agentic_core.ports.untrusted_text import Headline, NewsFeed

__all__ = ["MaskedNews"]


class MaskedNews:
    """A `NewsFeed` over one of the real world."""

    def __init__(self, feed: NewsFeed, texts: TextMask, stand_ins: Mapping[Symbol, Symbol], *, shift_ms: int) -> None:
        """Read a feed that is `shift_ms` earlier than the market in disguise."""
        self._feed = feed
        self._texts = texts
        self._stand_ins = dict(stand_ins)
        self._names = {stand_in: symbol for symbol, stand_in in stand_ins.items()}
        self._shift_ms = shift_ms

    async def headlines(self, symbols: Sequence[Symbol], *, as_of: Instant, limit: int) -> tuple[Headline, ...]:
        """Return the newest headlines published at `as_of` or before, newest first, in disguise.

        Raises:
            VenueUnavailable: the source does not answer.
        """
        asked = [self._names.get(symbol, symbol) for symbol in symbols]
        found = await self._feed.headlines(asked, as_of=Instant(as_of - self._shift_ms), limit=limit)
        return tuple(map(self._masked, found))

    def _masked(self, headline: Headline) -> Headline:
        return msgspec.structs.replace(
            headline,
            published_at=Instant(headline.published_at + self._shift_ms),
            source="news",
            text=self._texts.masked(headline.text).text,
            symbols=tuple(self._stand_ins[symbol] for symbol in headline.symbols if symbol in self._stand_ins),
        )
