"""A database that is not the one that traded last gives nobody a lease before its owner has answered for it."""

from pathlib import Path

import anyio
import pytest
from psycopg.conninfo import make_conninfo

from agentic_core.domain import Fence, Lease
from agentic_core.errors import DatabaseRestored
from agentic_core.store.postgres import open_store
from agentic_core.store.postgres.migrator import migrate, shipped_migrations
from tests.support.by_hand import execute
from tests.support.narrow_roles import open_narrow_store
from tests.support.owner_commands import Owner, program
from tests.support.restoring import WAYS, begin, refusal, tick
from tests.support.store_under_test import TTL_MS
from tests.support.stored_values import AT, DEPLOYMENT, HELD, LIVE, decision

pytest_plugins = ["tests.support.postgres"]

EVERYTHING = (
    "select (select jsonb_agg(to_jsonb(leases)) from leases), (select jsonb_agg(to_jsonb(restores)) from restores)"
)


@pytest.fixture
def traded(database: str) -> str:
    """Return the address of a database that trades: it gave the epochs 1 and 2, and the nonce `AT`."""
    begin(database)
    assert tick(database, 0) == (2, AT)
    return database


@pytest.mark.parametrize("way", WAYS)
def test_database_that_is_another_than_it_was_gives_no_lease_until_it_is_resolved(
    traded: str, tmp_path: Path, way: str
) -> None:
    """It says which it was, looking changes nothing, and afterwards no epoch and no nonce is one that was given."""
    become, word = WAYS[way]
    another = become(traded, tmp_path)
    owner = Owner(another, tmp_path)
    said = refusal(another)
    assert said is not None
    assert f"this database was {word}, so no lease is given" in said
    assert said.endswith("its owner looks at it with `agentic db resolve`")
    before = execute(another, EVERYTHING)
    status, looked = owner.agentic("db", "status"), owner.agentic("db", "resolve")
    assert (status.code, looked.code) == (1, 1)
    assert "no lease is given, because" in status.out
    assert "with --yes, all at once:" in looked.out
    assert execute(another, EVERYTHING) == before
    assert refusal(another) is not None
    assert owner.agentic("db", "resolve", "--yes").code == 0
    epoch, nonce = tick(another, 1)
    assert epoch > 10**12
    assert nonce > 10**12
    assert owner.agentic("db", "status").code == 0
    assert owner.agentic("journal", "verify").code == 0


def test_leases_of_a_restored_database_are_neither_prolonged_nor_kept_from_their_owner(
    traded: str, tmp_path: Path
) -> None:
    """A runner that was up stops within one lease; freeing, revoking and giving back stay possible."""
    another = WAYS["a template"][0](traded, tmp_path)

    async def check() -> None:
        async with open_store(another) as store:
            known = await store.leases.read(LIVE)
            assert known is not None
            assert known.is_live
            lease = Lease(account=LIVE, epoch=known.epoch, holder=known.holder, ttl_ms=TTL_MS)
            with pytest.raises(DatabaseRestored):
                await store.leases.renew(lease)
            assert await store.leases.read(LIVE) == known
            await store.leases.release(lease)
            assert await store.leases.revoke(LIVE) == 3
            await store.leases.allow(LIVE)
            with pytest.raises(DatabaseRestored):
                await store.leases.acquire(LIVE, "runner-2", TTL_MS, deployment=DEPLOYMENT)

    anyio.run(check)


def _restored(dump: Path, server: str, name: str, home: Path) -> str:
    execute(make_conninfo(server, dbname="postgres"), f"create database {name}")
    dsn = make_conninfo(server, dbname=name)
    assert Owner(dsn, home).agentic("db", "restore", dump).code == 0
    return dsn


def test_epochs_and_nonces_never_repeat_through_any_history_of_restores(traded: str, tmp_path: Path) -> None:
    """An older backup after a newer one, twice the same, and trading in between: every order has its own."""
    owner, given = Owner(traded, tmp_path), [tick(traded, 1)]
    for name in ("old", "new"):
        assert owner.agentic("db", "backup", tmp_path / name).code == 0
        given += [tick(traded, minute) for minute in (2, 3)] if name == "old" else [tick(traded, 4)]
    for number, name in enumerate(("new", "old", "old")):
        dsn = _restored(
            tmp_path / name, traded, f"history_{number}_{execute(traded, 'select current_database()')[0][0]}", tmp_path
        )
        assert refusal(dsn) is not None
        assert Owner(dsn, tmp_path).agentic("db", "resolve", "--yes").code == 0
        given += [tick(dsn, 10 + minute) for minute in (1, 2)]
    epochs, nonces = zip(*given, strict=True)
    assert len(set(epochs)) == len(set(nonces)) == len(given) == 10
    assert epochs == tuple(sorted(epochs))
    assert nonces == tuple(sorted(nonces))


def test_backup_of_a_database_that_nobody_resolved_is_not_resolved_either(traded: str, tmp_path: Path) -> None:
    """What was open stays open wherever it is carried, and one answer closes all of it."""
    name = str(execute(traded, "select current_database()")[0][0])
    assert Owner(traded, tmp_path).agentic("db", "backup", tmp_path / "first").code == 0
    first = _restored(tmp_path / "first", traded, f"{name}_first", tmp_path)
    assert Owner(first, tmp_path).agentic("db", "backup", tmp_path / "second").code == 0
    second = _restored(tmp_path / "second", traded, f"{name}_second", tmp_path)
    assert refusal(second) is not None
    assert Owner(second, tmp_path).agentic("db", "resolve", "--yes").code == 0
    assert refusal(second) is None
    assert refusal(first) is not None
    assert execute(second, "select count(*) from restores where resolved_at is null") == [(0,)]


def test_database_that_never_gave_a_lease_is_known_when_it_is_loaded_by_us(
    database: str, empty_database: str, tmp_path: Path
) -> None:
    """A template of it is as good as it is; what `agentic db restore` loads is resolved first."""
    assert Owner(database, tmp_path).agentic("db", "backup", tmp_path / "a").code == 0
    copied = WAYS["a template"][0](database, tmp_path)
    begin(copied)
    assert refusal(copied) is None
    heir = Owner(empty_database, tmp_path)
    assert heir.agentic("db", "restore", tmp_path / "a").code == 0
    assert heir.agentic("db", "status").code == 1
    assert heir.agentic("db", "resolve", "--yes").code == 0
    begin(empty_database)
    assert refusal(empty_database) is None


def test_backup_of_an_older_release_is_brought_up_and_gives_no_lease(
    empty_database: str, database: str, tmp_path: Path
) -> None:
    """Before there was anything to know it by; the migrations that it lacks are named."""
    name = str(execute(database, "select current_database()")[0][0])
    anyio.run(lambda: migrate(empty_database, shipped_migrations()[:5]))
    execute(
        empty_database,
        "insert into leases (account_key, epoch, holder, state, expires_at)"
        " values ('paper:4c063df3-e26d-87d7-b753-4b0b59d5b0e9', 7, 'runner-1', 'free', now())",
    )
    assert Owner(empty_database, tmp_path).agentic("db", "backup", tmp_path / "old").code != 0
    program("pg_dump", "--format=custom", f"--file={tmp_path / 'by_hand'}", empty_database)
    dsn = _restored(tmp_path / "by_hand", database, f"{name}_risen", tmp_path)
    assert Owner(dsn, tmp_path).agentic("db", "status").code == 1
    assert Owner(dsn, tmp_path).agentic("db", "resolve", "--yes").code == 0
    assert execute(dsn, "select epoch > 1000000000000 from leases") == [(True,)]


def test_backup_of_a_newer_release_is_refused_and_trades_nowhere(
    traded: str, empty_database: str, tmp_path: Path
) -> None:
    """This one does not know what it would have to look after."""
    execute(traded, "insert into schema_migrations (version, name, checksum) values (9999, 'later', repeat('0', 64))")
    assert Owner(traded, tmp_path).agentic("db", "backup", tmp_path / "new").code == 0
    said = Owner(empty_database, tmp_path).agentic("db", "restore", tmp_path / "new")
    assert said.code == 1
    assert "9999" in said.err
    assert refusal(empty_database) is not None


def test_plain_owner_restores_and_the_narrow_roles_trade_on(
    owned_database: str, postgres_server: str, tmp_path: Path
) -> None:
    """As on a hosted platform: no superuser made the backup, and none loads it."""
    begin(owned_database)
    assert Owner(owned_database, tmp_path).agentic("db", "backup", tmp_path / "a").code == 0
    execute(postgres_server, "create database plainly_restored owner plain_owner")
    dsn = make_conninfo(owned_database, dbname="plainly_restored")
    heir = Owner(dsn, tmp_path)
    for command in (("db", "restore", tmp_path / "a"), ("db", "resolve", "--yes"), ("journal", "verify")):
        said = heir.agentic(*command)
        assert (said.code, said.err) == (0, ""), command

    async def trade_on() -> None:
        async with open_narrow_store(make_conninfo(postgres_server, dbname="plainly_restored")) as store:
            lease = await store.leases.acquire(LIVE, "runner-1", TTL_MS, deployment=DEPLOYMENT)
            assert lease is not None
            skill = (await store.deployments.load(DEPLOYMENT)).skill_id
            await store.decisions.record(Fence(account=LIVE, epoch=lease.epoch), decision(skill), HELD)
            head = await store.journal.head(DEPLOYMENT)
            assert head is not None
            assert head.epoch == lease.epoch

    anyio.run(trade_on)
    execute(postgres_server, "drop database plainly_restored with (force)")
