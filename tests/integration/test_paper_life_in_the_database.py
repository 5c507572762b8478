"""A paper deployment as real processes over a real database, with the rights of its own login alone."""

from pathlib import Path

import pytest

from agentic_core.brokers.paper.keeping import kept_from
from agentic_core.domain import CommandKind, CommandState, DeploymentStatus, Fill, Instant
from tests.drills.seeding import seed_paper
from tests.drills.stage import on_stage

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio


async def test_killed_paper_runner_is_followed_by_one_that_goes_on_with_its_books(
    database: str, tmp_path: Path
) -> None:
    """Orders, a kill -9, a new process that finds nothing different, and a kill command until it is flat."""
    async with on_stage(database, tmp_path, factor=15) as stage:
        seeded = await seed_paper(stage.store, database, stage.clock.now())
        first = await stage.start(seeded)
        await first.says("stop_placed")
        first.kill()
        await first.gone()
        second = await stage.start(seeded)
        reconciled = await second.says("reconciled")
        assert reconciled["message"].endswith("; 0 field(s) differed")
        await second.says("runner_started", "entering tick loop")
        kill = await stage.store.commands.queue(seeded.id, CommandKind.KILL, payload={}, at=stage.clock.now())
        assert await second.gone() == 0
        (done,) = await stage.store.commands.recent(seeded.id, 1)
        assert (done.id, done.state) == (kill.id, CommandState.APPLIED), done.outcome
        entries = await stage.store.ledger.entries(seeded.account, Instant(0))
        fills = [each for each in entries if isinstance(each, Fill)]
        assert fills
        assert {sum(each.signed_size for each in fills if each.symbol == symbol) for symbol in ("BTC", "ETH")} == {0}
        kept = await stage.store.paper.read(seeded.account)
        day = await stage.store.days.newest(seeded.account)
        assert kept is not None
        assert day is not None
        assert kept_from(kept.state).orders == ()
        assert (await stage.store.deployments.load(seeded.id)).status is DeploymentStatus.STOPPED
        assert not [line for one in (first, second) for line in (*one.lines, *one.errors) if "denied" in str(line)]
