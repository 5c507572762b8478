"""A pooler in between: one that lends connections for a transaction is recognised at boot, and nothing is lost."""

import sys
from collections.abc import Iterator
from pathlib import Path

import anyio
import psycopg
import pytest

from agentic_core.domain import CommandKind, Fence
from agentic_core.domain.records import Command, CommandState
from agentic_core.errors import Fenced
from agentic_core.ports.notices import CommandNotices, Hint, Listening, Polling
from agentic_core.store.postgres import PostgresStore, open_store
from agentic_core.store.postgres.notify import HearingTerms, listening
from agentic_core.system import SystemClock
from tests.support.pgbouncer import Lends, pgbouncer
from tests.support.store_under_test import TTL_MS, in_postgres
from tests.support.stored_values import AT, DEPLOYMENT, HELD, PAPER, USER, decision, state

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

SHARED = Polling(every_ms=250, why="a pooler lends the server's connections for one transaction at a time")
UNHEARD = "a word sent to this channel was not heard, as behind a pooler that lends connections for one transaction"

BOOTS = 40
BUSY = """
import psycopg, sys, threading
def work():
    with psycopg.connect(sys.argv[1], autocommit=True, prepare_threshold=None) as connection:
        while True:
            connection.execute("select 1")
for _ in range(int(sys.argv[2])):
    threading.Thread(target=work).start()
print("busy", flush=True)
"""


@pytest.fixture(
    params=[(1, False), (2, False), (4, True), (20, False)],
    ids=["one connection", "two", "four in turn", "twenty"],
)
def lending(request: pytest.FixtureRequest, database: str, shared_home: Path) -> Iterator[str]:
    """Yield the address of the database behind a pooler that lends connections for a transaction."""
    size, takes_turns = request.param
    with pgbouncer(database, shared_home, Lends.TRANSACTION, size=size, takes_turns=takes_turns) as address:
        yield address


async def _told(notices: CommandNotices, store: PostgresStore) -> tuple[Command, list[Hint]]:
    """Read the commands at each hint, as a runner does, until there is one."""
    hints: list[Hint] = []
    async for hint in notices:
        hints.append(hint)
        pending = await store.commands.pending(DEPLOYMENT)
        if pending:
            return pending[0], hints
    raise AssertionError("there are hints for ever")


async def test_pooler_for_transactions_is_recognised_at_boot_and_commands_arrive_by_polling(
    database: str, lending: str
) -> None:
    """Two clients, however few connections there are: neither listens, and what one orders reaches the other."""
    with anyio.fail_after(60):
        async with open_store(lending) as runner, open_store(lending) as web:
            subject = await in_postgres(web, database)
            async with (
                runner.command_notices(DEPLOYMENT, SystemClock()) as notices,
                web.command_notices(DEPLOYMENT, SystemClock()) as others,
            ):
                assert notices.delivery == others.delivery == SHARED
                assert await anext(aiter(notices)) is Hint.STARTED
                queued = await web.commands.queue(DEPLOYMENT, CommandKind.PAUSE, payload={}, at=AT)
                arrived, hints = await _told(notices, runner)
            assert (arrived, hints) == (queued, [Hint.DUE])
            acked = await runner.commands.ack(arrived, CommandState.APPLIED, "paused", at=AT, fence=subject.fence)
            assert await web.commands.recent(DEPLOYMENT, 9) == (acked,)


@pytest.mark.parametrize("size", [2, 4])
async def test_pooler_for_transactions_is_recognised_while_others_are_at_work(
    database: str, shared_home: Path, size: int
) -> None:
    """Each time: whoever uses the connections in between may hide once that they are lent, not again and again."""
    with pgbouncer(database, shared_home, Lends.TRANSACTION, size=size) as address:
        # A program of its own, so that it does not wait for us.
        busy = await anyio.open_process([sys.executable, "-c", BUSY, address, str(size // 2)], stderr=None)
        try:
            assert busy.stdout is not None
            await busy.stdout.receive()
            for _ in range(BOOTS):
                async with open_store(address) as store, store.command_notices(DEPLOYMENT, SystemClock()) as notices:
                    assert notices.delivery == SHARED
        finally:
            busy.kill()
            await busy.aclose()


async def test_listen_that_delivers_nothing_is_found_out_and_polled_instead(database: str, lending: str) -> None:
    """Also where nobody recognised the pooler: LISTEN succeeds, the first word is not heard, commands arrive."""
    terms = HearingTerms(heard_within=300, poll_every=20)
    with anyio.fail_after(60):
        async with open_store(lending) as runner, open_store(lending) as web:
            await in_postgres(web, database)
            async with listening(lending, runner.database, DEPLOYMENT, SystemClock(), terms) as notices:
                assert notices.delivery == Polling(every_ms=20, why=UNHEARD)
                queued = await web.commands.queue(DEPLOYMENT, CommandKind.PAUSE, payload={}, at=AT)
                arrived, _ = await _told(notices, runner)
    assert arrived == queued


async def test_leases_hold_between_two_clients_of_one_pooler(database: str, lending: str) -> None:
    """Locks of a session would be given to both; of rows, one has the lease and the other's writes are refused."""
    with anyio.fail_after(60):
        async with open_store(lending) as first, open_store(lending) as second:
            subject = await in_postgres(first, database)
            assert await second.leases.acquire(PAPER, "runner-2", TTL_MS) is None
            async with first.unit(subject.fence) as unit:
                await unit.states.write(subject.fence, state("1"))
                await unit.decisions.record(subject.fence, decision(subject.skill), HELD)
            subject.run_out(PAPER)
            taken = await second.leases.acquire(PAPER, "runner-2", TTL_MS)
            assert taken is not None
            with pytest.raises(Fenced):
                await first.states.write(subject.fence, state("2"))
            with pytest.raises(Fenced):
                async with first.unit(subject.fence):
                    pytest.fail("it was taken over")
            await second.states.write(Fence(account=PAPER, epoch=taken.epoch), state("3"))
            assert await first.states.read(DEPLOYMENT) == state("3")


async def test_nothing_that_is_set_for_one_client_stays_for_the_next(database: str, lending: str) -> None:
    """Neither for whom somebody acted nor how long a statement may take: the connection is another's next."""
    settings = ("agentic.user_id", "statement_timeout", "lock_timeout", "plan_cache_mode", "timezone")
    asked = "select " + ", ".join(f"coalesce(current_setting('{name}', true), '')" for name in settings)
    with anyio.fail_after(60):
        async with open_store(lending) as store:
            with psycopg.connect(lending, autocommit=True, prepare_threshold=None) as stranger:
                before = stranger.execute(asked.encode()).fetchone()
                subject = await in_postgres(store, database)
                acting = store.acting_for(USER)
                async with anyio.create_task_group() as tasks:
                    for minute in range(6):
                        tasks.start_soon(
                            store.decisions.record, subject.fence, decision(subject.skill, minute=minute), HELD
                        )
                        tasks.start_soon(acting.deployments.load, DEPLOYMENT)
                async with acting.unit(subject.fence) as unit:
                    await unit.states.write(subject.fence, state("1"))
                after = {stranger.execute(asked.encode()).fetchone() for _ in range(25)}
            assert len(await store.decisions.recent(DEPLOYMENT, 9)) == 6
    assert after == {before}


async def test_pooler_for_sessions_is_listened_through(database: str, shared_home: Path) -> None:
    """It greets by another name as well, but what is listened to stays ours: hints come at once."""
    with anyio.fail_after(60), pgbouncer(database, shared_home, Lends.SESSION, size=20) as address:
        async with open_store(address) as runner, open_store(address) as web:
            await in_postgres(web, database)
            async with runner.command_notices(DEPLOYMENT, SystemClock()) as notices:
                assert notices.delivery == Listening()
                assert await anext(aiter(notices)) is Hint.STARTED
                queued = await web.commands.queue(DEPLOYMENT, CommandKind.PAUSE, payload={}, at=AT)
                assert await _told(notices, runner) == (queued, [Hint.TOLD])


async def test_pooler_for_statements_is_taken_for_one_that_lends(database: str, shared_home: Path) -> None:
    """Transactions are not to be had there, and that is found out at boot too."""
    with anyio.fail_after(60), pgbouncer(database, shared_home, Lends.STATEMENT) as address:
        async with open_store(address) as store, store.command_notices(DEPLOYMENT, SystemClock()) as notices:
            assert notices.delivery == SHARED


async def test_server_itself_is_not_taken_for_a_pooler(database: str) -> None:
    """Without anybody in between, everything is prepared once and hints come at once."""
    async with open_store(database) as runner, runner.command_notices(DEPLOYMENT, SystemClock()) as notices:
        assert notices.delivery == Listening()
