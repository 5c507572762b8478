"""The order in which actions of one block are carried out. Source: fact sheet 4.6."""

from enum import IntEnum

import msgspec

from agentic_hl.venue.protocol.actions import read_envelope
from agentic_hl.venue.protocol.order_actions import BatchModify, Cancel, CancelByCloid, Modify, OrderWire, PlaceOrders

__all__ = ["BlockClass", "block_class"]


class BlockClass(IntEnum):
    """Lower ones come first; within one, who arrived first."""

    OTHER = 0
    """Neither cancels nor any order that may take liquidity."""
    CANCELS = 1
    TAKES = 2
    """At least one order that is not post-only."""


def block_class(body: bytes) -> BlockClass:
    """Tell where in its block a request belongs; one that cannot be read is refused anyway, and comes first.

    Assumed: a trigger order takes nothing when it is placed, and a replacement counts as the order that it places.
    """
    try:
        action = read_envelope(body).action
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return BlockClass.OTHER
    match action:
        case Cancel() | CancelByCloid():
            return BlockClass.CANCELS
        case PlaceOrders(orders=orders):
            return _of_orders(orders)
        case Modify(order=order):
            return _of_orders([order])
        case BatchModify(modifies=modifies):
            return _of_orders([change.order for change in modifies])
        case _:
            return BlockClass.OTHER


def _of_orders(orders: list[OrderWire]) -> BlockClass:
    takes = any(order.kind.limit is not None and order.kind.limit.tif != "Alo" for order in orders)
    return BlockClass.TAKES if takes else BlockClass.OTHER
