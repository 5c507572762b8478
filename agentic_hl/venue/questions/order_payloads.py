"""Orders and fills as the venue shows them."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

import msgspec

from agentic_hl.venue.entities import Fill, Order, OrderChanged
from agentic_hl.venue.protocol.texts import shown
from agentic_hl.venue.terms import Tif, Trigger

__all__ = [
    "Names",
    "aggregated",
    "fill_payload",
    "frontend_order",
    "open_order",
    "order_status",
    "order_update",
]

Names: TypeAlias = Mapping[int, str]
"""Coins by asset id."""

_NO_HASH = "0x" + "0" * 64


def open_order(order: Order, names: Names) -> dict[str, object]:
    """Show an order as `openOrders` does: without what it waits for."""
    return {
        "coin": names[order.asset],
        "side": _side(is_buy=order.is_buy),
        "limitPx": shown(order.limit_px),
        "sz": shown(order.sz),
        "oid": order.oid,
        "timestamp": order.timestamp,
        "origSz": shown(order.orig_sz),
        **({} if order.cloid is None else {"cloid": order.cloid}),
        **({"reduceOnly": True} if order.reduce_only else {}),
    }


def frontend_order(order: Order, names: Names, children: Sequence[Order] = ()) -> dict[str, object]:
    """Show an order with everything there is to it."""
    return {
        "coin": names[order.asset],
        "side": _side(is_buy=order.is_buy),
        "limitPx": shown(order.limit_px),
        "sz": shown(order.sz),
        "oid": order.oid,
        "timestamp": order.timestamp,
        "triggerCondition": _condition(order),
        "isTrigger": order.trigger is not None,
        "triggerPx": "0.0" if order.trigger is None else shown(order.trigger.px),
        "children": [frontend_order(child, names) for child in children],
        "isPositionTpsl": order.is_position_tpsl and order.trigger is not None,
        "reduceOnly": order.reduce_only,
        "orderType": _order_type(order),
        "origSz": shown(order.orig_sz),
        "tif": None if order.tif is None else str(order.tif),
        "cloid": order.cloid,
    }


def order_update(event: OrderChanged, names: Names) -> dict[str, object]:
    """Show what an order has become."""
    return {"order": open_order(event.order, names), "status": event.status, "statusTimestamp": event.time}


def order_status(order: Order, names: Names, children: Sequence[Order] = ()) -> dict[str, object]:
    """Show an order with its status, as `historicalOrders` does."""
    return {
        "order": frontend_order(order, names, children),
        "status": order.status,
        "statusTimestamp": order.status_time or order.timestamp,
    }


def fill_payload(fill: Fill, names: Names) -> dict[str, object]:
    """Show a fill of an account."""
    return {
        "coin": names[fill.asset],
        "px": shown(fill.px),
        "sz": shown(fill.sz),
        "side": _side(is_buy=fill.is_buy),
        "time": fill.time,
        "startPosition": shown(fill.start_position),
        "dir": fill.dir,
        "closedPnl": shown(fill.closed_pnl),
        "hash": fill.hash or _NO_HASH,
        "oid": fill.oid,
        "crossed": fill.crossed,
        "fee": shown(fill.fee),
        "tid": fill.tid,
        "feeToken": "USDC",
        "twapId": None,
        **({} if fill.cloid is None else {"cloid": fill.cloid}),
        **_liquidation(fill),
    }


def aggregated(fills: Iterable[Fill]) -> list[Fill]:
    """Merge what one crossing order executed in one block, at its average price.

    Assumed: the merged fill keeps the `tid` and the start position of its first part.
    """
    merged: dict[tuple[int, int, bool], Fill] = {}
    for fill in fills:
        key = (fill.oid, fill.time if fill.crossed else fill.tid, fill.crossed)
        known = merged.get(key)
        merged[key] = fill if known is None else _sum(known, fill)
    return list(merged.values())


def _sum(first: Fill, second: Fill) -> Fill:
    size = first.sz + second.sz
    return msgspec.structs.replace(
        first,
        sz=size,
        px=((first.px * first.sz + second.px * second.sz) / size).quantize(Decimal("1E-8")).normalize(),
        closed_pnl=first.closed_pnl + second.closed_pnl,
        fee=first.fee + second.fee,
    )


def _liquidation(fill: Fill) -> dict[str, object]:
    if fill.liquidation_method is None:
        return {}
    user = {} if fill.liquidated_user is None else {"liquidatedUser": fill.liquidated_user}
    mark = "0.0" if fill.liquidation_mark is None else shown(fill.liquidation_mark)
    return {"liquidation": {**user, "markPx": mark, "method": fill.liquidation_method}}


def _side(*, is_buy: bool) -> str:
    return "B" if is_buy else "A"


def _order_type(order: Order) -> str:
    trigger = order.trigger
    if trigger is not None:
        kind = "Take Profit" if trigger.tpsl == "tp" else "Stop"
        return f"{kind} {'Market' if trigger.is_market else 'Limit'}"
    return "Market" if order.tif is Tif.FRONTEND_MARKET else "Limit"


def _condition(order: Order) -> str:
    trigger = order.trigger
    if trigger is None:
        return "N/A"
    if order.status == "triggered":
        return "Triggered"
    return f"Price {'above' if _fires_above(order, trigger) else 'below'} {shown(trigger.px).removesuffix('.0')}"


def _fires_above(order: Order, trigger: Trigger) -> bool:
    # A sale takes its profit above and stops below; a purchase the other way round.
    return order.is_buy is (trigger.tpsl == "sl")
