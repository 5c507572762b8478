"""Decisions and states in memory."""

from collections.abc import Sequence
from operator import attrgetter

from agentic_core.domain.decision import Decision, EngineResult, Executed
from agentic_core.domain.ids import DecisionId, DeploymentId
from agentic_core.domain.money import ZERO, Usd
from agentic_core.domain.order import Fence
from agentic_core.domain.records import AgentStateRecord, MonthCost
from agentic_core.domain.run import DecisionRecord
from agentic_core.domain.times import Instant, to_datetime
from agentic_core.store import sentences
from agentic_core.store.memory.leases import MemoryLeases

__all__ = ["MemoryDecisions", "MemoryStates"]

_BY_A_SKILL = ("rules:", "chat:")


class MemoryDecisions:
    """Decisions with their verdicts and results."""

    def __init__(self, leases: MemoryLeases) -> None:
        self._check = leases.check
        self.decisions: dict[DecisionId, Decision] = {}
        self._results: dict[DecisionId, EngineResult] = {}
        self._backtested: set[DecisionId] = set()

    async def record(self, fence: Fence, decision: Decision, result: EngineResult) -> None:
        """Write a decision with its result, or add the result to a prepared one; the first result stays.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
        """
        self._check(fence)
        self.decisions.setdefault(decision.decision_id, decision)
        self._results.setdefault(decision.decision_id, result)

    async def recent(self, deployment: DeploymentId, limit: int) -> tuple[DecisionRecord, ...]:
        """Return the newest decisions of a deployment or backtest that have a result, newest first."""
        found = [
            DecisionRecord(decision=decision, result=result)
            for key, result in self._results.items()
            if (decision := self.decisions[key]).deployment == deployment
        ]
        found.sort(key=attrgetter("decision.tick_at"), reverse=True)
        return tuple(found[:limit])

    async def executed(self, deployment: DeploymentId, since: Instant) -> int:
        """Count the decisions of an instant or later that a skill made by itself and that were executed."""
        decided = (
            self.decisions[key]
            for key, result in self._results.items()
            if isinstance(result, Executed) and key not in self._backtested
        )
        return sum(
            one.deployment == deployment and one.tick_at >= since and one.decided_by.startswith(_BY_A_SKILL)
            for one in decided
        )

    async def month_to_date(self, deployment: DeploymentId, at: Instant) -> MonthCost:
        """Return what the decisions of the UTC month of an instant cost so far, prepared ones included."""
        costs = [
            decision.usage.cost_usd
            for key, decision in self.decisions.items()
            if decision.deployment == deployment
            and key not in self._backtested
            and _month(decision.tick_at) == _month(at)
        ]
        known = [cost for cost in costs if cost is not None]
        return MonthCost(cost_usd=Usd(sum(known, start=ZERO)), unknown_costs=len(costs) - len(known))

    def insert_all(self, records: Sequence[DecisionRecord]) -> None:
        """Keep the decisions of a backtest, all or none.

        Raises:
            Conflict: one of them, or two of the same id, are there already.
        """
        keys = {record.decision.decision_id for record in records}
        if len(keys) < len(records) or keys & self.decisions.keys():
            raise sentences.conflict(sentences.DECIDED_BEFORE)
        for record in records:
            self.decisions[record.decision.decision_id] = record.decision
            self._results[record.decision.decision_id] = record.result
        self._backtested |= keys


class MemoryStates:
    """The newest state of each deployment."""

    def __init__(self, leases: MemoryLeases) -> None:
        self._check = leases.check
        self._states: dict[DeploymentId, AgentStateRecord] = {}

    async def write(self, fence: Fence, state: AgentStateRecord) -> None:
        """Replace the state.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
        """
        self._check(fence)
        self._states[state.deployment_id] = state

    async def read(self, deployment: DeploymentId) -> AgentStateRecord | None:
        """Return the state, or None before the first tick."""
        return self._states.get(deployment)


def _month(at: Instant) -> tuple[int, int]:
    day = to_datetime(at)
    return day.year, day.month
