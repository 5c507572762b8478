"""One side of a book: orders by price, then by time, and what the house quotes beside them."""

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

from agentic_hl.venue.figures import Level
from agentic_hl.venue.model import Order

__all__ = ["BookSide", "Quote"]

_ZERO = Decimal(0)


class Quote(msgspec.Struct, kw_only=True):
    """A price of the house and what is left there."""

    px: Decimal
    sz: Decimal


class BookSide:
    """Bids or asks; at equal prices orders come before the house."""

    __slots__ = ("_keys", "_queues", "_quotes", "is_bid")

    def __init__(self, *, is_bid: bool) -> None:
        """Begin empty."""
        self.is_bid = is_bid
        self._keys: list[Decimal] = []  # ascending; the best price is last, so asks count negative
        self._queues: dict[Decimal, dict[int, Order]] = {}
        self._quotes: list[Quote] = []  # the best is last

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

    def quote(self, quotes: Sequence[Quote]) -> None:
        """Replace what the house quotes, best first."""
        self._quotes = [quote for quote in reversed(quotes) if quote.sz > 0]

    def take_quote(self, sz: Decimal) -> None:
        """Lower what the house offers at its best price."""
        best = self._quotes[-1]
        best.sz -= sz
        if not best.sz:
            self._quotes.pop()

    def best_order(self) -> Order | None:
        """Find the order that is next to fill."""
        return next(iter(self._queues[self._keys[-1]].values())) if self._keys else None

    def best_quote(self) -> Quote | None:
        """Find the house's best price."""
        return self._quotes[-1] if self._quotes else None

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
        sizes: dict[Decimal, list[Decimal]] = {}
        for key, queue in self._queues.items():
            sizes[key if self.is_bid else -key] = [order.sz for order in queue.values()]
        for quote in self._quotes:
            sizes.setdefault(quote.px, []).append(quote.sz)
        for px in sorted(sizes, reverse=self.is_bid):
            parts = sizes[px]
            yield Level(px=px, sz=sum(parts, _ZERO), n=len(parts))
