"""Decisions and states."""

from decimal import Decimal

import msgspec

from agentic_core.domain.chat import ThoughtStep
from agentic_core.domain.decision import Decision, EngineResult, ProposedAction, Usage, Verdict
from agentic_core.domain.ids import DecisionId, DeploymentId, SkillId, Symbol, TraceId
from agentic_core.domain.money import Usd
from agentic_core.domain.order import Fence
from agentic_core.domain.records import AgentStateRecord, MonthCost
from agentic_core.domain.run import DecisionRecord
from agentic_core.domain.times import Instant
from agentic_core.store.postgres.codec import encode
from agentic_core.store.postgres.connection import Database
from agentic_core.store.postgres.fencing import decision_values, run_fenced

__all__ = ["PostgresDecisions", "PostgresStates"]


class _DecisionRow(msgspec.Struct):
    id: DecisionId
    trace_id: TraceId
    deployment: DeploymentId
    skill: SkillId
    skill_version: int
    tick_at: Instant
    decided_by: str
    proposed_action: ProposedAction | None
    verdict: Verdict
    engine_result: EngineResult
    final_text: str
    equity_usd: Usd
    marks: dict[Symbol, Decimal]
    prompt_tokens: int
    completion_tokens: int
    cost_usd: Usd | None
    context_hash: str | None
    steps: tuple[ThoughtStep, ...]

    def record(self) -> DecisionRecord:
        decision = Decision(
            decision_id=self.id,
            trace_id=self.trace_id,
            deployment=self.deployment,
            skill=self.skill,
            skill_version=self.skill_version,
            tick_at=self.tick_at,
            decided_by=self.decided_by,
            proposed_action=self.proposed_action,
            verdict=self.verdict,
            equity=self.equity_usd,
            marks=self.marks,
            usage=Usage(
                prompt_tokens=self.prompt_tokens, completion_tokens=self.completion_tokens, cost_usd=self.cost_usd
            ),
            final_text=self.final_text,
            context_hash=self.context_hash,
            steps=self.steps,
        )
        return DecisionRecord(decision=decision, result=self.engine_result)


class _Counted(msgspec.Struct):
    executed: int


class PostgresDecisions:
    """Decisions with their verdicts and results."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, fence: Fence, decision: Decision, result: EngineResult) -> None:
        """Write a decision with its result, or add the result to a prepared one; the first result stays.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            NotFound: there is no such deployment or skill version.
        """
        values = {**decision_values(decision), "result": encode(result)}
        await run_fenced(self._database, "record_decision", fence, values)

    async def recent(self, deployment: DeploymentId, limit: int) -> tuple[DecisionRecord, ...]:
        """Return the newest decisions of a deployment or backtest that have a result, newest first."""
        values = {"deployment": deployment, "limit": limit}
        rows = await self._database.rows("recent_decisions", _DecisionRow, values)
        return tuple(row.record() for row in rows)

    async def executed(self, deployment: DeploymentId, since: Instant) -> int:
        """Count the decisions of an instant or later that a skill made by itself and that were executed."""
        values = {"deployment": deployment, "since": since}
        counted = await self._database.row("count_executed", _Counted, values)
        return 0 if counted is None else counted.executed

    async def month_to_date(self, deployment: DeploymentId, at: Instant) -> MonthCost:
        """Return what the decisions of the UTC month of an instant cost so far, prepared ones included."""
        values = {"deployment": deployment, "at": at}
        return await self._database.row("month_to_date", MonthCost, values) or MonthCost()


class PostgresStates:
    """The newest state of each deployment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, fence: Fence, state: AgentStateRecord) -> None:
        """Replace the state.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            NotFound: there is no such deployment.
        """
        values = {
            "deployment": state.deployment_id,
            "equity": state.equity_usd,
            "day_pnl": state.day_pnl_usd,
            "positions": encode(state.positions),
            "marks": encode(state.marks),
            "last_tick_at": state.last_tick_at,
            "updated_at": state.updated_at,
        }
        await run_fenced(self._database, "write_state", fence, values)

    async def read(self, deployment: DeploymentId) -> AgentStateRecord | None:
        """Return the state, or None before the first tick."""
        return await self._database.row("read_state", AgentStateRecord, {"deployment": deployment})
