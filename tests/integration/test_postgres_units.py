"""Units of work in PostgreSQL: who waits for whom, and whose words go where."""

from collections.abc import AsyncIterator, Awaitable, Callable

import anyio
import psycopg
import pytest

from agentic_core.domain import CommandKind, DeploymentId, DeploymentStatus, Fence
from agentic_core.errors import Fenced, StoreUnavailable, UsageError
from agentic_core.store.postgres import PostgresStore, open_store
from tests.support.agent_wallets import live_deployment
from tests.support.by_hand import execute
from tests.support.store_under_test import HOLDER, TTL_MS, StoreUnderTest, in_postgres
from tests.support.stored_values import AT, DEPLOYMENT, HELD, PAPER, USER, decision, log_line
from tests.support.waiting import SOMEBODY_WAITS, until

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

SHORT_MS = 400


@pytest.fixture
async def store(database: str) -> AsyncIterator[PostgresStore]:
    """Yield a store with two connections."""
    async with open_store(database, pool_max=2) as opened:
        yield opened


@pytest.fixture
async def subject(database: str, store: PostgresStore) -> StoreUnderTest:
    """Yield the same, furnished."""
    return await in_postgres(store, database)


RAN_OUT = "clock_timestamp() > expires_at from leases"


async def _taken_over(rival: PostgresStore) -> int | None:
    lease = await rival.leases.acquire(PAPER, "runner-2", TTL_MS)
    return None if lease is None else lease.epoch


async def _revoked(rival: PostgresStore) -> int | None:
    return await rival.leases.revoke(PAPER)


async def _raised(rival: PostgresStore) -> int | None:
    return await rival.leases.raise_epoch(PAPER, 2)


@pytest.mark.parametrize("end_lease", [_taken_over, _revoked, _raised])
async def test_lease_that_ran_out_stays_where_it_is_until_the_unit_ends(
    database: str,
    store: PostgresStore,
    subject: StoreUnderTest,
    end_lease: Callable[[PostgresStore], Awaitable[int | None]],
) -> None:
    """Whoever wants it waits, and then finds all that was written under the old epoch."""
    await store.leases.release(subject.lease)
    short = await store.leases.acquire(PAPER, HOLDER, SHORT_MS)
    assert short is not None
    fence = Fence(account=PAPER, epoch=short.epoch)
    came: list[tuple[int | None, int]] = []

    async def end() -> None:
        async with open_store(database) as rival:
            epoch = await end_lease(rival)
            came.append((epoch, len(await rival.logs.recent(DEPLOYMENT, 9))))

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks, store.unit(fence) as unit:
            await unit.logs.append([log_line("in time")])
            await until(database, RAN_OUT)
            tasks.start_soon(end)
            await until(database, SOMEBODY_WAITS)
            await unit.logs.append([log_line("late, and nobody else could have written")])
            with pytest.raises(Fenced):
                await unit.decisions.record(fence, decision(subject.skill), HELD)
            assert came == []
    assert came == [(3, 2)]


async def test_unit_that_waits_for_a_takeover_is_never_entered(
    database: str, store: PostgresStore, subject: StoreUnderTest
) -> None:
    """It looks at the lease as it is once its row is free again."""
    entered: list[object] = []

    async def enter() -> None:
        with pytest.raises(Fenced):
            async with store.unit(subject.fence) as unit:
                entered.append(unit)

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            with psycopg.connect(database) as other:
                other.execute("update leases set epoch = epoch + 1 where account_key = %s", [PAPER])
                tasks.start_soon(enter)
                await until(database, SOMEBODY_WAITS)
    assert entered == []


async def test_unit_that_is_left_waiting_is_ended_by_the_server(store: PostgresStore, subject: StoreUnderTest) -> None:
    """After 5 s, so that whoever froze there keeps nobody from the lease; nothing of it is stored, and it is known."""

    async def freeze() -> None:
        async with store.unit(subject.fence) as unit:
            await unit.decisions.record(subject.fence, decision(subject.skill), HELD)
            assert await store.leases.revoke(PAPER) == 2

    with pytest.raises(StoreUnavailable, match="idle-in-transaction timeout") as refusal:
        await freeze()
    assert refusal.value.commit_unknown is False
    assert await store.decisions.recent(DEPLOYMENT, 9) == ()


async def test_unit_that_is_over_answers_no_more(store: PostgresStore, subject: StoreUnderTest) -> None:
    """Its connection is somebody else's; how it ended makes no difference."""
    with pytest.raises(Fenced):
        async with store.unit() as failed:
            await failed.decisions.record(Fence(account=PAPER, epoch=9), decision(subject.skill), HELD)
    async with store.unit() as ended, ended.unit() as inner:
        pass
    for unit in (failed, ended, inner):
        with pytest.raises(UsageError, match="this unit of work is over"):
            await unit.logs.append([log_line("never")])
        with pytest.raises(UsageError, match="this unit of work is over"):
            async with unit.unit():
                pytest.fail("it was opened")
    assert await store.logs.recent(DEPLOYMENT, 9) == ()


async def test_unit_with_a_call_that_was_called_off_stores_nothing(
    database: str, store: PostgresStore, subject: StoreUnderTest
) -> None:
    """Whether the server had begun with the call is not known, so all is undone, and what comes next says so."""

    async def go_on() -> None:
        async with store.unit(subject.fence) as unit:
            await unit.decisions.record(subject.fence, decision(subject.skill), HELD)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(unit.logs.append, [log_line("blocked")])
                await until(database, SOMEBODY_WAITS)
                tasks.cancel_scope.cancel()
            await unit.decisions.record(subject.fence, decision(subject.skill, minute=1), HELD)

    with psycopg.connect(database) as other:
        other.execute("lock table agent_logs in exclusive mode")
        with pytest.raises(StoreUnavailable, match="cannot be used") as refusal:
            await go_on()
    assert refusal.value.commit_unknown is False
    assert await store.decisions.recent(DEPLOYMENT, 9) == ()
    await store.logs.append([log_line("next")])


async def test_units_that_wait_for_each_other_are_not_both_undone(
    store: PostgresStore, subject: StoreUnderTest
) -> None:
    """The server undoes one of them, which is told that nothing of it is stored."""
    other = await live_deployment(store, subject.skill)
    both = (DEPLOYMENT, other.id)
    ready = {deployment: anyio.Event() for deployment in both}
    refused: list[StoreUnavailable] = []

    async def move(first: DeploymentId, second: DeploymentId) -> None:
        try:
            async with store.unit() as unit:
                await unit.deployments.move(first, DeploymentStatus.RUNNING, at=AT)
                ready[first].set()
                await ready[second].wait()
                await unit.deployments.move(second, DeploymentStatus.RUNNING, at=AT)
        except StoreUnavailable as error:
            refused.append(error)

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(move, DEPLOYMENT, other.id)
            tasks.start_soon(move, other.id, DEPLOYMENT)
    assert [("deadlock detected" in str(error), error.commit_unknown) for error in refused] == [(True, False)]
    statuses = {(await store.deployments.load(deployment)).status for deployment in both}
    assert statuses == {DeploymentStatus.RUNNING}


async def test_unit_of_one_user_leaves_no_trace_on_its_connection(
    store: PostgresStore, subject: StoreUnderTest
) -> None:
    """For whom it acted is forgotten with the transaction; who comes next on this connection is nobody."""
    theirs = store.acting_for(USER)
    asked = "select current_setting('agentic.user_id', true)"

    async def user_of(database_of: PostgresStore) -> list[object]:
        async with database_of.database.transaction() as session:
            return [row["current_setting"] for row in await (await session.connection.execute(asked)).fetchall()]

    async with theirs.unit() as unit:
        assert await user_of(unit) == [USER]
        with pytest.raises(UsageError, match="acting_for"):
            unit.acting_for(USER)
    assert not any([(await user_of(store))[0] for _ in range(4)])


async def test_command_of_a_unit_is_told_only_when_it_is_stored(
    database: str, store: PostgresStore, subject: StoreUnderTest
) -> None:
    """And never where the unit was undone."""

    async def fail() -> None:
        async with store.unit() as unit:
            await unit.commands.queue(DEPLOYMENT, CommandKind.PAUSE, payload={}, at=AT)
            await unit.decisions.record(Fence(account=PAPER, epoch=9), decision(subject.skill), HELD)

    with psycopg.connect(database, autocommit=True) as ear:
        ear.execute(f'listen "agent_commands_{DEPLOYMENT}"')
        with pytest.raises(Fenced):
            await fail()
        async with store.unit() as unit:
            await unit.commands.queue(DEPLOYMENT, CommandKind.STOP, payload={}, at=AT)
            assert list(ear.notifies(timeout=0)) == []
        assert len(list(ear.notifies(timeout=5, stop_after=1))) == 1
        assert list(ear.notifies(timeout=0)) == []


async def test_unit_whose_end_is_refused_has_written_nothing(
    database: str, store: PostgresStore, subject: StoreUnderTest
) -> None:
    """What is checked at the commit only is told in our words, too."""
    execute(
        database,
        """
        create function no_end() returns trigger language plpgsql as $$
        begin raise exception 'this came to no good end' using errcode = 'check_violation'; end $$;
        create constraint trigger no_end after insert on agent_logs deferrable initially deferred
            for each row execute function no_end();
        """,
    )

    async def end() -> None:
        async with store.unit(subject.fence) as unit:
            await unit.decisions.record(subject.fence, decision(subject.skill), HELD)
            await unit.logs.append([log_line("the end")])

    with pytest.raises(UsageError, match="this came to no good end"):
        await end()
    assert await store.decisions.recent(DEPLOYMENT, 9) == ()
