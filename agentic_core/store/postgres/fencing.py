"""The answer of a fenced statement, and the columns of a decision."""

import msgspec

from agentic_core.domain.decision import Decision
from agentic_core.domain.order import Fence, IntentState
from agentic_core.store import sentences
from agentic_core.store.postgres.codec import clean, encode, encode_action
from agentic_core.store.postgres.connection import Database, Values

__all__ = ["Answer", "decision_values", "run_fenced"]


class Answer(msgspec.Struct):
    """What a fenced statement says."""

    live: bool
    state: IntentState | None = None
    nonce: int | None = None
    fresh: frozenset[str] = frozenset()
    """Names of what was not there before."""


async def run_fenced(database: Database, name: str, fence: Fence, values: Values) -> Answer:
    """Run a statement that begins with the check of the lease.

    The check shares a lock on the lease's row, so that a takeover waits until what was written under the old epoch
    is there to be read.

    Raises:
        Fenced: the fence is not the account's live lease; nothing was written.
    """
    answer = await database.row(name, Answer, {**values, "account": fence.account, "epoch": fence.epoch})
    if answer is None or not answer.live:
        raise sentences.fenced(fence.account, fence.epoch)
    return answer


def decision_values(decision: Decision) -> dict[str, object]:
    """Return a decision as the parameters of the statements that write one."""
    action = decision.proposed_action
    return {
        "id": decision.decision_id,
        "deployment": decision.deployment,
        "trace": decision.trace_id,
        "skill": decision.skill,
        "skill_version": decision.skill_version,
        "tick_at": decision.tick_at,
        "decided_by": clean(decision.decided_by),
        "action": None if action is None else encode_action(action),
        "verdict": encode(decision.verdict),
        "final_text": clean(decision.final_text),
        "equity": decision.equity,
        "marks": encode(decision.marks),
        "prompt_tokens": decision.usage.prompt_tokens,
        "completion_tokens": decision.usage.completion_tokens,
        "cost": decision.usage.cost_usd,
        "context_hash": decision.context_hash,
        "steps": encode(decision.steps),
    }
