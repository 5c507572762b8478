"""From the outcomes of an action's legs to the one result that is recorded."""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from agentic_core.domain.decision import Denied, EngineResult, Executed, RejectedResult
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
    fills = [fill for leg in legs if isinstance(leg.outcome, Accepted) for fill in leg.outcome.fills]
    return Executed(
        order_id=legs[-1].intent.cloid,
        states={leg.intent.cloid: str(intent_state(leg.outcome)) for leg in legs},
        filled_size=Size(sum([fill.size for fill in fills], ZERO)),
        fee=Usd(sum([fill.fee for fill in fills], ZERO)),
    )
