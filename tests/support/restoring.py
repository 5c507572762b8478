"""A database that trades, and the ways in which it stops being the one it was."""

from collections.abc import Callable, Mapping
from pathlib import Path

import anyio
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from agentic_core.domain import AccountKey, CommandKind, Desired, Fence
from agentic_core.errors import DatabaseRestored
from agentic_core.store.postgres import open_store
from tests.support.by_hand import execute
from tests.support.numbered_intents import SIGNING, prepared
from tests.support.owner_commands import program
from tests.support.store_under_test import TTL_MS, StoreUnderTest, in_postgres
from tests.support.stored_values import AT, DEPLOYMENT, LIVE, intent

__all__ = ["WAYS", "begin", "refusal", "tick"]


async def _begin(dsn: str) -> None:
    async with open_store(dsn) as store:
        await in_postgres(store, dsn, live=True)
        for kind in CommandKind:
            await store.commands.queue(DEPLOYMENT, kind, payload={}, at=AT)
        # The kill among them would leave it to whoever closes everything.
        await store.deployments.set_desired(DEPLOYMENT, Desired.RUNNING)


def begin(dsn: str) -> None:
    """Furnish a migrated database with a live deployment, whose lease has epoch 1, and one command of each kind."""
    anyio.run(_begin, dsn)


async def _tick(dsn: str, minute: int) -> tuple[int, int]:
    async with open_store(dsn) as store:
        skill = (await store.deployments.load(DEPLOYMENT)).skill_id
        known = await store.leases.read(LIVE)
        holder = "runner-1" if known is None or not known.holder else known.holder
        lease = await store.leases.acquire(LIVE, holder, TTL_MS, deployment=DEPLOYMENT)
        assert lease is not None
        fence = Fence(account=LIVE, epoch=lease.epoch)
        subject = StoreUnderTest(store=store, run_out=_nobody_waits, skill=skill, lease=lease, fence=fence)
        (made,) = await prepared(subject, [intent(minute, account=LIVE)], minute=minute, signing=SIGNING)
        assert made.nonce is not None
        return lease.epoch, made.nonce


def _nobody_waits(_: AccountKey) -> None:
    raise AssertionError


def tick(dsn: str, minute: int) -> tuple[int, int]:
    """Take the lease, sign an order, and return the epoch and the nonce."""
    return anyio.run(_tick, dsn, minute)


async def _refusal(dsn: str) -> str | None:
    async with open_store(dsn) as store:
        try:
            await store.leases.acquire(LIVE, "runner-1", TTL_MS, deployment=DEPLOYMENT)
        except DatabaseRestored as error:
            return str(error)
        return None


def refusal(dsn: str) -> str | None:
    """Return why a database gives no lease, or None where it gave one."""
    return anyio.run(_refusal, dsn)


def _another(dsn: str, how: str) -> str:
    name = f"{conninfo_to_dict(dsn)['dbname']}_other"
    execute(make_conninfo(dsn, dbname="postgres"), f"create database {name} {how}")
    return make_conninfo(dsn, dbname=name)


def _dumped(dsn: str, folder: Path, *options: str) -> Path:
    path = folder / "by_hand.dump"
    program("pg_dump", "--format=custom", f"--file={path}", *options, dsn)
    return path


def _loaded(dsn: str, folder: Path) -> str:
    other = _another(dsn, "")
    program("pg_restore", f"--dbname={other}", _dumped(dsn, folder))
    return other


def _loaded_over_itself(dsn: str, folder: Path) -> str:
    program("pg_restore", "--clean", f"--dbname={dsn}", _dumped(dsn, folder))
    return dsn


def _loaded_under_its_name(dsn: str, folder: Path) -> str:
    dump, server, name = _dumped(dsn, folder), make_conninfo(dsn, dbname="postgres"), conninfo_to_dict(dsn)["dbname"]
    execute(server, f"drop database {name} with (force)")
    execute(server, f"create database {name}")
    program("pg_restore", f"--dbname={dsn}", dump)
    return dsn


def _put_back_its_note(dsn: str, folder: Path) -> str:
    dump = _dumped(dsn, folder, "--data-only", "--table=database_identity")
    execute(dsn, "delete from database_identity")
    program("pg_restore", f"--dbname={dsn}", dump)
    return dsn


def _copied(dsn: str, _: Path) -> str:
    return _another(dsn, f"template {conninfo_to_dict(dsn)['dbname']}")


def _stripped(dsn: str, _: Path) -> str:
    execute(dsn, "delete from database_identity")
    return dsn


WAYS: Mapping[str, tuple[Callable[[str, Path], str], str]] = {
    "loaded into another": (_loaded, "restored from a backup"),
    "loaded over itself": (_loaded_over_itself, "restored from a backup"),
    "loaded under its own name": (_loaded_under_its_name, "restored from a backup"),
    "its note put back": (_put_back_its_note, "restored from a backup"),
    "a template": (_copied, "copied or moved to another server"),
    "stripped": (_stripped, "stripped of its identity"),
}
"""What is done to a database, which returns the address of what it became, and how it is called."""
