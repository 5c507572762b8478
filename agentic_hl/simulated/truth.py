"""What is really so at the venue, of one account, kept from its events: nothing of it is ever forgotten."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from agentic_core.domain.ids import ClientOrderId, Symbol
from agentic_core.domain.money import Price, Size
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant
from agentic_core.ports.simulated_venue import VenueFill, VenueOrder, VenueTruth
from agentic_hl.venue.entities import Event, Fill, Order, OrderChanged, Traded

__all__ = ["TruthBook"]

_REFUSED = ("rejected", "Rejected")


class TruthBook:
    """Orders, fills and positions of one account."""

    def __init__(self, address: str, names: Mapping[int, str]) -> None:
        """Take the account, in lower case, and the coins by asset id."""
        self._address = address
        self._names = names
        self._orders: dict[int, Order] = {}
        self._fills: list[Fill] = []
        self._held: dict[Symbol, Size] = {}

    def hear(self, events: Sequence[Event]) -> None:
        """Take what happened."""
        for event in events:
            match event:
                case OrderChanged(user=self._address, order=order):
                    self._orders[order.oid] = order
                case Traded(fill=fill) if fill.user == self._address:
                    self._fills.append(fill)
                    change = fill.sz if fill.is_buy else -fill.sz
                    self._held[self._symbol(fill.asset)] = Size(fill.start_position + change)
                case _:
                    pass

    def tell(self, at: Instant) -> VenueTruth:
        """Return it as of an instant."""
        taken = [order for order in self._orders.values() if not order.status.endswith(_REFUSED)]
        return VenueTruth(
            at=at,
            orders=tuple(self._order(order) for order in taken),
            fills=tuple(self._fill(fill) for fill in self._fills),
            positions=dict(self._held),
        )

    def _order(self, order: Order) -> VenueOrder:
        filled = sum((fill.sz for fill in self._fills if fill.oid == order.oid), Decimal(0))
        return VenueOrder(
            cloid=_cloid(order.cloid, order.oid),
            symbol=self._symbol(order.asset),
            side=_side(is_buy=order.is_buy),
            size=Size(order.orig_sz),
            limit_price=Price(order.limit_px),
            reduce_only=order.reduce_only,
            filled=Size(filled),
            live=order.live,
        )

    def _fill(self, fill: Fill) -> VenueFill:
        return VenueFill(
            cloid=_cloid(fill.cloid, fill.oid),
            symbol=self._symbol(fill.asset),
            side=_side(is_buy=fill.is_buy),
            size=Size(fill.sz),
            price=Price(fill.px),
            at=Instant(fill.time),
        )

    def _symbol(self, asset: int) -> Symbol:
        return Symbol(self._names[asset])


def _cloid(cloid: str | None, oid: int) -> ClientOrderId:
    # An order without an id of its sender is told apart by the venue's.
    return ClientOrderId(f"oid:{oid}" if cloid is None else cloid)


def _side(*, is_buy: bool) -> Side:
    return Side.BUY if is_buy else Side.SELL
