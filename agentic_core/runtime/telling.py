"""What a deployment's diary says about marks, orders and turns."""

from agentic_core.domain.chat import UnusableCause
from agentic_core.domain.decision import RejectedResult
from agentic_core.domain.fill import Fill
from agentic_core.domain.money import plain
from agentic_core.domain.order import Accepted, OrderIntent, Rejected, Unresolved
from agentic_core.domain.run import OrderRecord
from agentic_core.logevents import LogEvent, LogLevel, Say
from agentic_core.runtime.diary import Diary
from agentic_core.runtime.marking import MarkEvents
from agentic_core.runtime.tick import Skipped, TickOutcome, Turned

__all__ = ["tell_mark", "tell_order", "tell_turn"]

_BY_VENUE = "VENUE"


def tell_mark(diary: Diary, events: MarkEvents) -> None:
    """Say what a mark brought: funding, executions of orders that rested, liquidations, a halt."""
    for payment in events.funding:
        message = f"{payment.symbol} funding {plain(payment.amount)} USD on {plain(payment.size)}"
        diary.say(LogEvent.FUNDING_PAID, message, symbol=payment.symbol, amount_usd=plain(payment.amount))
    for fill in events.fills:
        diary.say(LogEvent.ORDER_FILLED, _executed(fill), symbol=fill.symbol)
    for fill in events.liquidations:
        diary.say(LogEvent.LIQUIDATION, _executed(fill), level=LogLevel.ERROR, symbol=fill.symbol)
    if events.halt is not None:
        message = f"{events.halt.reason}: {events.halt.detail}"
        diary.say(LogEvent.HALTED, message, level=LogLevel.WARN, reason=events.halt.reason)


def tell_turn(say: Say, outcome: TickOutcome) -> None:
    """Say why a turn came to nothing; of its orders whoever sends them tells."""
    match outcome:
        case Skipped(reason=reason, marks=marks):
            say(LogEvent.TICK_SKIPPED, reason, level=LogLevel.WARN, marks=marks)
        case Turned(decision=decision, unusable=UnusableCause() as cause):
            say(LogEvent.CHAT_UNUSABLE, decision.final_text, level=LogLevel.WARN, cause=cause)
        case Turned(result=RejectedResult(rule=rule, detail=detail)) if rule != _BY_VENUE:
            say(LogEvent.ACTION_DENIED, f"{rule}: {detail}", rule=rule)
        case _:
            pass


def tell_order(say: Say, order: OrderRecord) -> None:
    """Say that an order was sent, and what the broker answered."""
    intent = order.intent
    say(LogEvent.ORDER_PLACED, _wanted(intent), cloid=intent.cloid, symbol=intent.symbol)
    match order.outcome:
        case Accepted(fills=fills):
            for fill in fills:
                say(LogEvent.ORDER_FILLED, _executed(fill), cloid=intent.cloid, symbol=intent.symbol)
        case Rejected(reason=reason):
            say(LogEvent.ORDER_REJECTED, reason, level=LogLevel.WARN, cloid=intent.cloid, symbol=intent.symbol)
        case Unresolved(cause=cause):
            say(LogEvent.ORDER_UNRESOLVED, cause, level=LogLevel.ERROR, cloid=intent.cloid, symbol=intent.symbol)


def _wanted(intent: OrderIntent) -> str:
    only = ", reduce only" if intent.reduce_only else ""
    return f"{intent.side} {plain(intent.size)} {intent.symbol} at {plain(intent.limit_price)} or better{only}"


def _executed(fill: Fill) -> str:
    return f"{fill.side} {plain(fill.size)} {fill.symbol} at {plain(fill.price)}, fee {plain(fill.fee)} USD"
