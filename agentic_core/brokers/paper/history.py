"""What became of every order, in the venue's words."""

from collections.abc import Iterator
from enum import StrEnum
from typing import TypeAlias, assert_never

import msgspec

from agentic_core.domain.ids import ClientOrderId, Symbol
from agentic_core.domain.money import ZERO, Size
from agentic_core.domain.order import Accepted, IntentState, OrderIntent, Rejected, SendOutcome, Unresolved
from agentic_core.domain.times import Instant

__all__ = ["Answer", "LogEntry", "OrderEvent", "OrderStatus", "events_of", "status_of_refusal"]


class OrderStatus(StrEnum):
    """The venue's status words, and one of ours for an order on its way."""

    SENT = "sent"
    OPEN = "open"
    TRIGGERED = "triggered"
    FILLED = "filled"
    CANCELED = "canceled"
    MARGIN_CANCELED = "marginCanceled"
    REDUCE_ONLY_CANCELED = "reduceOnlyCanceled"
    SIBLING_FILLED_CANCELED = "siblingFilledCanceled"
    SELF_FILL_CANCELED = "selfTradeCanceled"
    LIQUIDATED_CANCELED = "liquidatedCanceled"
    REJECTED = "rejected"
    TICK_REJECTED = "tickRejected"
    MIN_NOTIONAL_REJECTED = "minTradeNtlRejected"
    MARGIN_REJECTED = "perpMarginRejected"
    REDUCE_ONLY_REJECTED = "reduceOnlyRejected"
    POST_ONLY_REJECTED = "badAloPxRejected"
    IOC_REJECTED = "iocCancelRejected"
    TRIGGER_REJECTED = "badTriggerPxRejected"
    TIER_REJECTED = "perpMaxPositionRejected"
    OPEN_ORDERS_REJECTED = "tooManyOpenOrdersRejected"
    ORACLE_REJECTED = "oracleRejected"


_REFUSALS = {
    "Price must be divisible": OrderStatus.TICK_REJECTED,
    "Order must have minimum value": OrderStatus.MIN_NOTIONAL_REJECTED,
    "Insufficient margin": OrderStatus.MARGIN_REJECTED,
    "Reduce only order": OrderStatus.REDUCE_ONLY_REJECTED,
    "Post only order": OrderStatus.POST_ONLY_REJECTED,
    "Order could not immediately match": OrderStatus.IOC_REJECTED,
    "Invalid TP/SL price": OrderStatus.TRIGGER_REJECTED,
    "Order would cause position": OrderStatus.TIER_REJECTED,
    "Too many open orders": OrderStatus.OPEN_ORDERS_REJECTED,
    "Order price cannot be more": OrderStatus.ORACLE_REJECTED,
}


class OrderEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One change of an order."""

    time: Instant
    cloid: ClientOrderId
    symbol: Symbol
    status: OrderStatus
    left: Size
    """Units that may still execute, or, where the order has ended, that did not."""
    reason: str = ""


class Answer(msgspec.Struct, frozen=True, gc=False):
    """The answer to an action, from which its event follows; they are many, so events wait until somebody asks."""

    time: Instant
    intent: OrderIntent
    outcome: SendOutcome


LogEntry: TypeAlias = OrderEvent | Answer


def events_of(entry: LogEntry) -> Iterator[OrderEvent]:
    """List the events of a log entry."""
    if isinstance(entry, OrderEvent):
        yield entry
        return
    intent, outcome = entry.intent, entry.outcome
    left, reason = intent.size, ""
    match outcome:
        case Accepted():
            status = _status_of(outcome.state)
            left = Size(ZERO if status is OrderStatus.FILLED else intent.size - outcome.filled_size)
        case Rejected():
            status, reason = status_of_refusal(outcome.reason), outcome.reason
        case Unresolved():
            status, reason = OrderStatus.SENT, outcome.cause
        case _:
            assert_never(outcome)
    cloid, symbol = intent.cloid, intent.symbol
    yield OrderEvent(time=entry.time, cloid=cloid, symbol=symbol, status=status, left=left, reason=reason)


def status_of_refusal(reason: str) -> OrderStatus:
    """Return the venue's status of an order refused with these words."""
    found = (status for words, status in _REFUSALS.items() if reason.startswith(words))
    return next(found, OrderStatus.REJECTED)


def _status_of(state: IntentState) -> OrderStatus:
    # An immediate order that filled in part ends cancelled, with its fills.
    match state:
        case IntentState.RESTING:
            return OrderStatus.OPEN
        case IntentState.PARTIAL | IntentState.DEAD:
            return OrderStatus.CANCELED
        case _:
            return OrderStatus.FILLED
