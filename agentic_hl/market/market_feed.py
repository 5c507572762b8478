"""What a stream tells of the market, into live market data; and what it missed, read by REST."""

from collections.abc import Callable, Collection, Sequence
from typing import Final

import anyio

from agentic_core.domain.ids import Symbol
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.clock import Clock
from agentic_hl.market.live import LiveMarketData
from agentic_hl.stream.connection import GapFilled, StreamEvent
from agentic_hl.stream.effects import Complaint, Deliver, GapNeeded
from agentic_hl.stream.topics import Topic, coin_topic

__all__ = ["MarketFeed"]

_MARKS = "activeAssetCtx"
_BOOKS = "l2Book"
_GATHER_S: Final = 0.25
"""How long gaps are gathered before the marks are asked for: a connection opens one for each symbol, shortly after each
other."""


class MarketFeed:
    """Listens to a `Connection` for marks and books; whoever runs the connection wants `topics` of it.

    A topic counts as fresh only after its mark or book was read by REST since the last time it could have been missed.
    """

    def __init__(
        self,
        market: LiveMarketData,
        clock: Clock,
        symbols: Sequence[Symbol],
        *,
        tell: Callable[[StreamEvent], None],
        gather_s: float = _GATHER_S,
    ) -> None:
        """Join a stream to the market.

        Args:
            market: what to feed.
            clock: ours.
            symbols: whose marks and books are wanted.
            tell: hears of everything that is no market fact.
            gather_s: how long gaps of marks are gathered before one question fills them all.
        """
        self._market: Final = market
        self._clock: Final = clock
        self._tell: Final = tell
        self._gather_s: Final = gather_s
        self._asking: Final = anyio.Lock()
        self._asked = 0
        self._answered: tuple[int, Collection[Symbol]] = (0, ())
        self.topics: Final[tuple[Topic, ...]] = tuple(
            coin_topic(kind, symbol) for symbol in symbols for kind in (_MARKS, _BOOKS)
        )
        """What the connection has to subscribe to."""

    def heard(self, event: StreamEvent) -> None:
        """Take a frame over; pass on what else the stream says."""
        if not isinstance(event, Deliver):
            self._tell(event)
            return
        refused = self._market.receive(event.frame, self._clock.now())
        if refused is not None:
            self._tell(Complaint(text=f"a frame of {refused.what!r} makes no sense: {refused.cause}"))

    async def fill(self, gap: GapNeeded) -> GapFilled | None:
        """Read what a topic missed; None where the venue gives no answer, or has no price of it."""
        symbol = Symbol(gap.topic.coin or "")
        try:
            if gap.topic.type == _BOOKS:
                return GapFilled(until=(await self._market.renew_book(symbol)).as_of)
            told = await self._marked_since(self._asked)
        except VenueUnavailable:
            return None
        return GapFilled() if symbol in told else None

    async def _marked_since(self, asked: int) -> Collection[Symbol]:
        # One question brings the marks of all symbols. Whoever waits while another asks is content with an answer to
        # what was asked after its own gap opened; numbers tell that, where clocks would be too coarse.
        async with self._asking:
            if self._answered[0] <= asked:
                await self._clock.sleep(self._gather_s)
                self._asked += 1
                number = self._asked
                self._answered = (number, await self._market.renew_marks())
            return self._answered[1]
