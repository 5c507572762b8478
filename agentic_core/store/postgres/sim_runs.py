"""Backtests and their decisions."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.records import SimRun
from agentic_core.domain.run import DecisionRecord
from agentic_core.store import sentences
from agentic_core.store.checks import check_run
from agentic_core.store.postgres.codec import encode
from agentic_core.store.postgres.connection import Database
from agentic_core.store.postgres.fencing import decision_values

__all__ = ["PostgresSimRuns"]


_BATCH = 1_000
"""Decisions in one statement: enough that asking costs nothing, few enough for one message."""

_DOCUMENTS = ("action", "verdict", "result", "marks", "steps")
"""The values of a decision that are JSON already."""


class _IdRow(msgspec.Struct):
    id: DeploymentId


class PostgresSimRuns:
    """Backtests."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, run: SimRun) -> None:
        """Insert a run.

        Raises:
            NotFound: the skill version or the user does not exist.
            Conflict: there is one of that id.
        """
        await self._database.run("create_run", msgspec.structs.asdict(run))

    async def update(self, run: SimRun) -> None:
        """Replace a run's progress, status and figures; what it ran on stays as it was created.

        Raises:
            NotFound: there is none of that id.
        """
        if await self._database.row("update_run", _IdRow, msgspec.structs.asdict(run)) is None:
            raise sentences.no_run(run.id)

    async def load(self, run: DeploymentId) -> SimRun:
        """Return a run.

        Raises:
            NotFound: there is none of that id.
        """
        found = await self._database.row("load_run", SimRun, {"run": run})
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
        async with self._database.transaction() as session:
            if await session.row("add_run_cost", _IdRow, {"run": run, "cost": _cost(decisions)}) is None:
                raise sentences.no_run(run)
            for start in range(0, len(decisions), _BATCH):
                rows = encode([_row(record) for record in decisions[start : start + _BATCH]])
                await session.run("add_decisions", {"run": run, "decisions": rows})


def _cost(decisions: Sequence[DecisionRecord]) -> Decimal | None:
    costs = [record.decision.usage.cost_usd for record in decisions]
    return sum((cost for cost in costs if cost is not None), Decimal(0)) if None not in costs else None


def _row(record: DecisionRecord) -> dict[str, object]:
    values = decision_values(record.decision) | {"result": encode(record.result)}
    documents = {name: msgspec.Raw(str(values[name]).encode()) for name in _DOCUMENTS if values[name] is not None}
    return values | documents
