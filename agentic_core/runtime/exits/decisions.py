"""The decisions of exits: they are taken by rules, never by a model, and recorded like any other."""

from agentic_core.domain.decision import Approved, Decision, Noop, Verdict
from agentic_core.domain.figures import Figures
from agentic_core.runtime.exits.terms import ExitTurn
from agentic_core.runtime.mandate import Mandate

__all__ = ["exit_decision"]


def exit_decision(mandate: Mandate, turn: ExitTurn) -> Decision:
    """Return the decision that an exit is written down under; it names its cause as who decided."""
    tick = turn.tick
    verdict: Verdict = Approved(plan=turn.plan, numbers=Figures()) if turn.plan else Noop(reason="keeps_protected")
    return Decision(
        decision_id=tick.decision,
        trace_id=tick.trace,
        deployment=mandate.deployment,
        skill=mandate.skill,
        skill_version=mandate.skill_version,
        tick_at=tick.mark,
        decided_by=turn.cause,
        proposed_action=None,
        verdict=verdict,
        equity=turn.equity,
        marks={},
        final_text=tick.cause,
    )
