"""What the venue's words say of an order; whatever is not proven stays unresolved."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, TypeAlias, assert_never

import msgspec

from agentic_core.domain.fill import Fill
from agentic_core.domain.money import ZERO
from agentic_core.domain.order import Accepted, IntentState, OrderIntent, Rejected, SendOutcome, Unresolved
from agentic_core.ports.broker import Burned, NotBurned
from agentic_hl.rest.transport import Answered, HttpOutcome, NeverLeft, Unclear
from agentic_hl.wire.errors import Proof
from agentic_hl.wire.messages.orders import OrderFate, OrderUpdate
from agentic_hl.wire.messages.reading import Unreadable
from agentic_hl.wire.replies import (
    Done,
    Filled,
    HttpFailed,
    ItemRefused,
    ItemStatus,
    Reply,
    RequestRefused,
    Resting,
    Statuses,
    proof_of,
    read_reply,
)

__all__ = ["Executed", "SendReading", "burn_reading", "executed_by", "send_reading", "state_of", "with_fills"]

_Word: TypeAlias = Reply | ItemStatus

_STATES: Final = {
    OrderFate.LIVE: IntentState.RESTING,
    OrderFate.FILLED: IntentState.FILLED,
    OrderFate.TRIGGERED: IntentState.UNKNOWN,  # another order took its place
    OrderFate.UNKNOWN: IntentState.UNKNOWN,
}


class Executed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order that executed, whose fills are to be looked for."""

    cloid: str
    oid: int
    size: Decimal


SendReading: TypeAlias = SendOutcome | Executed


def send_reading(intent: OrderIntent, outcome: HttpOutcome) -> SendReading:
    """Return what the answer to an order that was sent once says."""
    match outcome:
        case NeverLeft(cause=cause):
            return _unresolved(intent, f"nothing left: {cause}")
        case Unclear(cause=cause):
            return _unresolved(intent, cause)
        case Answered():
            reply = read_reply(outcome.status, outcome.body)
            word = reply.aligned(1)[0] if isinstance(reply, Statuses) else reply
            return _order_reading(intent, word)
        case _:
            assert_never(outcome)


def with_fills(intent: OrderIntent, executed: Executed, fills: Sequence[Fill]) -> SendOutcome:
    """Return what is known of an order that executed, with those of its fills that are listed.

    All of it executed: that stays true while fills are missing. Where it was a part, it is told only with all its
    fills, because an outcome has no other word for how large the part was.
    """
    listed = executed_by(fills)
    if executed.size < intent.size and listed != executed.size:
        cause = f"{executed.size} of {intent.size} executed, and its fills list {listed} so far"
        return _unresolved(intent, cause)
    state = IntentState.PARTIAL if executed.size < intent.size else IntentState.FILLED
    return Accepted(cloid=intent.cloid, state=state, fills=tuple(fills), venue_order_id=str(executed.oid))


def burn_reading(outcome: HttpOutcome) -> Burned | NotBurned:
    """Return what the answer to a noop says; only a plain success says that the nonce was free until then."""
    match outcome:
        case NeverLeft(cause=cause):
            return NotBurned(cause=f"nothing left: {cause}")
        case Unclear(cause=cause):
            return NotBurned(cause=cause)
        case Answered():
            reply = read_reply(outcome.status, outcome.body)
            return Burned() if isinstance(reply, Done) else NotBurned(cause=_cause(reply))
        case _:
            assert_never(outcome)


def state_of(update: OrderUpdate, fills: Sequence[Fill], *, fills_complete: bool) -> IntentState:
    """Return what an order is by its status and the fills that are listed.

    Args:
        update: the order and its status.
        fills: what is listed of it.
        fills_complete: whether nothing of it can be missing in the list, because it ended long before that was read.

    Raises:
        WireError: its sizes cannot be read.
    """
    listed = executed_by(fills)
    match update.fate:
        case OrderFate.REJECTED:
            return IntentState.UNKNOWN if listed else IntentState.REJECTED
        case OrderFate.CANCELED:
            told = update.order.original_size - update.order.remaining_size
            if listed != told and not fills_complete:
                return IntentState.UNKNOWN
            return IntentState.PARTIAL if listed else IntentState.DEAD
        case fate:
            return _STATES[fate]


def executed_by(fills: Sequence[Fill]) -> Decimal:
    """Return the units of fills."""
    return sum((fill.size for fill in fills), ZERO)


def _order_reading(intent: OrderIntent, word: _Word) -> SendReading:
    if isinstance(word, Filled | Resting) and word.cloid is not None and word.cloid.lower() != intent.cloid:
        return _unresolved(intent, f"the answer names another order, {word.cloid}")
    if isinstance(word, Filled):
        return Executed(cloid=intent.cloid, oid=word.oid, size=word.size)
    if isinstance(word, Resting):
        return Accepted(cloid=intent.cloid, state=IntentState.RESTING, fills=(), venue_order_id=str(word.oid))
    if proof_of(word) is Proof.NOTHING_EXECUTED:
        return Rejected(cloid=intent.cloid, reason=_cause(word))
    return _unresolved(intent, _cause(word))


def _unresolved(intent: OrderIntent, cause: str) -> Unresolved:
    return Unresolved(cloid=intent.cloid, cause=cause)


def _cause(word: _Word) -> str:
    match word:
        case RequestRefused(refusal=refusal) | ItemRefused(refusal=refusal):
            return refusal.text
        case HttpFailed(status=status, text=text):
            return f"HTTP {status}: {text!r}"
        case Unreadable(cause=cause):
            return f"the answer cannot be read: {cause}"
        case _:
            return f"the answer says nothing of it: {word}"
