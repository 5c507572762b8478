"""Several runners at one database: exactly one wins, and nothing is lost in between."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import anyio
import psycopg
import pytest

from agentic_core.domain import CommandKind, Fence
from agentic_core.errors import AgenticError, Conflict, Fenced
from agentic_core.store.postgres import PostgresStore
from tests.support.agent_wallets import live_deployment
from tests.support.by_hand import execute
from tests.support.narrow_roles import open_narrow_store
from tests.support.store_under_test import PAYLOAD, TTL_MS, StoreUnderTest, in_postgres
from tests.support.stored_values import AT, DEPLOYMENT, HELD, PAPER, USER, decision, deployment, hash_of, intent

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

RUNNERS = 4
Work = Callable[[PostgresStore], Awaitable[object]]


@pytest.fixture
async def subject(database: str) -> AsyncIterator[StoreUnderTest]:
    """Yield a furnished store."""
    async with open_narrow_store(database) as store:
        yield await in_postgres(store, database)


async def _race(database: str, work: Work) -> tuple[list[object], list[AgenticError]]:
    won: list[object] = []
    lost: list[AgenticError] = []

    async def run(store: PostgresStore) -> None:
        try:
            won.append(await work(store))
        except AgenticError as error:
            lost.append(error)

    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(open_narrow_store(database, pool_max=1)) for _ in range(RUNNERS)]
        async with anyio.create_task_group() as tasks:
            for store in stores:
                tasks.start_soon(run, store)
    return won, lost


async def test_one_tick_prepared_by_several_runners_has_one_winner(database: str, subject: StoreUnderTest) -> None:
    """The others are told of the conflict, and there is one intent."""
    won, lost = await _race(
        database,
        lambda store: store.intents.prepare(subject.fence, decision(subject.skill, opens=True), [intent(0)], at=AT),
    )
    assert len(won) == 1
    assert [type(error) for error in lost] == [Conflict] * (RUNNERS - 1)
    assert len(await subject.store.intents.unresolved(PAPER)) == 1


async def test_free_account_wanted_by_several_runners_goes_to_one(database: str, subject: StoreUnderTest) -> None:
    """Exactly one lease is given."""
    live = await live_deployment(subject.store, subject.skill)
    names = iter(["a", "b", "c", "d"])
    won, lost = await _race(
        database,
        lambda store: store.leases.acquire(live.account_key, next(names), TTL_MS, deployment=live.id),
    )
    assert [lease is None for lease in won].count(False) == 1
    assert lost == []


async def test_lease_that_ran_out_is_taken_over_by_one(database: str, subject: StoreUnderTest) -> None:
    """The epoch grows by one, not by the number of those who tried."""
    subject.run_out(PAPER)
    names = iter(["a", "b", "c", "d"])
    won, _ = await _race(database, lambda store: store.leases.acquire(PAPER, next(names), TTL_MS))
    assert [lease is None for lease in won].count(False) == 1
    assert execute(database, "select epoch from leases") == [(2,)]


async def test_deployments_of_one_skill_at_the_same_time_leave_one(database: str, subject: StoreUnderTest) -> None:
    """The index decides where a check before the insert could not."""
    await subject.store.deployments.move(DEPLOYMENT, deployment(subject.skill).status.STOPPING, at=AT)
    names = iter(["a", "b", "c", "d"])
    won, lost = await _race(
        database, lambda store: store.deployments.create(deployment(subject.skill, name=next(names)))
    )
    assert len(won) == 1
    assert [type(error) for error in lost] == [Conflict] * (RUNNERS - 1)


async def test_commands_queued_at_the_same_time_are_numbered_without_gap(
    database: str, subject: StoreUnderTest
) -> None:
    """Nobody's order is refused for coming together with another's."""
    won, _ = await _race(database, lambda store: store.commands.queue(DEPLOYMENT, CommandKind.PAUSE, payload={}, at=AT))
    assert len(won) == RUNNERS
    assert [command.seq for command in await subject.store.commands.pending(DEPLOYMENT)] == [1, 2, 3, 4]


async def test_skill_saved_at_the_same_time_gets_one_version_for_one_payload(
    database: str, subject: StoreUnderTest
) -> None:
    """The second one finds the first one's version."""
    tighter = PAYLOAD.replace("200", "100")
    won, lost = await _race(
        database,
        lambda store: store.skills.save(
            USER, name="x", slug="crossing", payload=tighter, payload_hash=hash_of(tighter)
        ),
    )
    assert (len(won), lost) == (RUNNERS, [])
    assert (await subject.store.skills.find(USER, "crossing")).latest_version == 2


async def test_takeover_waits_for_what_is_being_written_under_the_old_epoch(
    database: str, subject: StoreUnderTest
) -> None:
    """A transaction that passed the fence ends before the next epoch begins, so the successor sees all of it."""
    subject.run_out(PAPER)
    epochs: list[int] = []

    async def take_over() -> None:
        lease = await subject.store.leases.acquire(PAPER, "runner-2", TTL_MS)
        assert lease is not None
        epochs.append(lease.epoch)

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            with psycopg.connect(database) as old:
                old.execute("select from leases where account_key = %s and epoch = 1 for share", [PAPER])
                tasks.start_soon(take_over)
                await _until_somebody_waits(database)
                assert epochs == []
            # The old transaction has ended here.
    assert epochs == [2]


async def test_write_that_waits_for_a_takeover_is_fenced_by_it(database: str, subject: StoreUnderTest) -> None:
    """Whoever reads the lease while it changes hands sees the new epoch."""
    refused: list[AgenticError] = []

    async def write() -> None:
        try:
            await subject.store.decisions.record(subject.fence, decision(subject.skill), HELD)
        except Fenced as error:
            refused.append(error)

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            with psycopg.connect(database) as other:
                other.execute("update leases set epoch = epoch + 1 where account_key = %s", [PAPER])
                tasks.start_soon(write)
                await _until_somebody_waits(database)
    assert [type(error) for error in refused] == [Fenced]
    assert await subject.store.decisions.recent(DEPLOYMENT, 9) == ()
    assert await subject.store.leases.renew(subject.lease) is False
    fence = Fence(account=PAPER, epoch=2)
    await subject.store.decisions.record(fence, decision(subject.skill), HELD)


async def _until_somebody_waits(database: str) -> None:
    waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    while execute(database, waiting) == [(0,)]:
        await anyio.lowlevel.checkpoint()
