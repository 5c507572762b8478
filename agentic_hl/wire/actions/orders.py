"""Orders: placing, cancelling and replacing them."""

from enum import StrEnum
from typing import ClassVar

import msgspec

from agentic_hl.wire.actions.base import L1Action, check_address, check_cloid, check_count
from agentic_hl.wire.units import WireError, check_canonical

__all__ = [
    "ALO",
    "FRONTEND_MARKET",
    "GTC",
    "IOC",
    "BatchModify",
    "BuilderFee",
    "Cancel",
    "CancelByCloid",
    "CancelCloidLine",
    "CancelLine",
    "Grouping",
    "LimitTerms",
    "Modify",
    "ModifyLine",
    "OrderLine",
    "OrderTerms",
    "PlaceOrders",
    "PriorityFee",
    "ScheduleCancel",
    "Tif",
    "Tpsl",
    "TriggerTerms",
    "trigger",
]

_PRIORITY_MAX = 10**8


class Tif(StrEnum):
    """How long an order may rest."""

    GTC = "Gtc"
    IOC = "Ioc"
    ALO = "Alo"
    """Post only: refused where it would execute at once."""
    FRONTEND_MARKET = "FrontendMarket"
    """As IOC, labelled a market order."""


class Tpsl(StrEnum):
    """Whether a trigger takes a profit or stops a loss."""

    TAKE_PROFIT = "tp"
    STOP_LOSS = "sl"


class Grouping(StrEnum):
    """How the orders of one action belong together."""

    NONE = "na"
    NORMAL_TPSL = "normalTpsl"
    """The first order, and children of fixed size that end each other."""
    POSITION_TPSL = "positionTpsl"
    """Triggers whose size follows the position."""


class PriorityFee(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename={"rate": "p"}):
    """A fee bid for an earlier place in the block: `rate` / 10^8 of the notional, in place of a grouping."""

    rate: int

    def __post_init__(self) -> None:
        """Refuse a bid above the whole notional."""
        if not 0 <= self.rate <= _PRIORITY_MAX:
            message = f"priority fee {self.rate} must be from 0 to {_PRIORITY_MAX}"
            raise WireError(message)


class LimitTerms(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The terms of an order that is active at once."""

    tif: Tif


class TriggerTerms(
    msgspec.Struct, frozen=True, kw_only=True, gc=False, rename={"is_market": "isMarket", "price": "triggerPx"}
):
    """The terms of an order that becomes active when the mark reaches `price`."""

    is_market: bool
    price: str
    tpsl: Tpsl

    def __post_init__(self) -> None:
        """Refuse a price that would be hashed differently."""
        check_canonical(self.price, "trigger price")


class OrderTerms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """When an order is active: exactly one of the two is given."""

    limit: LimitTerms | None = None
    trigger: TriggerTerms | None = None

    def __post_init__(self) -> None:
        """Refuse none and both."""
        if (self.limit is None) == (self.trigger is None):
            message = "the terms of an order are either those of a limit or those of a trigger; give one of them"
            raise WireError(message)


GTC = OrderTerms(limit=LimitTerms(tif=Tif.GTC))
IOC = OrderTerms(limit=LimitTerms(tif=Tif.IOC))
ALO = OrderTerms(limit=LimitTerms(tif=Tif.ALO))
FRONTEND_MARKET = OrderTerms(limit=LimitTerms(tif=Tif.FRONTEND_MARKET))


def trigger(price: str, tpsl: Tpsl, *, is_market: bool) -> OrderTerms:
    """Return the terms of a trigger; the order's own price is then its limit, or its worst price."""
    return OrderTerms(trigger=TriggerTerms(is_market=is_market, price=price, tpsl=tpsl))


class OrderLine(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    gc=False,
    rename={
        "asset": "a",
        "is_buy": "b",
        "limit_price": "p",
        "size": "s",
        "reduce_only": "r",
        "terms": "t",
        "cloid": "c",
    },
):
    """One order; price and size are text from `price_text` and `size_text`."""

    asset: int
    is_buy: bool
    limit_price: str
    size: str
    reduce_only: bool
    terms: OrderTerms
    cloid: str | None = None

    def __post_init__(self) -> None:
        """Refuse what would be hashed differently."""
        check_count(self.asset, "asset")
        check_canonical(self.limit_price, "limit price")
        check_canonical(self.size, "size")
        check_cloid(self.cloid)


class BuilderFee(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename={"builder": "b", "fee": "f"}):
    """A fee to whoever built the software, in tenths of a basis point."""

    builder: str
    fee: int

    def __post_init__(self) -> None:
        """Refuse what would be hashed differently."""
        check_address(self.builder, "builder")
        check_count(self.fee, "builder fee")


class PlaceOrders(L1Action, frozen=True, kw_only=True, tag="order"):
    """Place orders; the answers come in their order."""

    orders: tuple[OrderLine, ...]
    grouping: Grouping | PriorityFee
    builder: BuilderFee | None = None


class CancelLine(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename={"asset": "a", "oid": "o"}):
    """One order to cancel, by the venue's id."""

    asset: int
    oid: int

    def __post_init__(self) -> None:
        """Refuse numbers the venue does not hold."""
        check_count(self.asset, "asset")
        check_count(self.oid, "oid")


class Cancel(L1Action, frozen=True, kw_only=True, tag="cancel", rename={"fast": "f"}):
    """Cancel orders by the venue's ids."""

    cancels: tuple[CancelLine, ...]
    fast: bool = False
    """Ask to be put first in the mempool; not allowed for trigger orders."""


class CancelCloidLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One order to cancel, by our id."""

    asset: int
    cloid: str

    def __post_init__(self) -> None:
        """Refuse what would be hashed differently."""
        check_count(self.asset, "asset")
        check_cloid(self.cloid)


class CancelByCloid(L1Action, frozen=True, kw_only=True, tag="cancelByCloid", rename={"fast": "f"}):
    """Cancel orders by our ids."""

    cancels: tuple[CancelCloidLine, ...]
    fast: bool = False
    """Ask to be put first in the mempool; not allowed for trigger orders."""


class ModifyLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One order to replace, by the venue's id or ours, and what takes its place."""

    oid: int | str
    order: OrderLine

    def __post_init__(self) -> None:
        """Refuse what would be hashed differently."""
        _check_order_id(self.oid)


class Modify(L1Action, frozen=True, kw_only=True, tag="modify", rename={"always_place": "a"}):
    """Replace one order; the answer does not name the new one, so `BatchModify` is better."""

    oid: int | str
    order: OrderLine
    always_place: bool = False
    """Place the new order even where the old one could not be cancelled."""

    def __post_init__(self) -> None:
        """Refuse what would be hashed differently."""
        _check_order_id(self.oid)


class BatchModify(L1Action, frozen=True, kw_only=True, tag="batchModify", rename={"always_place": "a"}):
    """Replace orders; each gets a new venue id and keeps ours."""

    modifies: tuple[ModifyLine, ...]
    always_place: bool = False
    """Place the new orders even where the old ones could not be cancelled."""


class ScheduleCancel(L1Action, frozen=True, kw_only=True, tag="scheduleCancel"):
    """Cancel every order at a time, unless it is set again before; without a time, unset it."""

    lead_ms_min: ClassVar[int] = 5_000
    """How far ahead the time has to be."""

    time: int | None = None

    def __post_init__(self) -> None:
        """Refuse a time the venue does not hold."""
        if self.time is not None:
            check_count(self.time, "time")


def _check_order_id(oid: int | str) -> None:
    if isinstance(oid, str):
        check_cloid(oid)
    else:
        check_count(oid, "oid")
