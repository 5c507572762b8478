"""Orders as the venue shows them: open ones, one asked for, and what became of one."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

import msgspec

from agentic_hl.wire.messages.reading import Millis
from agentic_hl.wire.units import decimal_of

__all__ = ["STATUSES", "OrderFate", "OrderStatusAnswer", "OrderUpdate", "WireOrder", "fate_of"]


_MARKET = "Market"
_UNFIRED = "Price "


class OrderFate(StrEnum):
    """What a status means for an order; a status nobody knows means nothing."""

    LIVE = "live"
    TRIGGERED = "triggered"
    """Its trigger fired: this one is over and a market or limit order took its place."""
    FILLED = "filled"
    CANCELED = "canceled"
    """Over; what was executed before stays executed."""
    REJECTED = "rejected"
    UNKNOWN = "unknown"

    @property
    def over(self) -> bool:
        """Whether this order can execute nothing any more."""
        return self in {OrderFate.FILLED, OrderFate.CANCELED, OrderFate.REJECTED}


STATUSES: Mapping[str, OrderFate] = MappingProxyType(
    {
        "open": OrderFate.LIVE,
        "triggered": OrderFate.TRIGGERED,
        "filled": OrderFate.FILLED,
        "canceled": OrderFate.CANCELED,
        "rejected": OrderFate.REJECTED,
        "scheduledCancel": OrderFate.CANCELED,
        "internalCancel": OrderFate.CANCELED,
    }
)
"""The statuses that are whole words; every other is told by how it ends."""


def fate_of(status: str) -> OrderFate:
    """Tell what a status means: by the whole word, else by its ending.

    >>> [fate_of(status).value for status in ("open", "iocCancelRejected", "marginCanceled", "paused")]
    ['live', 'rejected', 'canceled', 'unknown']
    """
    if known := STATUSES.get(status):
        return known
    if status.endswith("Rejected"):
        return OrderFate.REJECTED
    if status.endswith(("Canceled", "Cancel")):
        return OrderFate.CANCELED
    return OrderFate.UNKNOWN


class WireOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """An order; what only the frontend's questions and streams tell is at its default elsewhere."""

    coin: str
    side: str
    """`B` or `A`."""
    limit_px: str
    sz: str
    """What remains of it; `0.0` once filled."""
    oid: int
    timestamp: Millis
    """When it was placed."""
    orig_sz: str
    cloid: str | None = None
    reduce_only: bool | None = None
    """Absent means no in `openOrders`, and unknown in `orderUpdates`."""
    is_trigger: bool = False
    trigger_px: str = "0.0"
    trigger_condition: str = "N/A"
    """Of a trigger, the price it waits for, in words for people."""
    is_position_tpsl: bool = False
    order_type: str = "Limit"
    tif: str | None = None
    children: tuple["WireOrder", ...] = ()

    @property
    def limit_price(self) -> Decimal:
        """The worst price acceptable."""
        return decimal_of(self.limit_px)

    @property
    def remaining_size(self) -> Decimal:
        """Units that may still execute."""
        return decimal_of(self.sz)

    @property
    def original_size(self) -> Decimal:
        """Units asked for; a reduce-only order may have been shrunk since."""
        return decimal_of(self.orig_sz)

    @property
    def trigger_price(self) -> Decimal | None:
        """The mark at which it becomes active; None when it is no trigger."""
        return decimal_of(self.trigger_px) if self.is_trigger else None

    @property
    def is_market(self) -> bool:
        """Whether it never rests once it is active, whatever its limit."""
        return self.order_type.endswith(_MARKET)

    @property
    def waits_for_trigger(self) -> bool:
        """Whether it is a trigger that has not fired, or ended without having done so."""
        return self.is_trigger and self.trigger_condition.startswith(_UNFIRED)


class OrderUpdate(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """An order and its newest status: one entry of `orderUpdates` and of `historicalOrders`."""

    order: WireOrder
    status: str
    status_timestamp: Millis

    @property
    def fate(self) -> OrderFate:
        """What the status means."""
        return fate_of(self.status)


class OrderStatusAnswer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The answer about one order."""

    status: str
    order: OrderUpdate | None = None

    @property
    def found(self) -> OrderUpdate | None:
        """The order, if the venue knows it for this user."""
        return self.order if self.status == "order" else None

    @property
    def is_unknown(self) -> bool:
        """Whether the venue said that it knows no such order of this user, which proves nothing by itself."""
        return self.status == "unknownOid"
