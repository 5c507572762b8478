"""One side of a book: orders by price, then by time, and what the house quotes beside them."""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Iterator
from decimal import Decimal

import msgspec

from agentic_hl.venue.entities import Order
from agentic_hl.venue.figures import Level

__all__ = ["BookSide", "Quote"]

_ZERO = Decimal(0)


class Quote(msgspec.Struct, kw_only=True):
    """A price of the house and what is left there."""

    px: Decimal
    sz: Decimal


class BookSide:
    """Bids or asks; at equal prices orders come before the house.

    The house's quotes are worked out only as far as somebody looks, which is seldom beyond the first.
    """

    __slots__ = ("_keys", "_ladder", "_queues", "_quotes", "is_bid")

    def __init__(self, *, is_bid: bool) -> None:
        """Begin empty."""
        self.is_bid = is_bid
        self._keys: list[Decimal] = []  # ascending; the best price is last, so asks count negative
        self._queues: dict[Decimal, dict[int, Order]] = {}
        self._quotes: deque[Quote] = deque()  # the best is first
        self._ladder: Iterator[Quote] = iter(())

    def add(self, order: Order) -> None:
        """Put an order behind the others of its price."""
        key = order.limit_px if self.is_bid else -order.limit_px
        queue = self._queues.get(key)
        if queue is None:
            self._queues[key] = queue = {}
            insort(self._keys, key)
        queue[order.oid] = order

    def remove(self, order: Order) -> None:
        """Take an order out; one that is not here is left alone."""
        key = order.limit_px if self.is_bid else -order.limit_px
        queue = self._queues.get(key)
        if queue is None or queue.pop(order.oid, None) is None or queue:
            return
        del self._queues[key]
        del self._keys[bisect_left(self._keys, key)]

    def quote(self, quotes: Iterable[Quote]) -> None:
        """Replace what the house quotes, best first."""
        self._quotes.clear()
        self._ladder = iter(quotes)

    def take_quote(self, sz: Decimal) -> None:
        """Lower what the house offers at its best price."""
        best = self._quotes[0]
        best.sz -= sz
        if not best.sz:
            self._quotes.popleft()

    def best_order(self) -> Order | None:
        """Find the order that is next to fill."""
        return next(iter(self._queues[self._keys[-1]].values())) if self._keys else None

    def best_quote(self) -> Quote | None:
        """Find the house's best price."""
        return self._quotes[0] if self._quotes else next(self._further(), None)

    def best(self) -> Order | Quote | None:
        """Find whoever is next to trade."""
        quote = self.best_quote()
        if not self._keys:
            return quote
        key = self._keys[-1]
        if quote is not None and (quote.px if self.is_bid else -quote.px) > key:
            return quote
        return next(iter(self._queues[key].values()))

    def best_px(self) -> Decimal | None:
        """Find the best price of all."""
        match self.best():
            case None:
                return None
            case Quote(px=px):
                return px
            case Order(limit_px=px):
                return px

    def reaches(self, px: Decimal, limit: Decimal) -> bool:
        """Tell whether somebody resting here at `px` trades with somebody who wants `limit` or better."""
        return px >= limit if self.is_bid else px <= limit

    def orders(self) -> Iterator[Order]:
        """Go through all orders, best first."""
        for key in reversed(self._keys):
            yield from self._queues[key].values()

    def levels(self) -> Iterator[Level]:
        """Go through all prices, best first, orders and house together."""
        quotes = self._all_quotes()
        quote = next(quotes, None)
        for key in reversed(self._keys):
            px = key if self.is_bid else -key
            while quote is not None and quote.px != px and self.reaches(quote.px, px):
                yield Level(px=quote.px, sz=quote.sz, n=1)
                quote = next(quotes, None)
            queue = self._queues[key]
            sz, n = sum((order.sz for order in queue.values()), _ZERO), len(queue)
            if quote is not None and quote.px == px:
                sz, n = sz + quote.sz, n + 1
                quote = next(quotes, None)
            yield Level(px=px, sz=sz, n=n)
        while quote is not None:
            yield Level(px=quote.px, sz=quote.sz, n=1)
            quote = next(quotes, None)

    def _all_quotes(self) -> Iterator[Quote]:
        yield from list(self._quotes)
        yield from self._further()

    def _further(self) -> Iterator[Quote]:
        for quote in self._ladder:
            if quote.sz > 0:
                self._quotes.append(quote)
                yield quote
