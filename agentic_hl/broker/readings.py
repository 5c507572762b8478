"""What the venue's words say of an order; whatever is not proven stays unresolved."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final, TypeAlias, assert_never

import msgspec

from agentic_core.domain.fill import Fill
from agentic_core.domain.money import ZERO, Size
from agentic_core.domain.order import (
    Accepted,
    IntentKind,
    IntentState,
    OrderIntent,
    Rejected,
    SendOutcome,
    TimeInForce,
    Unresolved,
)
from agentic_core.ports.broker import Burned, NotBurned
from agentic_hl.rest.transport import Answered, HttpOutcome, NeverLeft, Unclear
from agentic_hl.wire.errors import ErrorClass, Proof, Refusal
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
    Succeeded,
    Waiting,
    proof_of,
    read_reply,
)

__all__ = [
    "Executed",
    "SendReading",
    "Shown",
    "burn_reading",
    "executed_by",
    "refusal_of",
    "send_reading",
    "shown_of",
    "with_fills",
]

_Word: TypeAlias = Reply | ItemStatus

_DONE: Final[Mapping[IntentKind, type[Done | Succeeded]]] = MappingProxyType(
    {IntentKind.CANCEL: Succeeded, IntentKind.LEVERAGE: Done}
)
"""How the venue says that an action without size was carried out."""
_NO_UNITS: Final = Size(ZERO)
_FOR_TRIGGER: Final = "waitingForTrigger"


class Executed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order that executed, whose fills are to be looked for."""

    cloid: str
    oid: int
    size: Decimal


SendReading: TypeAlias = SendOutcome | Executed


class Shown(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an order is, as far as its status and its fills prove it."""

    state: IntentState
    total: Size | None = None
    """All units executed so far as the venue counts them; None where only the fills tell."""


def send_reading(intent: OrderIntent, outcome: HttpOutcome) -> SendReading:
    """Return what the answer to an action that was sent once says."""
    match outcome:
        case NeverLeft(cause=cause):
            return Unresolved(cloid=intent.cloid, cause=f"nothing left: {cause}", left=False)
        case Unclear(cause=cause):
            return _unresolved(intent, cause)
        case Answered():
            reply = read_reply(outcome.status, outcome.body)
            word = reply.aligned(1)[0] if isinstance(reply, Statuses) else reply
            return _word_reading(intent, word)
        case _:
            assert_never(outcome)


def with_fills(intent: OrderIntent, executed: Executed, fills: Sequence[Fill]) -> SendOutcome:
    """Return what is known of an order that executed, with those of its fills that are listed.

    How much executed is the venue's count, which stays true while fills are missing. What is left of an order that may
    rest is taken to rest, until a look at it says otherwise.
    """
    state = IntentState.FILLED
    if executed.size < intent.size:
        state = IntentState.PARTIAL if intent.time_in_force is TimeInForce.IOC else IntentState.RESTING
    return Accepted(
        cloid=intent.cloid,
        state=state,
        fills=tuple(fills),
        venue_order_id=str(executed.oid),
        total=Size(executed.size),
    )


def refusal_of(outcome: HttpOutcome) -> Refusal | None:
    """Return why the venue refused a whole request; None where it did not, or did not answer."""
    reply = read_reply(outcome.status, outcome.body) if isinstance(outcome, Answered) else None
    return reply.refusal if isinstance(reply, RequestRefused) else None


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


def shown_of(update: OrderUpdate, fills: Sequence[Fill], *, fills_complete: bool, unclaimed: bool = False) -> Shown:
    """Return what an order is by its status and the fills that are listed.

    The venue shrinks a reduce-only order without a word, so of such a one the sizes beside the status tell nothing.

    Args:
        update: the order and its status.
        fills: what is listed of it.
        fills_complete: whether nothing of it can be missing in the list, because it ended long before that was read.
        unclaimed: whether the list holds executions that name no order of ours and may be of the one that took the
            place of this one.

    Raises:
        WireError: its sizes cannot be read.
    """
    listed = executed_by(fills)
    order = update.order
    is_plain = order.reduce_only is False and not order.is_trigger
    told = Size(order.original_size - order.remaining_size) if is_plain else None
    match update.fate:
        case OrderFate.LIVE:
            return Shown(state=IntentState.RESTING, total=told)
        case OrderFate.FILLED:
            return Shown(state=IntentState.FILLED, total=told)
        case OrderFate.REJECTED:
            return Shown(state=IntentState.UNKNOWN if listed else IntentState.REJECTED)
        case OrderFate.CANCELED:
            return _ended(update, listed, told, fills_complete=fills_complete)
        case OrderFate.TRIGGERED if fills_complete and order.is_market and (listed or not unclaimed):
            # The market order that took its place has ended too, and its fills name this order or nobody.
            return Shown(state=IntentState.PARTIAL if listed else IntentState.DEAD)
        case OrderFate.TRIGGERED | OrderFate.UNKNOWN:
            return Shown(state=IntentState.UNKNOWN)
        case _:
            assert_never(update.fate)


def executed_by(fills: Sequence[Fill]) -> Decimal:
    """Return the units of fills."""
    return sum((fill.size for fill in fills), ZERO)


def _ended(update: OrderUpdate, listed: Decimal, told: Size | None, *, fills_complete: bool) -> Shown:
    order = update.order
    if told is not None:
        if listed > told:
            return Shown(state=IntentState.UNKNOWN)
        return Shown(state=IntentState.PARTIAL if told else IntentState.DEAD, total=told)
    never_fired = order.waits_for_trigger and not listed
    agreed = listed == order.original_size - order.remaining_size
    if never_fired or agreed or fills_complete:
        return Shown(state=IntentState.PARTIAL if listed else IntentState.DEAD)
    return Shown(state=IntentState.UNKNOWN)


def _word_reading(intent: OrderIntent, word: _Word) -> SendReading:
    if intent.kind in _DONE:
        return _plain_reading(intent, word)
    if isinstance(word, Filled | Resting) and word.cloid is not None and word.cloid.lower() != intent.cloid:
        return _unresolved(intent, f"the answer names another order, {word.cloid}")
    if isinstance(word, Filled):
        return Executed(cloid=intent.cloid, oid=word.oid, size=word.size)
    if isinstance(word, Resting):
        return _resting(intent, str(word.oid))
    if isinstance(word, Waiting) and word.on == _FOR_TRIGGER and intent.kind is IntentKind.STOP:
        return _resting(intent, "")  # its number is not told
    return _refusal_reading(intent, word)


def _plain_reading(intent: OrderIntent, word: _Word) -> SendOutcome:
    if isinstance(word, _DONE[intent.kind]):
        state = IntentState.FILLED
        return Accepted(cloid=intent.cloid, state=state, fills=(), venue_order_id="", total=_NO_UNITS)
    if isinstance(word, ItemRefused) and word.refusal.error_class is ErrorClass.ORDER_GONE:
        # Of the target it proves nothing, but this cancel was looked at and did nothing.
        return Rejected(cloid=intent.cloid, reason=_cause(word))
    return _refusal_reading(intent, word)


def _refusal_reading(intent: OrderIntent, word: _Word) -> SendOutcome:
    if proof_of(word) is Proof.NOTHING_EXECUTED:
        return Rejected(cloid=intent.cloid, reason=_cause(word))
    return _unresolved(intent, _cause(word))


def _resting(intent: OrderIntent, oid: str) -> SendOutcome:
    return Accepted(cloid=intent.cloid, state=IntentState.RESTING, fills=(), venue_order_id=oid)


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
