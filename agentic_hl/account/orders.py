"""Orders of an account, from the venue's messages to the values of the core."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from agentic_core.domain.account_events import OrderTold, ToldStatus
from agentic_core.domain.ids import ClientOrderId, Symbol
from agentic_core.domain.money import Price, Size
from agentic_core.domain.order import Trigger, TriggerKind
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant
from agentic_core.ports.account_reads import RestingOrder
from agentic_hl.wire.conversions import side_of
from agentic_hl.wire.messages.orders import OrderFate, OrderUpdate, WireOrder
from agentic_hl.wire.messages.reading import Unreadable
from agentic_hl.wire.units import WireError

__all__ = ["is_main_perp", "order_told_of", "resting_order_of"]

_ELSEWHERE: Final = "@#+"
_STATUSES: Final[Mapping[OrderFate, ToldStatus]] = MappingProxyType(
    {
        OrderFate.LIVE: ToldStatus.OPEN,
        OrderFate.TRIGGERED: ToldStatus.TRIGGERED,
        OrderFate.FILLED: ToldStatus.FILLED,
        OrderFate.CANCELED: ToldStatus.CANCELED,
        OrderFate.REJECTED: ToldStatus.REJECTED,
        OrderFate.UNKNOWN: ToldStatus.UNKNOWN,
    }
)


def is_main_perp(coin: str) -> bool:
    """Tell whether a name is that of one of the venue's own perpetuals, listed or delisted.

    Spot markets, outcomes and builders' perpetuals are named otherwise; nobody here trades them, and what an account
    does there says nothing about its positions here.

    >>> [is_main_perp(name) for name in ("BTC", "kPEPE", "@107", "PURR/USDC", "xyz:GOLD", "#12")]
    [True, True, False, False, False, False]
    """
    return bool(coin) and coin[0] not in _ELSEWHERE and "/" not in coin and ":" not in coin


def resting_order_of(order: WireOrder) -> RestingOrder | Unreadable:
    """Return an order that rests."""
    side = side_of(order.side)
    if side is None:
        return _unreadable(order, f"side {order.side!r} is neither B nor A")
    try:
        return RestingOrder(
            venue_order_id=str(order.oid),
            cloid=_cloid(order),
            symbol=Symbol(order.coin),
            side=side,
            size=Size(order.remaining_size),
            limit_price=Price(order.limit_price),
            reduce_only=bool(order.reduce_only),
            trigger=_trigger(order),
            placed_at=Instant(order.timestamp),
        )
    except WireError as exc:
        return _unreadable(order, str(exc))


def order_told_of(update: OrderUpdate) -> OrderTold | Unreadable:
    """Return what an order has become; where it is not said whether it only reduces, it counts as one that may not."""
    order = update.order
    side: Side | None = side_of(order.side)
    if side is None:
        return _unreadable(order, f"side {order.side!r} is neither B nor A")
    try:
        return OrderTold(
            cloid=_cloid(order),
            venue_order_id=str(order.oid),
            symbol=Symbol(order.coin),
            side=side,
            status=_STATUSES[update.fate],
            word=update.status,
            size=Size(order.original_size),
            left=Size(order.remaining_size),
            reduce_only=bool(order.reduce_only),
            is_trigger=order.is_trigger,
            at=Instant(update.status_timestamp),
        )
    except WireError as exc:
        return _unreadable(order, str(exc))


def _cloid(order: WireOrder) -> ClientOrderId | None:
    return ClientOrderId(order.cloid.lower()) if order.cloid else None


def _trigger(order: WireOrder) -> Trigger | None:
    price = order.trigger_price
    if price is None:
        return None
    # A type nobody knows rests all the same, and must not pass for the stop that protects a position.
    kind = TriggerKind.STOP if order.order_type.startswith("Stop") else TriggerKind.TAKE_PROFIT
    return Trigger(kind=kind, price=Price(price), position_sized=order.is_position_tpsl)


def _unreadable(order: WireOrder, cause: str) -> Unreadable:
    return Unreadable(cause=f"order {order.oid} in {order.coin}: {cause}", what="order")
