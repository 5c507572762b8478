"""From the outcomes of an action's legs to the one result that is recorded."""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from agentic_core.domain.decision import Denied, EngineResult, Executed, RejectedResult
from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.money import ZERO, Size, Usd
from agentic_core.domain.order import Accepted, IntentState, OrderIntent, Rejected, SendOutcome, Unresolved

__all__ = ["Leg", "LegOutcome", "compose", "intent_state"]

LegOutcome: TypeAlias = SendOutcome | Denied


class Leg(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order with what became of it."""

    intent: OrderIntent
    outcome: LegOutcome


def intent_state(outcome: LegOutcome) -> IntentState:
    """Return the state an outcome puts its intent in; what is not proven stays unknown."""
    match outcome:
        case Accepted():
            return outcome.state
        case Rejected() | Denied():
            return IntentState.REJECTED
        case Unresolved():
            return IntentState.UNKNOWN


def compose(legs: Sequence[Leg]) -> EngineResult:
    """Return the result of an action: rejected only where provably nothing was sent or executed."""
    if len(legs) == 1:
        outcome = legs[0].outcome
        if isinstance(outcome, Denied):
            return RejectedResult(rule=outcome.rule, detail=outcome.detail, numbers=outcome.numbers)
        if isinstance(outcome, Rejected):
            return RejectedResult(rule="VENUE", detail=outcome.reason)
    states: dict[ClientOrderId, str] = {}
    filled, fee = ZERO, ZERO
    for leg in legs:
        outcome = leg.outcome
        states[leg.intent.cloid] = str(intent_state(outcome))
        if isinstance(outcome, Accepted):
            for fill in outcome.fills:
                filled += fill.size
                fee += fill.fee
    return Executed(order_id=legs[-1].intent.cloid, states=states, filled_size=Size(filled), fee=Usd(fee))
