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
        self._decisions = decisions.decisions
        self._prepared: dict[ClientOrderId, PreparedIntent] = {}
        self._open: dict[ClientOrderId, PreparedIntent] = {}
        self._states: dict[ClientOrderId, IntentState] = {}
        # A state stands here once an intent was settled; before that it is PREPARED.
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
        key, known = decision.decision_id, self._prepared
        if key in self._decisions:
            raise sentences.conflict(sentences.DECIDED_BEFORE)
        fresh: dict[ClientOrderId, PreparedIntent] = {}
        for intent in intents:
            cloid = intent.cloid
            if cloid in known or cloid in fresh:
                raise sentences.conflict(sentences.ORDERED_BEFORE)
            fresh[cloid] = PreparedIntent(intent=intent, fence=fence, decision=key, prepared_at=at)
        self._decisions[key] = decision
        known.update(fresh)
        self._open.update(fresh)
        return tuple(fresh.values())

    async def settle(self, fence: Fence, prepared: PreparedIntent, outcome: SendOutcome, *, at: Instant) -> IntentState:
        """Record what became of a sent intent, with its fills, each exactly once; returns the state it has now.

        A terminal state never changes again; fills are facts and are recorded whatever the state.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            NotFound: the account has no such intent.
            UsageError: the outcome is that of another order.
        """
        self._check(fence)
        check_outcome(prepared, outcome)
        cloid = outcome.cloid
        known = self._prepared.get(cloid)
        if known is None or known.fence.account != fence.account:
            raise sentences.no_intent(cloid, fence.account)
        if isinstance(outcome, Accepted):
            state = outcome.state
            if outcome.fills:
                self._keep(fence.account, outcome.fills)
        else:
            state = IntentState.REJECTED if isinstance(outcome, Rejected) else IntentState.UNKNOWN
        before = self._states.get(cloid)
        if before in TERMINAL_STATES:
            return before
        self._states[cloid] = state
        if state in _UNRESOLVED:
            self._open[cloid] = known
        else:
            self._open.pop(cloid, None)
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
