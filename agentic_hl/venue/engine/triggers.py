"""Triggers fire when the mark reaches them: they end as `triggered`, and a new order does what they were for.

The new order has its own oid and the same cloid, and takes over the siblings of the trigger.
"""

from decimal import Decimal

from agentic_hl.venue.engine.checks import Ticket, judge
from agentic_hl.venue.engine.orders import adopt, end_order, new_order, record
from agentic_hl.venue.engine.placing import work
from agentic_hl.venue.engine.state import Desk, MarketState, State
from agentic_hl.venue.entities import Order
from agentic_hl.venue.terms import Grouping, OrderRequest, Tif

__all__ = ["fire_triggers", "is_reached"]


def fire_triggers(state: State, ms: MarketState) -> None:
    """Fire every trigger that the mark of a market has reached, oldest first."""
    reached = [order for order in ms.triggers.values() if is_reached(order, ms.mark)]
    for order in sorted(reached, key=_oid):
        if order.live:
            state.begin_block()
            _fire(state, state.desks[order.user], order)


def is_reached(order: Order, mark: Decimal) -> bool:
    """Tell whether the mark has come to a trigger: a stop lies behind the price, a take-profit ahead of it."""
    trigger = order.trigger
    if trigger is None:
        return False
    is_above = order.is_buy is (trigger.tpsl == "sl")
    return mark >= trigger.px if is_above else mark <= trigger.px


def _oid(order: Order) -> int:
    return order.oid


def _fire(state: State, desk: Desk, order: Order) -> None:
    trigger = order.trigger
    if trigger is None:
        return
    held = abs(desk.szi(order.asset))
    sz = min(order.sz, held) if order.reduce_only and held else order.sz
    request = OrderRequest(
        asset=order.asset,
        is_buy=order.is_buy,
        limit_px=order.limit_px,
        sz=sz,
        reduce_only=order.reduce_only,
        tif=Tif.FRONTEND_MARKET if trigger.is_market else Tif.GTC,
        cloid=order.cloid,
    )
    spawned = new_order(state, desk, request, sz, Grouping.NONE)
    adopt(desk, order, spawned)
    spawned.parent, spawned.grouping = order.oid, Grouping.NONE
    end_order(state, desk, order, "triggered")
    ms = state.markets[order.asset]
    rejection = judge(Ticket(state=state, desk=desk, ms=ms, order=spawned, was_triggered=True))
    if rejection is None:
        work(state, desk, spawned)
        return
    record(desk, spawned, is_refused=True)
    end_order(state, desk, spawned, rejection.status)
