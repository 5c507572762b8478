"""Orders are placed, cancelled and replaced, alone or in groups, and answered."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from agentic_hl.venue.engine.checks import Rejection, Ticket, judge, missed, post_only_clears, would_clear
from agentic_hl.venue.engine.matching import match
from agentic_hl.venue.engine.orders import (
    activate,
    adopt,
    end_order,
    follow_position,
    new_order,
    record,
    rest,
    wait_for_parent,
)
from agentic_hl.venue.engine.state import Desk, State
from agentic_hl.venue.entities import Order
from agentic_hl.venue.exact import divided
from agentic_hl.venue.protocol import catalogue
from agentic_hl.venue.protocol.texts import shown
from agentic_hl.venue.terms import Grouping, OrderRequest, Status, Tif, Waiting

__all__ = ["cancel_order", "find", "place_orders", "replace_order", "work"]

_NEVER_RESTING = (Tif.IOC, Tif.FRONTEND_MARKET)
_SHOWN = Decimal("0.00000001")
_SUCCESS: Status = "success"


def place_orders(state: State, desk: Desk, requests: Sequence[OrderRequest], grouping: Grouping) -> list[Status]:
    """Place the orders of one action; statuses align with the requests."""
    if grouping is Grouping.NORMAL_TPSL and len(requests) > 1 and requests[0].trigger is None:
        return _place_with_exits(state, desk, requests)
    statuses: list[Status] = []
    taken: list[Order] = []
    for request in requests:
        order = _make(state, desk, request, grouping)
        rejection = judge(Ticket(state=state, desk=desk, ms=state.markets[order.asset], order=order))
        if rejection is not None:
            statuses.append(_reject(state, desk, order, rejection))
            continue
        taken.append(order)
        statuses.append(work(state, desk, order))
    if grouping is Grouping.POSITION_TPSL:
        _make_siblings(taken)
    return statuses


def work(state: State, desk: Desk, order: Order) -> Status:
    """Let an order that passed every check do what it is for: wait, trade, rest."""
    record(desk, order)
    if order.trigger is not None:
        activate(state, desk, order)
        follow_position(state, desk, order.asset)
        return Waiting.TRIGGER.value
    ms = state.markets[order.asset]
    if order.tif is not Tif.ALO:
        match(state, ms, desk, order)
    rejection = _leave(state, desk, order)
    if rejection is not None:
        end_order(state, desk, order, rejection.status)
        return {"error": rejection.text}
    if order.filled_sz:
        follow_position(state, desk, order.asset)
        return _with_cloid(order, "filled", {"totalSz": shown(order.filled_sz), "avgPx": _average(order)})
    return _with_cloid(order, "resting", {})


def _leave(state: State, desk: Desk, order: Order) -> Rejection | None:
    # What becomes of an order that has met the book; one that did not trade and may not rest is refused after all.
    stops_short = order.tif is not Tif.ALO and would_clear(
        order, state.markets[order.asset].opposite(is_buy=order.is_buy)
    )
    if not order.sz:
        end_order(state, desk, order, "filled")
    elif order.tif not in _NEVER_RESTING and not stops_short:
        rest(state, desk, order)
    elif order.filled_sz:
        end_order(state, desk, order, "marginCanceled" if stops_short else "canceled")
    elif stops_short:
        # There was a price that it could have had, but its account could not pay it (text as at placing: assumed).
        text = catalogue.of_asset(catalogue.MARGIN, order.asset)
        return Rejection(text=text, status="perpMarginRejected")
    else:
        return missed(order)
    return None


def find(desk: Desk, ref: int | str) -> Order | None:
    """Find an order by oid, or the newest of a cloid."""
    oid = desk.by_cloid.get(ref) if isinstance(ref, str) else ref
    return None if oid is None else desk.orders.get(oid)


def cancel_order(state: State, desk: Desk, asset: int, ref: int | str) -> Status:
    """Cancel one order on behalf of its user."""
    order = find(desk, ref)
    if order is None or not order.live or order.asset != asset:
        return {"error": catalogue.of_asset(catalogue.CANCEL_MISSED, asset)}
    end_order(state, desk, order, "canceled")
    return _SUCCESS


def replace_order(state: State, desk: Desk, ref: int | str, request: OrderRequest, *, always_place: bool) -> Status:
    """Put a new order in the place of another; it has a new oid and keeps the cloid unless it brings one.

    Unless `always_place`, the new order must not trade at once; if it is refused, the old one stands (assumed).
    """
    state.market(request.asset)
    old = find(desk, ref)
    if old is None or not old.live:
        if not always_place:
            return {"error": catalogue.of_asset(catalogue.MODIFY_MISSED, request.asset)}
        return place_orders(state, desk, [request], Grouping.NONE)[0]
    new = _make(state, desk, request, old.grouping)
    new.cloid = new.cloid or old.cloid
    ms = state.markets[request.asset]
    entry = _entry_of_parent(state, desk, old)
    ticket = Ticket(state=state, desk=desk, ms=ms, order=new, replaced=old, entry=entry)
    rejection = judge(ticket)
    if rejection is None and not always_place and new.trigger is None:
        rejection = _must_rest(ticket)
    if rejection is not None:
        return _reject(state, desk, new, rejection)
    return _swap(state, desk, old, new)


def _swap(state: State, desk: Desk, old: Order, new: Order) -> Status:
    waits = old.waiting_for_parent and new.trigger is not None
    adopt(desk, old, new)
    end_order(state, desk, old, "canceled")
    parent = desk.orders.get(new.parent) if waits and new.parent is not None else None
    if parent is None:
        return work(state, desk, new)
    record(desk, new)
    wait_for_parent(desk, new, parent)
    return Waiting.FILL.value


def _must_rest(ticket: Ticket) -> Rejection | None:
    order = ticket.order
    if would_clear(order, ticket.ms.opposite(is_buy=order.is_buy)):
        return post_only_clears(ticket)
    return missed(order) if order.tif in _NEVER_RESTING else None


def _place_with_exits(state: State, desk: Desk, requests: Sequence[OrderRequest]) -> list[Status]:
    ms = state.markets[requests[0].asset]
    parent = _make(state, desk, requests[0], Grouping.NORMAL_TPSL)
    rejection = judge(Ticket(state=state, desk=desk, ms=ms, order=parent))
    if rejection is not None:
        _reject(state, desk, parent, rejection)
        return [{"error": rejection.text} for _ in requests]
    entry = _entry(parent, ms.mark)
    exits: list[Order] = []
    waiting: list[Status] = []
    for request in requests[1:]:
        order = _make(state, desk, request, Grouping.NORMAL_TPSL)
        objection = _judge_exit(Ticket(state=state, desk=desk, ms=ms, order=order, entry=entry), parent)
        if objection is not None:
            waiting.append(_reject(state, desk, order, objection))
            continue
        record(desk, order)
        wait_for_parent(desk, order, parent)
        exits.append(order)
        waiting.append(Waiting.FILL.value)
    parent.children = tuple(order.oid for order in exits)
    _make_siblings(exits)
    status = work(state, desk, parent)
    if isinstance(status, dict) and "error" in status:
        return [status for _ in requests]
    return [status, *waiting]


def _judge_exit(ticket: Ticket, parent: Order) -> Rejection | None:
    order = ticket.order
    if order.trigger is None or order.asset != parent.asset or order.is_buy == parent.is_buy:
        text = catalogue.of_asset(catalogue.BAD_TRIGGER_PRICE, order.asset)
        return Rejection(text=text, status="badTriggerPxRejected")
    return judge(ticket)


def _entry(parent: Order, mark: Decimal) -> Decimal:
    return min(parent.limit_px, mark) if parent.is_buy else max(parent.limit_px, mark)


def _entry_of_parent(state: State, desk: Desk, order: Order) -> Decimal | None:
    if not order.waiting_for_parent or order.parent is None:
        return None
    return _entry(desk.orders[order.parent], state.markets[order.asset].mark)


def _make(state: State, desk: Desk, request: OrderRequest, grouping: Grouping) -> Order:
    held = abs(desk.szi(request.asset))
    sz = request.sz
    if request.trigger is None:
        # Only exits belong to a position; whatever else came along stands for itself.
        grouping = Grouping.NONE if grouping is Grouping.POSITION_TPSL else grouping
        sz = min(sz, held) if request.reduce_only and held else sz
    elif grouping is Grouping.POSITION_TPSL:
        request = msgspec.structs.replace(request, reduce_only=True)
        sz = held
    elif request.reduce_only and held and grouping is Grouping.NONE:
        sz = min(sz, held)
    return new_order(state, desk, request, sz, grouping)


def _make_siblings(orders: Sequence[Order]) -> None:
    for order in orders:
        order.siblings = tuple(other.oid for other in orders if other is not order)


def _reject(state: State, desk: Desk, order: Order, rejection: Rejection) -> Status:
    record(desk, order, is_refused=True)
    end_order(state, desk, order, rejection.status)
    return {"error": rejection.text}


def _with_cloid(order: Order, kind: str, content: dict[str, object]) -> Status:
    content["oid"] = order.oid
    if order.cloid is not None:
        content["cloid"] = order.cloid
    return {kind: content}


def _average(order: Order) -> str:
    return shown(divided(order.filled_ntl, order.filled_sz, _SHOWN))
