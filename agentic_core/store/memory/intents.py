"""Order intents and fills in memory; a backtest writes every order here, so nothing is copied."""

from collections import defaultdict
from collections.abc import Sequence
from operator import attrgetter

from agentic_core.domain.decision import Decision
from agentic_core.domain.fill import Fill
from agentic_core.domain.ids import AccountKey, ClientOrderId, DeploymentId
from agentic_core.domain.order import (
    TERMINAL_STATES,
    Accepted,
    Fence,
    IntentState,
    OrderIntent,
    PreparedIntent,
    Rejected,
    SendOutcome,
)
from agentic_core.domain.times import Instant
from agentic_core.store import sentences
from agentic_core.store.checks import check_outcome
from agentic_core.store.memory.decisions import MemoryDecisions
from agentic_core.store.memory.leases import MemoryLeases

__all__ = ["MemoryIntents"]


class MemoryIntents:
    """Order intents, and the fills of each account."""

    def __init__(self, leases: MemoryLeases, decisions: MemoryDecisions) -> None:
        self._check = leases.check
        self._decisions = decisions
        self._prepared: dict[ClientOrderId, PreparedIntent] = {}
        self._states: dict[ClientOrderId, IntentState] = {}
        self._open: dict[ClientOrderId, PreparedIntent] = {}
        self._fills: defaultdict[AccountKey, dict[str, Fill]] = defaultdict(dict)

    async def prepare(
        self, fence: Fence, decision: Decision, intents: Sequence[OrderIntent], *, at: Instant
    ) -> tuple[PreparedIntent, ...]:
        """Write a decision and its intents as PREPARED.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            Conflict: the decision or a client order id was prepared before; nothing was written.
        """
        self._check(fence)
        if decision.decision_id in self._decisions:
            raise sentences.conflict(sentences.DECIDED_BEFORE)
        prepared = {
            intent.cloid: PreparedIntent(intent=intent, fence=fence, decision=decision.decision_id, prepared_at=at)
            for intent in intents
        }
        if len(prepared) < len(intents) or not self._prepared.keys().isdisjoint(prepared):
            raise sentences.conflict(sentences.ORDERED_BEFORE)
        self._decisions.insert(decision)
        self._prepared.update(prepared)
        self._open.update(prepared)
        for cloid in prepared:
            self._states[cloid] = IntentState.PREPARED
        return tuple(prepared.values())

    async def settle(self, fence: Fence, prepared: PreparedIntent, outcome: SendOutcome, *, at: Instant) -> IntentState:
        """Record what became of a sent intent, with its fills, each exactly once; returns the state it has now.

        A terminal state never changes again; fills are facts and are recorded whatever the state.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            NotFound: the account has no such intent.
            UsageError: the outcome is that of another order.
        """
        self._check(fence)
        cloid = prepared.intent.cloid
        check_outcome(prepared, outcome)
        known = self._prepared.get(cloid)
        if known is None or known.fence.account != fence.account:
            raise sentences.no_intent(cloid, fence.account)
        state = self._states[cloid]
        if state not in TERMINAL_STATES:
            state = self._states[cloid] = _state_of(outcome)
            if state in _UNRESOLVED:
                self._open[cloid] = known
            else:
                self._open.pop(cloid, None)
        if isinstance(outcome, Accepted) and outcome.fills:
            self._keep(fence.account, outcome.fills)
        return state

    async def unresolved(self, account: AccountKey) -> tuple[PreparedIntent, ...]:
        """Return the intents whose fate is not known: prepared, sent or unknown."""
        found = [prepared for prepared in self._open.values() if prepared.fence.account == account]
        return tuple(sorted(found, key=attrgetter("prepared_at", "decision", "intent.leg", "intent.attempt")))

    async def fills(self, account: AccountKey) -> tuple[Fill, ...]:
        """Return every fill of the account, oldest first."""
        return tuple(sorted(self._fills[account].values(), key=attrgetter("time")))

    async def record_fills(self, fence: Fence, deployment: DeploymentId, fills: Sequence[Fill], *, at: Instant) -> None:
        """Record fills that no intent of ours caused, each exactly once.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
        """
        self._check(fence)
        self._keep(fence.account, fills)

    def _keep(self, account: AccountKey, fills: Sequence[Fill]) -> None:
        known = self._fills[account]
        for fill in fills:
            known.setdefault(fill.fill_id, fill)


_UNRESOLVED = frozenset({IntentState.PREPARED, IntentState.SENT, IntentState.UNKNOWN})


def _state_of(outcome: SendOutcome) -> IntentState:
    if isinstance(outcome, Accepted):
        return outcome.state
    return IntentState.REJECTED if isinstance(outcome, Rejected) else IntentState.UNKNOWN
