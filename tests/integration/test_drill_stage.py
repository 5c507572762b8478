"""The stage of the drills: real processes over real sockets and a real database, ten times faster than life."""

from pathlib import Path

import pytest

from agentic_core.domain import CommandKind, CommandState
from tests.drills.books import told_apart
from tests.drills.seeding import seed_mainnet
from tests.drills.stage import on_stage

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

BOOT = (
    "live-runner: booting deployment",
    "live-runner: loaded skill Restless (broker=hyperliquid-mainnet)",
    "live-runner: status=running; entering tick loop",
)


async def test_killed_runner_is_followed_by_one_that_agrees_with_the_venue(database: str, tmp_path: Path) -> None:
    """With the rights of its login alone: an order, a kill -9, a new process, and a kill command until it is flat."""
    async with on_stage(database, tmp_path) as stage:
        seeded = await seed_mainnet(stage.store, database, stage.clock.now())
        first = await stage.start(seeded)
        await first.says("order_filled")
        first.kill()
        assert await first.gone() == -9
        second = await stage.start(seeded)
        await second.says("runner_started", "entering tick loop")
        said = [line["message"] for line in second.lines if line["event"] == "runner_started"]
        assert [any(message.startswith(words) for message in said) for words in BOOT] == [True, True, True]
        order = await stage.store.commands.queue(seeded.id, CommandKind.KILL, payload={}, at=stage.clock.now())
        assert await second.gone() == 0
        (kill,) = await stage.store.commands.recent(seeded.id, 1)
        assert (kill.id, kill.state) == (order.id, CommandState.APPLIED), kill.outcome
        books = stage.books()
        assert books.executions
        assert (books.doubled, books.living, books.positions) == ((), (), {})
        assert await told_apart(stage.store, seeded.account, books) == ([], [])
