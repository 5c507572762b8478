"""Step 3.1 of the launch checklist, with the shipped runner on PostgreSQL and the page's own statements."""

from collections.abc import AsyncIterator
from functools import partial

import pytest

from agentic_core.domain import CommandKind
from agentic_core.logevents import LogEvent
from agentic_core.store.postgres import open_store
from tests.support.guarded_runner import GuardedRunner, guarded_runner

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

PAUSES = "select payload->>'reason', state from agent_commands where deployment_id = %s and kind = 'pause' order by seq"
TRIPPED = "select message from agent_logs where deployment_id = %s and event = 'cost_guard_tripped'"
STATUS = "select status::text from deployments where id = %s"
DECISIONS = "select count(*) from decision_snapshots where deployment_id = %s"


@pytest.fixture
async def runner(owned_database: str) -> AsyncIterator[GuardedRunner]:
    """Yield a runner whose every decision costs two cents."""
    async with open_store(owned_database) as store:
        yield await guarded_runner(owned_database, store)


def decided(runner: GuardedRunner) -> int:
    """Count the decisions so far."""
    ((count,),) = runner.sql(DECISIONS)
    assert isinstance(count, int)
    return count


def has_paused(runner: GuardedRunner, times: int) -> bool:
    """Tell whether so many pauses were ordered."""
    return len(runner.sql(PAUSES)) == times


async def test_cap_that_the_owner_lowers_pauses_within_one_tick_and_once(runner: GuardedRunner) -> None:
    """A pause with its reason, a log line, the status; put back, a person's resume lets it go on as it was deployed."""
    async with runner.running():
        await runner.until(lambda: decided(runner) >= 1, minutes=20)
        assert str(runner.run("month to date")[0][0]).startswith("0.0")
        runner.run("lower the cap")
        before = decided(runner)
        await runner.until(lambda: runner.sql(STATUS) == [("paused",)], minutes=1.9)
        assert decided(runner) - before <= 1
        await runner.marks(3)
        ((reason, state),) = runner.sql(PAUSES)
        assert (str(reason).partition(":")[0], state) == ("cost_guard", "applied")
        assert [line.event for line in runner.lines].count(LogEvent.COST_GUARD_TRIPPED) == 1
        assert len(runner.sql(TRIPPED)) == 1
        runner.run("put the cap back")
        paused_at = decided(runner)
        await runner.order(CommandKind.RESUME)
        await runner.until(lambda: decided(runner) >= paused_at + 2, minutes=20)
        changes = [line.message for line in runner.lines if line.event is LogEvent.VERSION_CHANGED]
        assert ["nothing is opened" in words for words in changes] == [True, False]
    assert runner.sql(STATUS) == [("running",)]
    assert runner.ended is not None


async def test_resume_over_the_cap_lasts_until_the_next_mark(runner: GuardedRunner) -> None:
    """Each time it is paused anew, with an order and a line of its own, and nothing more is spent."""
    async with runner.running():
        await runner.until(lambda: decided(runner) >= 1, minutes=20)
        runner.run("lower the cap")
        await runner.until(lambda: runner.sql(STATUS) == [("paused",)], minutes=3)
        spent = decided(runner)
        for times in (2, 3):
            await runner.order(CommandKind.RESUME)
            await runner.until(partial(has_paused, runner, times), minutes=5)
            await runner.until(lambda: runner.sql(STATUS) == [("paused",)], minutes=5)
        await runner.marks(2)
        assert decided(runner) == spent
        assert len(runner.sql(PAUSES)) == len(runner.sql(TRIPPED)) == 3
