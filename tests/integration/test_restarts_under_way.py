"""The database restarts under a runner that waits for commands: nothing is raised, and what is ordered arrives."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

from agentic_core.domain import CommandKind
from agentic_core.domain.records import Command
from agentic_core.errors import StoreUnavailable
from agentic_core.ports.notices import CommandNotices, Delivery, Hint, Listening, Polling
from agentic_core.store.postgres import PostgresStore, open_store
from agentic_core.store.postgres.migrator import migrate
from agentic_core.system import SystemClock
from tests.support.embedded_postgres import embedded
from tests.support.pgbouncer import Lends, pgbouncer
from tests.support.store_under_test import StoreUnderTest, in_postgres
from tests.support.stored_values import AT, DEPLOYMENT, HELD, decision

pytest_plugins = ["tests.support.embedded_folders"]
pytestmark = pytest.mark.anyio


@contextmanager
def _reached(server: str, home: Path, lends: Lends | None) -> Iterator[str]:
    if lends is None:
        yield server
        return
    with pgbouncer(server, home, lends, size=20) as address:
        yield address


@pytest.mark.parametrize("lends", [None, Lends.SESSION, Lends.TRANSACTION], ids=["direct", "session", "transaction"])
async def test_commands_arrive_again_once_the_database_is_back(
    folder: Path, shared_home: Path, lends: Lends | None
) -> None:
    """Polled for while it is away, told of as before it went, and the stores' own connections are replaced."""
    server = embedded(folder, shared_home=shared_home)
    with anyio.fail_after(120), server, _reached(server.dsn, shared_home, lends) as address:
        await migrate(server.dsn)
        async with open_store(address) as runner, open_store(address) as web:
            subject = await in_postgres(web, server.dsn)
            async with runner.command_notices(DEPLOYMENT, SystemClock()) as notices:
                before = notices.delivery
                assert isinstance(before, Polling if lends is Lends.TRANSACTION else Listening)
                await _ordered(web, runner, notices)
                server.stop()
                with pytest.raises(StoreUnavailable):
                    await runner.decisions.record(subject.fence, decision(subject.skill), HELD)
                assert await _lost(notices, before) == Hint.DUE
                server.start()
                await _back(subject, runner, web)
                await _ordered(web, runner, notices)
                assert await _settled(notices, before) == before
                await _ordered(web, runner, notices)


async def _ordered(web: PostgresStore, runner: PostgresStore, notices: CommandNotices) -> None:
    # Order, and read the commands at each hint until it is there.
    queued = await web.commands.queue(DEPLOYMENT, CommandKind.SNAPSHOT, payload={}, at=AT)
    found: tuple[Command, ...] = ()
    while queued not in found:
        await anext(aiter(notices))
        found = await runner.commands.pending(DEPLOYMENT)


async def _lost(notices: CommandNotices, before: Delivery) -> Hint:
    # The first hint after the loss was noticed, where there was anything to lose.
    hint = await anext(aiter(notices))
    while isinstance(before, Listening) and notices.delivery == before:
        hint = await anext(aiter(notices))
    return hint


async def _back(subject: StoreUnderTest, *stores: PostgresStore) -> None:
    # A pool replaces its connections one by one, as each is found to be dead.
    for store in stores:
        while True:
            try:
                await store.commands.pending(DEPLOYMENT)
                await store.decisions.recent(DEPLOYMENT, 1)
            except StoreUnavailable:
                continue
            break
    assert await subject.store.leases.renew(subject.lease)


async def _settled(notices: CommandNotices, before: Delivery) -> Delivery:
    while notices.delivery != before:
        await anext(aiter(notices))
    return notices.delivery
