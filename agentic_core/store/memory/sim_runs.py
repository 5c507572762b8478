"""Backtests in memory."""

from collections.abc import Sequence

import msgspec

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.records import SimRun
from agentic_core.domain.run import DecisionRecord
from agentic_core.store import sentences
from agentic_core.store.checks import check_run
from agentic_core.store.memory.decisions import MemoryDecisions
from agentic_core.store.memory.skills import MemorySkills

__all__ = ["MemorySimRuns"]


class MemorySimRuns:
    """Backtests."""

    def __init__(self, skills: MemorySkills, decisions: MemoryDecisions) -> None:
        self._skills = skills
        self._decisions = decisions
        self._runs: dict[DeploymentId, SimRun] = {}

    async def create(self, run: SimRun) -> None:
        """Insert a run.

        Raises:
            NotFound: the skill version or the user does not exist.
            Conflict: there is one of that id.
        """
        self._skills.check(run.user_id, run.skill_id, run.skill_version)
        if run.id in self._runs:
            raise sentences.conflict(sentences.RUN_EXISTS)
        self._runs[run.id] = run

    async def update(self, run: SimRun) -> None:
        """Replace a run's progress, status and figures; what it ran on stays as it was created.

        Raises:
            NotFound: there is none of that id.
        """
        known = await self.load(run.id)
        self._runs[run.id] = msgspec.structs.replace(
            known,
            status=run.status,
            progress_pct=run.progress_pct,
            error_text=run.error_text,
            metrics_json=run.metrics_json,
            started_at=run.started_at,
            finished_at=run.finished_at,
        )

    async def load(self, run: DeploymentId) -> SimRun:
        """Return a run.

        Raises:
            NotFound: there is none of that id.
        """
        found = self._runs.get(run)
        if found is None:
            raise sentences.no_run(run)
        return found

    async def record(self, run: DeploymentId, decisions: Sequence[DecisionRecord]) -> None:
        """Write a run's decisions, all or none.

        Raises:
            NotFound: there is no such run.
            Conflict: a decision was recorded before; nothing was written.
            UsageError: a decision is of another run.
        """
        check_run(run, decisions)
        await self.load(run)
        self._decisions.insert_all(decisions)
