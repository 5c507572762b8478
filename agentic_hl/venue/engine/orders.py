"""The life of an order: taken in, resting, waiting, ended; and what a fill or a changed position does to others."""

from copy import copy
from decimal import Decimal

from agentic_hl.venue.engine.state import Desk, MarketState, State
from agentic_hl.venue.entities import NonUserCancel, Order, OrderChanged
from agentic_hl.venue.terms import Grouping, OrderRequest, Tif

__all__ = [
    "activate",
    "adopt",
    "announce",
    "end_order",
    "follow_position",
    "forget",
    "new_order",
    "record",
    "rest",
    "shrink",
    "wait_for_parent",
]

_ZERO = Decimal(0)
_NEVER_RESTING = (Tif.IOC, Tif.FRONTEND_MARKET)
_QUIET = frozenset({"filled", "canceled", "triggered", "rejected", "reduceOnlyCanceled"})


def new_order(state: State, desk: Desk, request: OrderRequest, sz: Decimal, grouping: Grouping) -> Order:
    """Make an order of a request; nobody knows of it yet."""
    return Order(
        oid=state.next_oid(),
        user=desk.account.address,
        asset=request.asset,
        is_buy=request.is_buy,
        limit_px=request.limit_px,
        orig_sz=request.sz,
        sz=sz,
        reduce_only=request.reduce_only,
        tif=request.tif,
        trigger=request.trigger,
        cloid=request.cloid,
        timestamp=state.now,
        grouping=grouping,
        status_time=state.now,
    )


def record(desk: Desk, order: Order, *, is_refused: bool = False) -> None:
    """Keep an order, so that it can be asked about; a refused one does not take its cloid away from a live one."""
    desk.orders[order.oid] = order
    if order.cloid is None:
        return
    if is_refused and desk.by_cloid.get(order.cloid) in desk.live:
        return
    desk.by_cloid[order.cloid] = order.oid


def announce(state: State, order: Order, status: str) -> None:
    """Tell the world that an order is now like this."""
    state.events.append(OrderChanged(user=order.user, order=copy(order), status=status, time=state.now))


def rest(state: State, desk: Desk, order: Order) -> None:
    """Put what is left of an order into the book."""
    desk.live[order.oid] = order
    ms = state.markets[order.asset]
    ms.own(is_buy=order.is_buy).add(order)
    ms.touched += 1
    _count(desk, order, order.sz)
    _note_reducing(desk, order)
    announce(state, order, "open")


def activate(state: State, desk: Desk, order: Order) -> None:
    """Let a trigger order watch the mark."""
    order.waiting_for_parent = False
    desk.live[order.oid] = order
    state.markets[order.asset].triggers[order.oid] = order
    _note_reducing(desk, order)
    announce(state, order, "open")


def wait_for_parent(desk: Desk, order: Order, parent: Order) -> None:
    """Let a child wait until its parent is filled."""
    order.waiting_for_parent = True
    order.parent = parent.oid
    desk.live[order.oid] = order


def adopt(desk: Desk, old: Order, new: Order) -> None:
    """Give an order that replaces another its place among parents, children and siblings."""
    new.grouping, new.parent, new.siblings, new.children = old.grouping, old.parent, old.siblings, old.children
    old.siblings, old.children = (), ()
    for oid in new.siblings:
        sibling = desk.orders.get(oid)
        if sibling is not None:
            sibling.siblings = tuple(new.oid if other == old.oid else other for other in sibling.siblings)
    for oid in new.children:
        child = desk.orders.get(oid)
        if child is not None:
            child.parent = new.oid
    parent = desk.orders.get(old.parent) if old.parent is not None else None
    if parent is not None:
        parent.children = tuple(new.oid if other == old.oid else other for other in parent.children)


def end_order(state: State, desk: Desk, order: Order, status: str) -> None:
    """End an order, wherever it stands, and what hangs on it: children, or siblings if it had filled."""
    _withdraw(state, desk, order)
    order.live = False
    order.status = status
    order.status_time = state.now
    announce(state, order, status)
    if status not in _QUIET and not status.endswith("Rejected"):
        state.events.append(NonUserCancel(user=order.user, asset=order.asset, oid=order.oid, time=state.now))
    _retire(state, desk, order)
    _end_children(state, desk, order)
    if order.filled_sz and order.siblings:
        for oid in order.siblings:
            sibling = desk.live.get(oid)
            if sibling is not None:
                end_order(state, desk, sibling, "siblingFilledCanceled")


def forget(desk: Desk) -> None:
    """Drop every ended order, as if it had been pushed out of retention."""
    while desk.ended:
        _forget_oldest(desk)


def shrink(state: State, desk: Desk, order: Order, sz: Decimal) -> None:
    """Lower what is left of a resting order, by a fill or because it may only reduce."""
    if order.trigger is None and order.oid in desk.live:
        _count(desk, order, sz - order.sz)
        state.markets[order.asset].touched += 1
    order.sz = sz


def follow_position(state: State, desk: Desk, asset: int) -> None:
    """Bring reduce-only orders in line with the position: shrink them to it, end them when they cannot reduce it."""
    reducing = desk.reducing.get(asset)
    if not reducing:
        return
    szi = desk.szi(asset)
    held = abs(szi)
    for order in list(reducing.values()):
        if not order.live:
            continue
        if not szi or (szi > 0) == order.is_buy:
            end_order(state, desk, order, "reduceOnlyCanceled")
        elif order.sz > held or (order.is_position_tpsl and order.trigger is not None):
            changed = order.sz != held
            shrink(state, desk, order, held)
            if changed:
                announce(state, order, "open")


def _withdraw(state: State, desk: Desk, order: Order) -> None:
    if desk.live.pop(order.oid, None) is None or order.waiting_for_parent:
        return
    ms: MarketState = state.markets[order.asset]
    if order.trigger is not None:
        ms.triggers.pop(order.oid, None)
    else:
        ms.own(is_buy=order.is_buy).remove(order)
        ms.touched += 1
        _count(desk, order, -order.sz)
    reducing = desk.reducing.get(order.asset)
    if reducing is not None:
        reducing.pop(order.oid, None)


def _count(desk: Desk, order: Order, change: Decimal) -> None:
    if order.reduce_only:
        return
    resting = desk.resting.setdefault(order.asset, [_ZERO, _ZERO])
    resting[0 if order.is_buy else 1] += change
    if not resting[0] and not resting[1]:
        del desk.resting[order.asset]


def _note_reducing(desk: Desk, order: Order) -> None:
    if order.reduce_only:
        desk.reducing.setdefault(order.asset, {})[order.oid] = order


def _retire(state: State, desk: Desk, order: Order) -> None:
    desk.ended.append(order.oid)
    while len(desk.ended) > state.options.retained_orders:
        _forget_oldest(desk)


def _forget_oldest(desk: Desk) -> None:
    order = desk.orders.pop(desk.ended.popleft(), None)
    if order is not None and order.cloid is not None and desk.by_cloid.get(order.cloid) == order.oid:
        del desk.by_cloid[order.cloid]


def _end_children(state: State, desk: Desk, order: Order) -> None:
    # A parent that filled lets its exits go to work, also in part, unless the user took it back; of an order that
    # never rests, only the venue can have cancelled the remainder.
    was_taken_back = order.status == "canceled" and order.tif not in _NEVER_RESTING
    does_activate = bool(order.filled_sz) and not was_taken_back
    for oid in order.children:
        child = desk.live.get(oid)
        if child is None or not child.waiting_for_parent:
            continue
        if does_activate:
            activate(state, desk, child)
        else:
            end_order(state, desk, child, "canceled")
    if does_activate and order.children:
        follow_position(state, desk, order.asset)
