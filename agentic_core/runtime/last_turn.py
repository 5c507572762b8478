"""What became of a turn, for the next one: words of ours and numbers, nothing that a chat model wrote."""

from collections.abc import Container
from typing import Final

from agentic_core.domain.chat import LastTurn, UnusableCause
from agentic_core.domain.decision import Approved, Decision, EngineResult, Executed, NoopResult, RejectedResult
from agentic_core.domain.ids import Symbol

__all__ = ["last_turn", "unusable_cause", "unusable_reason"]

_UNUSABLE: Final = "unusable_reply: "


def unusable_reason(cause: UnusableCause) -> str:
    """Return the reason under which a turn without a usable answer is recorded."""
    return f"{_UNUSABLE}{cause}"


def unusable_cause(result: EngineResult) -> UnusableCause | None:
    """Return why a turn had no usable answer, read from its result; None where it had one, or asked nobody."""
    if isinstance(result, NoopResult) and result.reason.startswith(_UNUSABLE):
        return UnusableCause(result.reason.removeprefix(_UNUSABLE))
    return None


def last_turn(decision: Decision, result: EngineResult, symbols: Container[Symbol]) -> LastTurn:
    """Return what became of a turn.

    Args:
        decision: what was decided.
        result: what came of it.
        symbols: those of the skill; a chat model could write a message into the name of any other.
    """
    action = decision.proposed_action
    what, rule = _outcome(decision, result)
    if action is None:
        return LastTurn(at=decision.tick_at, kind=unusable_cause(result) or "nothing", result=what, rule=rule)
    return LastTurn(
        at=decision.tick_at,
        kind=action.kind,
        symbol=action.symbol if action.symbol in symbols else None,
        side=action.side,
        size=action.size if action.size is not None else action.size_usd,
        result=what,
        rule=rule,
    )


def _outcome(decision: Decision, result: EngineResult) -> tuple[str, str | None]:
    match result:
        case Executed():
            verdict = decision.verdict
            withheld = verdict.withheld if isinstance(verdict, Approved) else None
            return "executed", None if withheld is None else withheld.rule
        case RejectedResult(rule=rule):
            return "rejected", rule
        case NoopResult():
            return "noop", None
