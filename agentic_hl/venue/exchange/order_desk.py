"""Placing, cancelling and replacing orders on behalf of a known signer.

Assumed: nobody has staked anything, so every bid for priority is unpaid; a builder's fee has to be approved, and is
then not charged; `f` on the cancel of a trigger order is an error of that one cancel.
"""

from collections.abc import Sequence
from decimal import Decimal

from agentic_hl.venue.engine import Engine
from agentic_hl.venue.exchange.acting import Acting
from agentic_hl.venue.exchange.builders import BuilderBook
from agentic_hl.venue.protocol.actions import TradingAction
from agentic_hl.venue.protocol.catalogue import BUILDER_FEE, PRIORITY_CANCEL_OF_TRIGGER, PRIORITY_UNPAID, of_asset
from agentic_hl.venue.protocol.order_actions import (
    BatchModify,
    Cancel,
    CancelByCloid,
    Modify,
    OrderWire,
    PlaceOrders,
    Priority,
)
from agentic_hl.venue.terms import Grouping, OrderRequest, Refused, Status, Tif, Trigger

__all__ = ["OrderDesk"]


class OrderDesk:
    """Hands orders to the engine."""

    def __init__(self, engine: Engine, builders: BuilderBook) -> None:
        """Know the engine, and which builders' fees were approved."""
        self._engine = engine
        self._builders = builders

    def carry_out(self, acting: Acting, action: TradingAction) -> object:
        """Do what is asked, and return the `response`.

        Raises:
            Refused: the request as a whole will not do.
        """
        match action:
            case PlaceOrders():
                return _statuses("order", self._place(acting, action))
            case Cancel(cancels=targets, priority=priority):
                wanted = [(target.asset, target.oid) for target in targets]
                return _statuses("cancel", self._cancel(acting.account, wanted, priority=priority))
            case CancelByCloid(cancels=targets, priority=priority):
                named = [(target.asset, str(target.cloid)) for target in targets]
                return _statuses("cancel", self._cancel_named(acting.account, named, priority=priority))
            case BatchModify(modifies=modifies, always_place=always_place):
                changes = [(change.oid, _request(change.order)) for change in modifies]
                return _statuses("order", self._engine.modify(acting.account, changes, always_place=always_place))
            case Modify(oid=oid, order=order, always_place=always_place):
                (status,) = self._engine.modify(acting.account, [(oid, _request(order))], always_place=always_place)
                if isinstance(status, dict) and "error" in status:
                    raise Refused(str(status["error"]))
                return {"type": "default"}

    def _place(self, acting: Acting, action: PlaceOrders) -> Sequence[Status]:
        grouping = action.grouping
        if isinstance(grouping, Priority):
            if grouping.rate:
                return [_error(PRIORITY_UNPAID, order.asset) for order in action.orders]
            grouping = "na"
        builder = action.builder
        if builder is not None and not self._builders.covers(acting.master, builder.address, builder.fee):
            return [_error(BUILDER_FEE, order.asset) for order in action.orders]
        requests = [_request(order) for order in action.orders]
        return self._engine.place(acting.account, requests, Grouping(grouping), time=acting.now)

    def _cancel(self, address: str, targets: list[tuple[int, int]], *, priority: bool) -> Sequence[Status]:
        allowed = [target for target in targets if not (priority and self._is_trigger(address, target[1]))]
        return _aligned(targets, allowed, self._engine.cancel(address, allowed))

    def _cancel_named(self, address: str, targets: list[tuple[int, str]], *, priority: bool) -> Sequence[Status]:
        allowed = [target for target in targets if not (priority and self._is_trigger(address, target[1]))]
        return _aligned(targets, allowed, self._engine.cancel_by_cloid(address, allowed))

    def _is_trigger(self, address: str, ref: int | str) -> bool:
        order = self._engine.order(address, ref)
        return order is not None and order.trigger is not None


def _aligned(
    targets: Sequence[tuple[int, int | str]], allowed: Sequence[tuple[int, int | str]], done: Sequence[Status]
) -> list[Status]:
    answers = iter(done)
    return [next(answers) if target in allowed else _error(PRIORITY_CANCEL_OF_TRIGGER, target[0]) for target in targets]


def _statuses(kind: str, statuses: Sequence[Status]) -> object:
    return {"type": kind, "data": {"statuses": statuses}}


def _error(text: str, asset: int) -> Status:
    return {"error": of_asset(text, asset)}


def _request(order: OrderWire) -> OrderRequest:
    limit, trigger = order.kind.limit, order.kind.trigger
    return OrderRequest(
        asset=order.asset,
        is_buy=order.is_buy,
        limit_px=Decimal(order.price),
        sz=Decimal(order.size),
        reduce_only=order.reduce_only,
        tif=None if limit is None else Tif(limit.tif),
        trigger=(
            None
            if trigger is None
            else Trigger(is_market=trigger.is_market, px=Decimal(trigger.trigger_px), tpsl=trigger.tpsl)
        ),
        cloid=None if order.cloid is None else str(order.cloid),
    )
