"""Keeps a finished backtest in the database."""

import msgspec

from agentic_core.backtest.metrics import measure_run
from agentic_core.domain.ids import UserId
from agentic_core.domain.records import SimRun, SimRunStatus, SkillVersionRecord
from agentic_core.domain.run import RunRecord
from agentic_core.domain.times import Instant
from agentic_core.ports.repositories import Store

__all__ = ["save_backtest"]


async def save_backtest(
    store: Store, user: UserId, version: SkillVersionRecord, run: RunRecord, *, at: Instant
) -> SimRun:
    """Write a run and its decisions; a run is shown as complete only once all of them are there.

    Raises:
        NotFound: the skill version is not stored.
    """
    row = SimRun(
        id=run.run,
        skill_id=version.skill_id,
        skill_version=version.version,
        user_id=user,
        symbol=run.symbols[0],
        bars_interval=run.interval,
        range_from=run.start,
        range_to=run.end,
        status=SimRunStatus.RUNNING,
        created_at=at,
        started_at=at,
    )
    await store.sim_runs.create(row)
    await store.sim_runs.record(run.run, run.decisions)
    done = msgspec.structs.replace(
        row,
        status=SimRunStatus.COMPLETE,
        progress_pct=100,
        metrics_json=msgspec.json.encode(measure_run(run)).decode(),
        finished_at=at,
    )
    await store.sim_runs.update(done)
    return done
