"""What is said of an order when something new is known of it."""

from collections.abc import Mapping, Sequence

from agentic_core.domain.fill import Fill
from agentic_core.domain.money import plain
from agentic_core.domain.order import IntentKind, IntentState, OrderIntent
from agentic_core.execution.evidence import (
    Evidence,
    HttpRefused,
    NeverLeft,
    OrderRefused,
    RequestRefused,
    Unclear,
    Withdrawn,
)
from agentic_core.execution.findings import Finding
from agentic_core.execution.intent import Contradiction
from agentic_core.execution.life import Life
from agentic_core.logevents import LogEvent, LogLevel, Say

__all__ = ["tell_contradiction", "tell_life", "tell_silence"]

_SIZED = frozenset({IntentKind.ORDER, IntentKind.STOP})
_S = IntentState
_ENDS: Mapping[Finding, str] = {
    Finding.ENDED_PART: "the venue ended it",
    Finding.ENDED_EMPTY: "the venue ended it",
    Finding.BURNED: "its nonce was used up by a noop",
    Finding.OUTLIVED: "it never arrived before it expired",
    Finding.OUTLIVED_PART: "nothing more arrived before it expired",
    Finding.ENDED_REJECTED: "the venue refused it",
    Finding.REFUSED: "the venue refused it",
}
_TOLD = frozenset({_S.REJECTED, _S.FILLED})
"""States that their own event or the fills tell."""


def tell_life(say: Say, before: Life, after: Life, evidence: Sequence[Evidence], fresh: Sequence[Fill]) -> None:
    """Say what became of an order since it was looked at last; nothing where nothing did."""
    intent = after.intent
    if intent.kind is IntentKind.ORDER and after.sends > before.sends == 0:
        _say(say, LogEvent.ORDER_PLACED, _wanted(intent), after)
    for fill in fresh:
        _tell_fill(say, after, fill)
    if after.state is not before.state:
        _tell_state(say, before, after, _reason(evidence, after))
    if after.is_terminal and not before.is_terminal:
        _tell_end(say, after, _reason(evidence, after))


def tell_contradiction(say: Say, contradiction: Contradiction) -> None:
    """Say that what was learned cannot be true together with what was known."""
    _say(say, LogEvent.INTENT_CONTRADICTION, contradiction.detail, contradiction.now, LogLevel.ERROR)


def tell_silence(say: Say, life: Life, cause: str) -> None:
    """Say that the venue does not answer questions about an order."""
    message = f"the venue does not say what became of it, it is asked again: {cause}"
    _say(say, LogEvent.ORDER_UNRESOLVED, message, life, LogLevel.WARN)


def _tell_fill(say: Say, life: Life, fill: Fill) -> None:
    size, price, fee = plain(fill.size), plain(fill.price), plain(fill.fee)
    message = f"{fill.side} {size} {fill.symbol} at {price}, fee {fee} USD"
    _say(say, LogEvent.ORDER_FILLED, message, life, size=size, price=price, fee=fee, fill_id=fill.fill_id)


def _tell_state(say: Say, before: Life, after: Life, reason: str) -> None:
    match after.state:
        case _S.UNKNOWN:
            _say(say, LogEvent.ORDER_UNRESOLVED, f"its fate is not known: {reason}", after, LogLevel.ERROR)
        case _S.REJECTED:
            _say(say, LogEvent.ORDER_REJECTED, reason, after, LogLevel.WARN)
        case _S.PREPARED if before.state is _S.SENT:
            _say(say, LogEvent.ORDER_UNRESOLVED, f"nothing of it left: {reason}", after, LogLevel.WARN)
        case _S.RESTING if after.intent.kind is IntentKind.STOP:
            _say(say, LogEvent.STOP_PLACED, _wanted(after.intent), after)
        case _:
            pass


def _tell_end(say: Say, life: Life, reason: str) -> None:
    intent = life.intent
    if intent.kind is IntentKind.LEVERAGE and life.filled == intent.size and life.state is _S.FILLED:
        margin = "isolated" if intent.isolated else "cross"
        _say(say, LogEvent.SETTINGS_CHANGED, f"{intent.symbol} is set to {intent.leverage}x, {margin}", life)
    is_whole = life.filled >= intent.size and not life.is_position_sized
    never_tried = not life.sends and not life.filled
    if intent.kind not in _SIZED or life.state in _TOLD or is_whole or never_tried:
        return
    event = LogEvent.STOP_CANCELLED if intent.kind is IntentKind.STOP else LogEvent.ORDER_CANCELLED
    message = f"ended with {plain(life.filled)} of {plain(intent.size)} executed: {reason}"
    _say(say, event, message, life, filled=plain(life.filled), reason=reason)


def _reason(evidence: Sequence[Evidence], life: Life) -> str:
    for one in evidence:
        match one:
            case Unclear(cause=cause) | NeverLeft(cause=cause) | Withdrawn(cause=cause) if cause:
                return cause
            case OrderRefused(reason=reason) | RequestRefused(reason=reason) | HttpRefused(reason=reason) if reason:
                return reason
            case _:
                pass
    return "nothing proves it yet" if life.ended_by is None else _ENDS.get(life.ended_by, life.ended_by.value)


def _wanted(intent: OrderIntent) -> str:
    only = ", reduce only" if intent.reduce_only else ""
    at = "" if intent.trigger is None else f" once the mark reaches {plain(intent.trigger.price)}"
    return f"{intent.side} {plain(intent.size)} {intent.symbol} at {plain(intent.limit_price)} or better{at}{only}"


def _say(
    say: Say, event: LogEvent, message: str, life: Life, level: LogLevel = LogLevel.INFO, **facts: str | int | None
) -> None:
    intent = life.intent
    say(event, message, level=level, cloid=intent.cloid, symbol=intent.symbol, kind=intent.kind.value, **facts)
