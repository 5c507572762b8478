"""Keeping a finished backtest: complete only with all its decisions."""

import json
from collections.abc import Mapping

import pytest

from agentic_core.backtest.archive import save_backtest
from agentic_core.deployments import LOCAL_USER
from agentic_core.domain import Instant, RunRecord, Side, SimRunStatus, SkillId, SkillVersionRecord
from agentic_core.errors import NotFound, StoreUnavailable
from agentic_core.ports.repositories import Store
from agentic_core.store.memory import MemoryStore
from tests.support.backtests import Script, backtest, candles_of, mark_of
from tests.support.breaking_stores import BreakingStore
from tests.support.markets import BTC
from tests.support.stored_values import hash_of
from tests.support.turns import close_of, open_of

pytestmark = pytest.mark.anyio

LATER = Instant(1_767_225_600_000)


def finished() -> RunRecord:
    """Return a run with an executed, a denied and an empty wish."""
    script = {0: open_of(Side.BUY, "1"), 2: open_of(Side.BUY, "1000"), 4: close_of()}
    return backtest(Script(script), candles_of([(100, 100 + at % 3) for at in range(7)]))


async def version_in(store: Store) -> SkillVersionRecord:
    """Store a skill."""
    return await store.skills.save(LOCAL_USER, name="By hand", slug="by-hand", payload="{}", payload_hash=hash_of("{}"))


async def test_saved_backtest_is_complete_with_its_range_and_figures() -> None:
    """The row tells what was run over which time, and how it came out."""
    store, run = MemoryStore(), finished()
    version = await version_in(store)
    row = await save_backtest(store, LOCAL_USER, version, run, at=LATER)
    assert row == await store.sim_runs.load(run.run)
    assert (row.skill_id, row.skill_version, row.user_id) == (version.skill_id, 1, LOCAL_USER)
    assert (row.symbol, row.bars_interval) == (BTC, run.interval)
    assert (row.range_from, row.range_to) == (mark_of(0), mark_of(6))
    assert (row.status, row.progress_pct, row.error_text) == (SimRunStatus.COMPLETE, 100, None)
    assert (row.created_at, row.started_at, row.finished_at) == (LATER, LATER, LATER)
    assert row.metrics_json is not None
    figures: Mapping[str, object] = json.loads(row.metrics_json)
    assert figures


async def test_saved_backtest_keeps_its_decisions() -> None:
    """Every wish with what became of it; the holds were only counted."""
    store, run = MemoryStore(), finished()
    await save_backtest(store, LOCAL_USER, await version_in(store), run, at=LATER)
    kept = await store.decisions.recent(run.run, 99)
    assert list(reversed(kept)) == list(run.decisions)
    assert len(kept) == 3


@pytest.mark.parametrize("method", ["sim_runs.record", "sim_runs.update"])
async def test_backtest_whose_decisions_could_not_be_kept_is_never_shown_as_complete(method: str) -> None:
    """A store that goes away in between leaves a row that says it is still running."""
    store, run = BreakingStore(MemoryStore()), finished()
    version = await version_in(store.as_store())
    store.broken = method
    with pytest.raises(StoreUnavailable):
        await save_backtest(store.as_store(), LOCAL_USER, version, run, at=LATER)
    row = await store.real.sim_runs.load(run.run)
    assert (row.status, row.metrics_json, row.finished_at) == (SimRunStatus.RUNNING, None, None)


async def test_backtest_of_a_skill_that_is_not_stored_is_refused() -> None:
    """A run belongs to a version."""
    stranger = SkillVersionRecord(skill_id=SkillId("nobody's"), version=1, payload="{}", payload_hash=hash_of("{}"))
    with pytest.raises(NotFound):
        await save_backtest(MemoryStore(), LOCAL_USER, stranger, finished(), at=LATER)
