"""What is said when the database is away, wrong or behind: one line, with the place, without the password."""

from pathlib import Path

import anyio
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from agentic_core.domain import AccountKey
from agentic_core.errors import ConfigError, MigrationMismatch, StoreUnavailable
from agentic_core.store.postgres import open_store
from agentic_core.store.postgres.migrator import migrate
from tests.support.by_hand import execute
from tests.support.store_under_test import in_postgres
from tests.support.stored_values import DEPLOYMENT, HELD, USER, decision

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

ACCOUNT = AccountKey("paper:somebody")
HANG_UP = """
select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()
"""


async def test_store_without_a_server_says_where_it_looked(tmp_path: Path) -> None:
    """One line: which database, which socket, what happened and what to do."""
    dsn = f"postgresql://someone:hunter2@/trading?host={tmp_path}"
    with pytest.raises(StoreUnavailable) as refusal:
        async with open_store(dsn):
            pytest.fail("there is no server")
    sentence = str(refusal.value)
    assert sentence.startswith(f"database trading at {tmp_path} cannot be used: ")
    assert "No such file or directory" in sentence
    assert sentence.endswith("check that it runs and that the address is right")
    assert "\n" not in sentence
    assert "hunter2" not in sentence
    assert refusal.value.exit_code == 3


async def test_store_on_a_closed_port_says_so() -> None:
    """Over the network as on a socket."""
    with pytest.raises(StoreUnavailable, match=r"database trading at 127\.0\.0\.1:1 cannot be used"):
        async with open_store("postgresql://someone:hunter2@127.0.0.1:1/trading"):
            pytest.fail("there is no server")


async def test_store_with_an_unreadable_address_does_not_repeat_it() -> None:
    """The address may hold a password, so it is not shown."""
    with pytest.raises(ConfigError) as refusal:
        async with open_store("hunter2 is not an address"):
            pytest.fail("there is no server")
    assert "hunter2" not in str(refusal.value)
    assert refusal.value.__suppress_context__


async def test_migrate_without_a_server_says_where_it_looked(tmp_path: Path) -> None:
    """The same words as the store's."""
    with pytest.raises(StoreUnavailable, match=r"database trading at \S+ cannot be used"):
        await migrate(f"postgresql:///trading?host={tmp_path}")


async def test_store_of_a_database_without_tables_asks_for_the_migration(empty_database: str) -> None:
    """The command that helps is named."""
    async with open_store(empty_database) as store:
        with pytest.raises(MigrationMismatch, match="run `agentic db migrate`"):
            await store.skills.find(USER, "crossing")


async def test_store_whose_connection_is_cut_says_so_and_works_again(database: str) -> None:
    """A lost connection costs the call that was using it, and is replaced."""
    async with open_store(database, pool_max=1) as store:
        subject = await in_postgres(store, database)
        execute(
            database,
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()",
        )
        with pytest.raises(StoreUnavailable, match="cannot be used"):
            await store.decisions.record(subject.fence, decision(subject.skill), HELD)
        await store.decisions.record(subject.fence, decision(subject.skill), HELD)
        assert len(await store.decisions.recent(DEPLOYMENT, 9)) == 1


async def test_store_whose_rows_stay_locked_gives_up(database: str) -> None:
    """No call waits for ever; the limit is ten seconds, here a tenth of one."""
    async with open_store(database, pool_max=1) as store, open_store(database, pool_max=1) as other:
        subject = await in_postgres(store, database)
        async with store.database.transaction() as session:
            await session.connection.execute("set lock_timeout = '100ms'")
        async with other.database.transaction() as locking:
            await locking.connection.execute("lock table decision_snapshots in exclusive mode")
            with pytest.raises(StoreUnavailable, match="lock timeout"):
                await store.decisions.record(subject.fence, decision(subject.skill), HELD)


async def test_store_is_back_at_once_after_an_outage(database: str, tmp_path: Path) -> None:
    """Attempts to connect do not move further apart the longer it lasts: a lease would not outlive that."""
    known = conninfo_to_dict(database)
    door = tmp_path / ".s.PGSQL.5432"
    door.symlink_to(Path(str(known["host"])) / f".s.PGSQL.{known['port']}")
    async with open_store(make_conninfo(database, host=str(tmp_path), port=5432)) as store:
        await store.leases.read(ACCOUNT)
        door.unlink()
        execute(database, HANG_UP)
        with pytest.raises(StoreUnavailable):
            await store.leases.read(ACCOUNT)  # noticed now
        with pytest.raises(StoreUnavailable):
            await store.leases.read(ACCOUNT)  # after ten seconds of waiting for a connection
        door.symlink_to(Path(str(known["host"])) / f".s.PGSQL.{known['port']}")
        with anyio.fail_after(3):
            await store.leases.read(ACCOUNT)
