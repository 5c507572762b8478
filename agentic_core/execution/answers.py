"""What the answers of a broker are evidence of."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias, assert_never

from agentic_core.domain.fill import Fill
from agentic_core.domain.money import Size
from agentic_core.domain.order import Accepted, IntentState, Rejected, SendOutcome, Unresolved
from agentic_core.domain.times import Instant
from agentic_core.execution.evidence import (
    AbsenceRead,
    AnsweredFilled,
    AnsweredResting,
    BurnAcknowledged,
    BurnUnproven,
    Evidence,
    FillSeen,
    NeverLeft,
    OrderRefused,
    OrderSeen,
    OrderStatus,
    Unclear,
)
from agentic_core.ports.broker import Absent, Burned, Known, NotBurned

__all__ = ["BrokerReply", "evidence_of"]

BrokerReply: TypeAlias = SendOutcome | Known | Absent | Burned | NotBurned
"""What the broker port answers."""


def evidence_of(reply: BrokerReply, *, send: int = 1) -> Evidence:
    """Say what a broker's answer is evidence of.

    Args:
        reply: what the broker port answered.
        send: which send of the intent an outcome is that of; the first is 1.

    >>> evidence_of(Unresolved(cloid="0x00", cause="timeout after 5 s"))
    Unclear(cause='timeout after 5 s')
    """
    match reply:
        case Accepted() | Rejected() | Unresolved():
            return _outcome(reply, send)
        case Known():
            return _shown(reply.state, _executed(reply), reply.seen_at)
        case Absent(searched=searched):
            found = _units(reply.fills)
            return AbsenceRead(read_at=searched.read_at, searched_from=searched.since, filled=found)
        case Burned():
            return BurnAcknowledged()
        case NotBurned():
            return BurnUnproven(cause=reply.cause)
        case _:
            assert_never(reply)


def _outcome(outcome: SendOutcome, send: int) -> Evidence:
    match outcome:
        case Accepted(total=total) if total is not None and outcome.state in _ENDED_BY_ANSWER:
            return AnsweredFilled(filled=total)
        case Accepted():
            return _shown(outcome.state, _executed(outcome))
        case Rejected():
            return OrderRefused(reason=outcome.reason)
        case Unresolved(left=False):
            return NeverLeft(send=send, cause=outcome.cause)
        case Unresolved():
            return Unclear(cause=outcome.cause)
        case _:
            assert_never(outcome)


_ENDED: Mapping[IntentState, OrderStatus] = {
    IntentState.FILLED: OrderStatus.FILLED,
    IntentState.REJECTED: OrderStatus.REJECTED,
    IntentState.DEAD: OrderStatus.CANCELED,
}


_ENDED_BY_ANSWER = frozenset({IntentState.FILLED, IntentState.PARTIAL})


def _shown(state: IntentState, filled: Size, seen_at: Instant | None = None) -> Evidence:
    if state in _ENDED:
        return OrderSeen(status=_ENDED[state], filled=filled, seen_at=seen_at)
    if state is IntentState.RESTING:
        return AnsweredResting(filled=filled)
    if not filled:  # taken, but neither its state nor a fill says what became of it
        return Unclear(cause=f"the broker calls the order {state} and names no fill")
    if state is IntentState.PARTIAL:
        return OrderSeen(status=OrderStatus.CANCELED, filled=filled, seen_at=seen_at)
    return FillSeen(filled=filled)


def _executed(shown: Accepted | Known) -> Size:
    # The venue's count may be ahead of the fills it lists, and a stale one behind.
    listed = _units(shown.fills)
    return listed if shown.total is None else max(listed, shown.total)


def _units(fills: tuple[Fill, ...]) -> Size:
    return Size(sum((fill.size for fill in fills), Decimal(0)))
