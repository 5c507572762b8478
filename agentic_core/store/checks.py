"""What both stores refuse before they write."""

from collections.abc import Sequence

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.order import PreparedIntent, SendOutcome
from agentic_core.domain.records import CommandState
from agentic_core.domain.run import DecisionRecord
from agentic_core.errors import UsageError

__all__ = ["FINAL_OUTCOMES", "check_final", "check_outcome", "check_run"]

FINAL_OUTCOMES = frozenset({CommandState.APPLIED, CommandState.REFUSED, CommandState.EXPIRED})
"""States in which a command has its one outcome."""


def check_final(state: CommandState) -> None:
    """Refuse to acknowledge a command with a state that is none.

    Raises:
        UsageError: the state is not final.
    """
    if state not in FINAL_OUTCOMES:
        raise UsageError(f"a command is acknowledged as applied, refused or expired, not as {state}")


def check_outcome(prepared: PreparedIntent, outcome: SendOutcome) -> None:
    """Refuse to settle an order with what became of another.

    Raises:
        UsageError: the client order ids differ.
    """
    if outcome.cloid != prepared.intent.cloid:
        raise UsageError(f"the outcome of {outcome.cloid} cannot settle {prepared.intent.cloid}")


def check_run(run: DeploymentId, decisions: Sequence[DecisionRecord]) -> None:
    """Refuse to record decisions under a run that did not take them.

    Raises:
        UsageError: a decision is of another run.
    """
    for record in decisions:
        if record.decision.deployment != run:
            raise UsageError(f"decision {record.decision.decision_id} is of {record.decision.deployment}, not of {run}")
