"""The website's login, which is nobody until it says for whom it acts, and for one transaction only."""

from collections.abc import AsyncIterator

import anyio
import pytest
from psycopg.conninfo import make_conninfo

from agentic_core.domain import BrokerKind, CommandKind, UserId
from agentic_core.errors import AgenticError, NotFound
from agentic_core.store.postgres import PostgresStore, open_store
from tests.support.store_under_test import PAYLOAD, StoreUnderTest, in_postgres
from tests.support.stored_values import AT, DEPLOYMENT, USER, hash_of, uuid_of

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

STRANGER = UserId(uuid_of("stranger"))
SEEN = ([1], [True], [1])
"""A command, the deployment, and one skill."""
NOTHING: tuple[list[int], list[bool], list[int]] = ([0], [False], [0])


@pytest.fixture
async def subject(database: str) -> AsyncIterator[StoreUnderTest]:
    """Yield the store of the owner, in which the user has a deployment with a command, and the stranger a skill."""
    async with open_store(database) as store:
        subject = await in_postgres(store, database)
        await store.commands.queue(DEPLOYMENT, CommandKind.PAUSE, payload={}, at=AT)
        await _save_skill(store, STRANGER)
        yield subject


@pytest.fixture
async def website(database: str, subject: StoreUnderTest) -> AsyncIterator[PostgresStore]:
    """Yield the store of the website, with one connection, so that whoever comes next has the same."""
    async with open_store(make_conninfo(database, user="agentic_web"), pool_max=1) as store:
        yield store


async def _save_skill(store: PostgresStore, user: UserId) -> None:
    await store.skills.save(user, name="x", slug="theirs", payload=PAYLOAD, payload_hash=hash_of(PAYLOAD))


async def _seen(store: PostgresStore, subject: StoreUnderTest) -> tuple[list[int], list[bool], list[int]]:
    """Return how much of the user's is seen."""
    try:
        loaded = (await store.deployments.load(DEPLOYMENT)).user_id == USER
    except NotFound:
        loaded = False
    occupied = await store.deployments.occupying(USER, subject.skill, BrokerKind.PAPER)
    return [len(await store.commands.recent(DEPLOYMENT, 9))], [loaded], [len(occupied)]


async def test_website_that_acts_for_nobody_sees_nothing(website: PostgresStore, subject: StoreUnderTest) -> None:
    """No row of anybody, alone or in a unit."""
    assert await _seen(website, subject) == NOTHING
    async with website.unit() as unit:
        assert await _seen(unit, subject) == NOTHING


async def test_website_sees_what_is_the_users_for_whom_it_acts(website: PostgresStore, subject: StoreUnderTest) -> None:
    """And of a stranger's, nothing; what it was told is forgotten with each transaction."""
    for _ in range(3):
        assert await _seen(website.acting_for(USER), subject) == SEEN
        assert await _seen(website, subject) == NOTHING
        assert await _seen(website.acting_for(STRANGER), subject) == NOTHING
        async with website.acting_for(USER).unit() as unit:
            assert await _seen(unit, subject) == SEEN
            async with unit.unit() as inner:
                assert await _seen(inner, subject) == SEEN
        async with website.unit() as unit:
            assert await _seen(unit, subject) == NOTHING


async def test_website_that_acts_for_many_at_once_mixes_nobody_up(
    website: PostgresStore, subject: StoreUnderTest
) -> None:
    """On one connection, in whatever order they come."""
    seen: dict[int, object] = {}

    async def look(number: int) -> None:
        seen[number] = await _seen(website.acting_for([USER, STRANGER][number % 2]), subject)

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(look, number)
    assert [seen[number] for number in range(20)] == [SEEN, NOTHING] * 10


async def test_website_writes_for_nobody_but_the_user_it_acts_for(
    website: PostgresStore, subject: StoreUnderTest
) -> None:
    """A stranger's deployment is answered like one that does not exist, and a unit in which it tried may go on."""
    theirs = website.acting_for(STRANGER)
    async with theirs.unit() as unit:
        with pytest.raises(NotFound):
            await unit.commands.queue(DEPLOYMENT, CommandKind.KILL, payload={}, at=AT)
        with pytest.raises(NotFound):
            await _save_skill(unit, USER)
        await _save_skill(unit, STRANGER)
    for nobody in (website, website.acting_for(UserId("nobody' or true"))):
        with pytest.raises(AgenticError):
            await nobody.commands.queue(DEPLOYMENT, CommandKind.KILL, payload={}, at=AT)
    assert [command.kind for command in await subject.store.commands.recent(DEPLOYMENT, 9)] == [CommandKind.PAUSE]
    assert (await theirs.skills.find(STRANGER, "theirs")).user_id == STRANGER
    with pytest.raises(NotFound):
        await theirs.skills.find(USER, "crossing")
