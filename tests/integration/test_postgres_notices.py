"""Listening for commands: who is heard, what happens when a connection is lost, and when polling is all there is."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import anyio
import pytest
from msgspec.structs import replace

from agentic_core.domain import CommandKind, DeploymentId
from agentic_core.ports.notices import Delivery, Hint, Listening, Polling
from agentic_core.store.postgres import PostgresStore, open_store
from agentic_core.store.postgres.notify import HearingTerms, PostgresNotices, channel_of, listening
from agentic_core.system import SystemClock
from tests.support.by_hand import execute
from tests.support.store_under_test import in_postgres
from tests.support.stored_values import AT, DEPLOYMENT, uuid_of
from tests.support.waiting import until

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

PATIENT = HearingTerms(due_after=60_000)
"""Who hears nothing says nothing."""

HASTY = HearingTerms(heard_within=400, due_after=60_000, poll_every=20, lost_again=20, lost_again_most=50)

CUT = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and query like '%pg_is_in_recovery%'
"""


@pytest.fixture
async def store(database: str) -> AsyncIterator[PostgresStore]:
    """Yield a furnished store."""
    async with open_store(database) as opened:
        await in_postgres(opened, database)
        yield opened


def _hearing(database: str, store: PostgresStore, terms: HearingTerms) -> AbstractAsyncContextManager[PostgresNotices]:
    return listening(database, store.database, DEPLOYMENT, SystemClock(), terms)


async def _next(notices: PostgresNotices) -> Hint:
    with anyio.fail_after(10):
        return await anext(notices)


async def _is_silent(notices: PostgresNotices) -> bool:
    with anyio.move_on_after(0.3) as scope:
        await anext(notices)
    return scope.cancelled_caught


async def _until(notices: PostgresNotices, delivery: type[Delivery]) -> list[Hint]:
    hints = []
    while not isinstance(notices.delivery, delivery):
        hints.append(await _next(notices))
    return hints


async def _queue(store: PostgresStore) -> None:
    await store.commands.queue(DEPLOYMENT, CommandKind.PAUSE, payload={}, at=AT)


async def test_notices_tell_of_a_command_that_another_process_queued(database: str, store: PostgresStore) -> None:
    """And of nothing else: not of its acknowledgement, nor of another deployment's command."""
    async with _hearing(database, store, PATIENT) as notices, open_store(database) as website:
        assert (notices.delivery, await _next(notices)) == (Listening(), Hint.STARTED)
        assert await _is_silent(notices)
        await _queue(website)
        assert await _next(notices) is Hint.TOLD
        stranger = channel_of(DeploymentId(uuid_of("stranger")))
        execute(database, "select pg_notify(%s, ''), pg_notify('agent_commands', '')", stranger)
        assert await _is_silent(notices)


async def test_notices_of_many_commands_are_few_and_the_last_one_comes_after_all(
    database: str, store: PostgresStore
) -> None:
    """A burst is read in a few looks, and no command of it is left unread until the next hour."""
    async with _hearing(database, store, PATIENT) as notices:
        await _next(notices)
        read: list[int] = []
        hints = 0

        async def follow() -> None:
            nonlocal hints
            while len(read) < 60:
                assert await _next(notices) is Hint.TOLD
                hints += 1
                read[:] = [command.seq for command in await store.commands.pending(DEPLOYMENT)]

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(follow)
            for _ in range(60):
                await _queue(store)
        assert read == list(range(1, 61))
        assert hints < 30


async def test_first_command_after_a_mere_look_is_told_at_once(database: str, store: PostgresStore) -> None:
    """Only what follows something that was told waits for more to come."""
    async with _hearing(database, store, replace(PATIENT, together=60_000)) as notices:
        assert await _next(notices) is Hint.STARTED
        await _queue(store)
        assert await _next(notices) is Hint.TOLD
        await _queue(store)
        assert await _is_silent(notices)


async def test_words_of_a_stranger_are_a_hint_and_nothing_more(database: str, store: PostgresStore) -> None:
    """Whatever they say, even where they look like the listener's own."""
    async with _hearing(database, store, PATIENT) as notices:
        await _next(notices)
        for words in ("", "stop", '{"kind": "kill"}', "self-test 1 1", "x" * 7_999):
            execute(database, "select pg_notify(%s, %s)", channel_of(DEPLOYMENT), words)
            assert await _next(notices) is Hint.TOLD
        assert await store.commands.pending(DEPLOYMENT) == ()
        assert isinstance(notices.delivery, Listening)


async def test_notices_whose_connection_is_cut_listen_again(database: str, store: PostgresStore) -> None:
    """Nothing is raised; the first hint on the new connection says that something may have been missed."""
    async with _hearing(database, store, HASTY) as notices:
        await _next(notices)
        for _ in range(3):
            execute(database, CUT)
            await _queue(store)
            while await _next(notices) is not Hint.STARTED:
                pass
            assert isinstance(notices.delivery, Listening)
            assert await _is_silent(notices)
            await _queue(store)
            assert await _next(notices) is Hint.TOLD
        assert len(await store.commands.pending(DEPLOYMENT)) == 6


async def test_notices_of_a_database_that_lets_nobody_in_wait_for_it(
    postgres_server: str, database: str, store: PostgresStore
) -> None:
    """They poll and say why, each try is further from the last, and they listen again when it does."""
    name = execute(database, "select current_database()")[0][0]
    async with _hearing(database, store, HASTY) as notices:
        await _next(notices)
        execute(postgres_server, f"alter database {name} allow_connections false")
        execute(postgres_server, "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", name)
        await _until(notices, Polling)
        assert [await _next(notices) for _ in range(12)] == [Hint.DUE] * 12
        assert isinstance(notices.delivery, Polling)
        assert "cannot be used" in notices.delivery.why
        execute(postgres_server, f"alter database {name} allow_connections true")
        assert (await _until(notices, Listening))[-1] is Hint.STARTED


async def test_notices_begin_though_the_database_is_away(store: PostgresStore) -> None:
    """Opening them raises nothing either."""
    async with _hearing("postgresql://nobody@127.0.0.1:1/nothing", store, HASTY) as notices:
        assert [await _next(notices) for _ in range(3)] == [Hint.STARTED, Hint.DUE, Hint.DUE]
        assert isinstance(notices.delivery, Polling)
        assert "127.0.0.1:1" in notices.delivery.why


async def test_notices_that_do_not_hear_their_own_word_poll(
    postgres_server: str, database: str, store: PostgresStore
) -> None:
    """As behind a pooler: LISTEN succeeds, and what is said on another connection never comes."""
    async with open_store(postgres_server) as elsewhere:
        hearing = listening(database, elsewhere.database, DEPLOYMENT, SystemClock(), HASTY)
        with anyio.fail_after(10):
            async with hearing as notices:
                assert isinstance(notices.delivery, Polling)
                assert "was not heard" in notices.delivery.why
                assert [await _next(notices) for _ in range(5)] == [Hint.STARTED, *[Hint.DUE] * 4]
                assert execute(database, "select count(*) from pg_stat_activity where query ilike 'listen%'") == [(0,)]
                await _queue(store)
                assert len(await store.commands.pending(DEPLOYMENT)) == 1


async def test_notices_test_themselves_again_and_again_without_a_hint(database: str, store: PostgresStore) -> None:
    """What they say to themselves is nobody's business; where it is heard no more, they poll."""
    terms = replace(HASTY, test_every=20)
    async with _hearing(database, store, terms) as notices:
        assert await _next(notices) is Hint.STARTED
        assert await _is_silent(notices)
        assert isinstance(notices.delivery, Listening)
        await _queue(store)
        assert await _next(notices) is Hint.TOLD


async def test_notices_that_are_closed_leave_no_connection_behind(database: str, store: PostgresStore) -> None:
    """However they were left."""
    for _ in range(3):
        with anyio.CancelScope() as scope:
            async with _hearing(database, store, PATIENT) as notices:
                await _next(notices)
                scope.cancel()
                await anext(notices)
    await until(
        database,
        "not exists (select from pg_stat_activity where query like '%pg_is_in_recovery%' and pid <> pg_backend_pid())",
    )
