"""The actions about orders, as received."""

from typing import Annotated, Literal

import msgspec

from agentic_hl.venue.protocol.fields import Address, AssetId, Cloid, CloidText, Figure, Uint
from agentic_hl.venue.protocol.parts import Action, Part

__all__ = [
    "BatchModify",
    "Builder",
    "Cancel",
    "CancelByCloid",
    "CancelTarget",
    "CloidTarget",
    "Limit",
    "Modification",
    "Modify",
    "OrderKind",
    "OrderWire",
    "PlaceOrders",
    "Priority",
    "ScheduleCancel",
    "TriggerKind",
    "Twap",
    "TwapCancel",
    "TwapDetails",
    "TwapOrder",
    "TwapTarget",
]


class Limit(Part, frozen=True, kw_only=True):
    """How long a limit order may rest."""

    tif: Literal["Gtc", "Ioc", "Alo", "FrontendMarket"]


class TriggerKind(Part, frozen=True, kw_only=True):
    """When a trigger order fires."""

    is_market: bool
    trigger_px: Figure
    tpsl: Literal["tp", "sl"]


class OrderKind(Part, frozen=True, kw_only=True):
    """A limit order or a trigger order, never both."""

    limit: Limit | None = None
    trigger: TriggerKind | None = None

    def __post_init__(self) -> None:
        """Refuse both and neither."""
        if (self.limit is None) == (self.trigger is None):
            raise ValueError("an order is either `limit` or `trigger`")


class OrderWire(Part, frozen=True, kw_only=True):
    """One order."""

    asset: AssetId = msgspec.field(name="a")
    is_buy: bool = msgspec.field(name="b")
    price: Figure = msgspec.field(name="p")
    size: Figure = msgspec.field(name="s")
    reduce_only: bool = msgspec.field(name="r")
    kind: OrderKind = msgspec.field(name="t")
    cloid: Cloid | None = msgspec.field(name="c", default=None)


class Priority(Part, frozen=True, kw_only=True):
    """A bid for priority, in 1e-8 of notional."""

    rate: Annotated[int, msgspec.Meta(ge=0, le=10**8)] = msgspec.field(name="p")


class Builder(Part, frozen=True, kw_only=True):
    """Who brought the order, and what they take in tenths of a basis point."""

    address: Address = msgspec.field(name="b")
    fee: Uint = msgspec.field(name="f")


class PlaceOrders(Action, frozen=True, kw_only=True, tag="order"):
    """Place orders."""

    orders: list[OrderWire]
    grouping: Literal["na", "normalTpsl", "positionTpsl"] | Priority
    builder: Builder | None = None


class CancelTarget(Part, frozen=True, kw_only=True):
    """One order, by oid."""

    asset: AssetId = msgspec.field(name="a")
    oid: Uint = msgspec.field(name="o")


class Cancel(Action, frozen=True, kw_only=True, tag="cancel"):
    """Cancel by oid."""

    cancels: list[CancelTarget]
    priority: bool = msgspec.field(name="f", default=False)


class CloidTarget(Part, frozen=True, kw_only=True):
    """One order, by the client's id."""

    asset: AssetId
    cloid: Cloid


class CancelByCloid(Action, frozen=True, kw_only=True, tag="cancelByCloid"):
    """Cancel by the client's id."""

    cancels: list[CloidTarget]
    priority: bool = msgspec.field(name="f", default=False)


class Modification(Part, frozen=True, kw_only=True):
    """One order and what replaces it."""

    oid: Uint | CloidText
    order: OrderWire

    def __post_init__(self) -> None:
        """Write a client's id in lower case."""
        if isinstance(self.oid, str):
            msgspec.structs.force_setattr(self, "oid", self.oid.lower())


class Modify(Action, frozen=True, kw_only=True, tag="modify"):
    """Replace one order."""

    oid: Uint | CloidText
    order: OrderWire
    always_place: bool = msgspec.field(name="a", default=False)

    def __post_init__(self) -> None:
        """Write a client's id in lower case."""
        if isinstance(self.oid, str):
            msgspec.structs.force_setattr(self, "oid", self.oid.lower())


class BatchModify(Action, frozen=True, kw_only=True, tag="batchModify"):
    """Replace orders."""

    modifies: list[Modification]
    always_place: bool = msgspec.field(name="a", default=False)


class ScheduleCancel(Action, frozen=True, kw_only=True, tag="scheduleCancel"):
    """Set the dead-man switch, or unset it."""

    time: Uint | None = None


class Twap(Part, frozen=True, kw_only=True):
    """An order spread over minutes."""

    asset: AssetId = msgspec.field(name="a")
    is_buy: bool = msgspec.field(name="b")
    size: Figure = msgspec.field(name="s")
    reduce_only: bool = msgspec.field(name="r")
    minutes: Uint = msgspec.field(name="m")
    randomize: bool = msgspec.field(name="t")


class TwapTarget(Part, frozen=True, kw_only=True):
    """A price to begin at, and from which side."""

    price: Figure = msgspec.field(name="p")
    above: bool = msgspec.field(name="a")


class TwapDetails(Part, frozen=True, kw_only=True):
    """Nullable, not optional: both keys are hashed."""

    trigger: TwapTarget | None = msgspec.field(name="t")
    stop: Figure | None = msgspec.field(name="s")


class TwapOrder(Action, frozen=True, kw_only=True, tag="twapOrder"):
    """Spread an order over minutes."""

    twap: Twap
    details: TwapDetails | None = None


class TwapCancel(Action, frozen=True, kw_only=True, tag="twapCancel"):
    """Stop such an order."""

    asset: AssetId = msgspec.field(name="a")
    twap_id: Uint = msgspec.field(name="t")
