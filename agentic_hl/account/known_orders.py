"""What was told of orders already, so that nothing old passes for news."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from agentic_core.domain.account_events import OrderTold, ToldStatus
from agentic_hl.account.orders import is_main_perp, order_told_of
from agentic_hl.wire.messages.orders import OrderUpdate, WireOrder
from agentic_hl.wire.messages.reading import Unreadable

__all__ = ["KnownOrders"]

_KEPT: Final = 2_000
"""Beside those that rest, which are never let go."""
_ENDED: Final = frozenset({ToldStatus.FILLED, ToldStatus.CANCELED, ToldStatus.REJECTED})
_LISTED: Final = "open"


class KnownOrders:
    """The newest word on each order, by the venue's number.

    Updates have a time and lists of what rests have none, so a list never takes back what an update said: it tells of
    orders nobody heard of, of units that executed meanwhile, and what updates leave out.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._told: Final[OrderedDict[str, OrderTold]] = OrderedDict()

    def open_ones(self) -> frozenset[int]:
        """Return the orders that rest as far as is known."""
        return frozenset(int(number) for number, told in self._told.items() if told.status is ToldStatus.OPEN)

    def is_open(self, oid: int) -> bool:
        """Tell whether an order rests as far as is known."""
        told = self._told.get(str(oid))
        return told is not None and told.status is ToldStatus.OPEN

    def forget(self, oid: int) -> None:
        """Take no more for known of an order."""
        self._told.pop(str(oid), None)

    def updated(self, update: OrderUpdate) -> OrderTold | Unreadable | None:
        """Return what an update has to tell; None where it tells nothing new or of another market."""
        if not is_main_perp(update.order.coin):
            return None
        told = order_told_of(update)
        if isinstance(told, Unreadable):
            return told
        last = self._told.get(told.venue_order_id)
        if last is None:
            return self._keep(told)
        if told.at < last.at or (last.status in _ENDED and told.status not in _ENDED):
            return None
        told = _completed(told, last)
        return None if told == last else self._keep(told)

    def listed(self, orders: Sequence[WireOrder]) -> Iterable[OrderTold | Unreadable]:
        """Return what a list of everything that rests has to tell."""
        for order in orders:
            if not is_main_perp(order.coin):
                continue
            update = OrderUpdate(order=order, status=_LISTED, status_timestamp=order.timestamp)
            told = order_told_of(update)
            if isinstance(told, Unreadable):
                yield told
                continue
            last = self._told.get(told.venue_order_id)
            if last is None or _says_more(told, last):
                yield self._keep(told)

    def _keep(self, told: OrderTold) -> OrderTold:
        self._told[told.venue_order_id] = told
        self._told.move_to_end(told.venue_order_id)
        if len(self._told) > _KEPT:
            ended = (number for number, each in self._told.items() if each.status is not ToldStatus.OPEN)
            self._told.pop(next(ended, ""), None)
        return told


def _completed(told: OrderTold, last: OrderTold) -> OrderTold:
    # Updates do not say everything that lists do, and none of it changes.
    return replace(
        told,
        cloid=told.cloid or last.cloid,
        reduce_only=told.reduce_only or last.reduce_only,
        is_trigger=told.is_trigger or last.is_trigger,
    )


def _says_more(told: OrderTold, last: OrderTold) -> bool:
    if last.status is not ToldStatus.OPEN:
        return False
    more = told.reduce_only and not last.reduce_only, told.is_trigger and not last.is_trigger
    return told.left < last.left or any(more)
