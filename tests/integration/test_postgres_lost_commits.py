"""A connection that is lost while something is being stored: what is said, and that it may be said again."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import anyio
import pytest

from agentic_core.domain import CommandKind, SkillId
from agentic_core.errors import StoreUnavailable
from agentic_core.store.postgres import PostgresStore, open_store
from tests.support.by_hand import execute
from tests.support.cutting_proxy import COMMITTED, NEXT, CuttingProxy, cutting_proxy
from tests.support.store_under_test import StoreUnderTest, in_postgres
from tests.support.stored_values import AT, DEPLOYMENT, HELD, USER, decision

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

LONE_ANSWER = b"SELECT 1\0"
"""How a statement is answered that is a transaction of its own."""

GROUP = b"json_to_recordset"
"""What a group of decisions is written with, where it was not prepared before."""

GROUP_ANSWER = b"SELECT 12\0"

COST = Decimal("0.25")


@pytest.fixture
def proxy(database: str, tmp_path: Path) -> Iterator[CuttingProxy]:
    """Yield a way to the database that can be cut."""
    with cutting_proxy(database, tmp_path) as opened:
        yield opened


@pytest.fixture
async def store(proxy: CuttingProxy) -> AsyncIterator[PostgresStore]:
    """Yield a store that goes this way, with one connection."""
    async with open_store(proxy.dsn, pool_max=1) as opened:
        yield opened


@pytest.fixture
async def subject(database: str, store: PostgresStore) -> StoreUnderTest:
    """Yield the same, furnished."""
    return await in_postgres(store, database)


async def _unit(store: PostgresStore, subject: StoreUnderTest, at_the_end: Callable[[], None] = lambda: None) -> None:
    async with store.unit(subject.fence) as unit:
        await unit.decisions.record(subject.fence, decision(subject.skill, cost=COST), HELD)
        await unit.commands.queue(DEPLOYMENT, CommandKind.PAUSE, payload={}, at=AT)
        at_the_end()


async def _counted(database: str) -> tuple[object, ...]:
    (counted,) = execute(
        database,
        "select (select count(*) from decision_snapshots), (select count(*) from agent_commands),"
        " (select coalesce(sum(cost_usd), 0) from cost_rollups)",
    )
    return counted


@pytest.mark.parametrize(("cut_at", "stored"), [(NEXT, (0, 0, Decimal(0))), (COMMITTED, (1, 1, COST))])
async def test_unit_whose_connection_is_lost_at_its_end_is_stored_or_not_and_says_so(
    database: str,
    proxy: CuttingProxy,
    store: PostgresStore,
    subject: StoreUnderTest,
    cut_at: bytes,
    stored: tuple[object, ...],
) -> None:
    """The server heard of the commit or did not; all of it is there or none, and the store works on."""
    with pytest.raises(StoreUnavailable, match="may be stored or not, so read it first") as refusal:
        await _unit(store, subject, lambda: proxy.cut_at(cut_at))
    assert proxy.cuts == 1
    assert refusal.value.commit_unknown
    assert await _counted(database) == stored
    assert len(await store.decisions.recent(DEPLOYMENT, 9)) == stored[0]
    await store.decisions.record(subject.fence, decision(subject.skill, cost=COST), HELD)
    assert (await _counted(database))[::2] == (1, COST)


async def test_unit_whose_connection_is_lost_before_its_end_is_known_not_to_be_stored(
    database: str, proxy: CuttingProxy, store: PostgresStore, subject: StoreUnderTest
) -> None:
    """Nothing of it is, whatever the server did with the call that it heard."""
    proxy.cut_at(b"insert into agent_commands")
    with pytest.raises(StoreUnavailable) as refusal:
        await _unit(store, subject)
    assert (proxy.cuts, refusal.value.commit_unknown) == (1, False)
    assert await _counted(database) == (0, 0, 0)


async def test_unit_for_a_user_whose_connection_is_lost_at_its_end_says_so(
    database: str, proxy: CuttingProxy, store: PostgresStore, subject: StoreUnderTest
) -> None:
    """Its transaction begins in another way and ends in the same."""
    proxy.cut_at(COMMITTED)
    with pytest.raises(StoreUnavailable) as refusal:
        await _unit(store.acting_for(USER), subject)
    assert (proxy.cuts, refusal.value.commit_unknown) == (1, True)
    assert await _counted(database) == (1, 1, COST)


async def test_lone_call_whose_answer_is_lost_is_stored_once_however_often_it_is_said(
    database: str, proxy: CuttingProxy, store: PostgresStore, subject: StoreUnderTest
) -> None:
    """It is open whether it was stored; said again, it counts once."""
    tick = decision(subject.skill, cost=COST)
    proxy.cut_at(LONE_ANSWER)
    with pytest.raises(StoreUnavailable) as refusal:
        await store.decisions.record(subject.fence, tick, HELD)
    assert (proxy.cuts, refusal.value.commit_unknown) == (1, True)
    assert await _counted(database) == (1, 0, COST)
    for _ in range(2):
        await store.decisions.record(subject.fence, tick, HELD)
    assert await _counted(database) == (1, 0, COST)


@pytest.mark.parametrize(("cut_at", "stored"), [(GROUP, 0), (GROUP_ANSWER, 12)])
async def test_group_whose_commit_is_lost_tells_each_of_them(
    database: str, proxy: CuttingProxy, store: PostgresStore, subject: StoreUnderTest, cut_at: bytes, stored: int
) -> None:
    """Nobody is told that it was stored, nobody that it was not; said again by all it is there once."""
    proxy.cut_at(cut_at)
    told = await _recorded_together(store, subject)
    assert proxy.cuts == 1
    assert [error is not None and error.commit_unknown for error in told] == [True] * 12
    assert len({id(error) for error in told}) == 12
    assert await _counted(database) == (stored, 0, stored * COST)
    assert await _recorded_together(store, subject) == [None] * 12
    assert await _counted(database) == (12, 0, 12 * COST)


async def _recorded_together(store: PostgresStore, subject: StoreUnderTest) -> list[StoreUnavailable | None]:
    told: list[StoreUnavailable | None] = []

    async def record(skill: SkillId, minute: int) -> None:
        try:
            await store.decisions.record(subject.fence, decision(skill, minute=minute, cost=COST), HELD)
        except StoreUnavailable as error:
            told.append(error)
        else:
            told.append(None)

    async with anyio.create_task_group() as tasks:
        with suppress(ZeroDivisionError):
            # Whoever comes while the only connection is lent gathers, and a unit that fails does not commit.
            async with store.unit():
                for minute in range(12):
                    tasks.start_soon(record, subject.skill, minute)
                await anyio.wait_all_tasks_blocked()
                raise ZeroDivisionError
    return told
