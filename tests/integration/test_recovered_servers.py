"""A server that was recovered to a point in time, or put back whole: what it sees itself, and what a runner sees."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest
from psycopg.conninfo import make_conninfo

from agentic_core.errors import DatabaseRestored
from agentic_core.store.continuity import open_copy
from agentic_core.store.journal_copy import JournalCatchUp
from agentic_core.store.postgres import open_store
from agentic_core.store.postgres.migrator import migrate
from agentic_core.system import SystemFiles
from tests.support.by_hand import execute
from tests.support.embedded_postgres import cluster_of, embedded
from tests.support.numbered_intents import SIGNING
from tests.support.owner_commands import Owner
from tests.support.restoring import begin, refusal, tick
from tests.support.stored_values import DEPLOYMENT
from tests.support.waiting import wait_until

pytest_plugins = ["tests.support.embedded_folders"]


@contextmanager
def _running(folder: Path, shared_home: Path) -> Iterator[str]:
    with embedded(folder, shared_home=shared_home) as server:
        wait_until(server.dsn, "not pg_is_in_recovery()")
        if execute(server.dsn, "select count(*) from pg_database where datname = 'trading'") == [(0,)]:
            execute(server.dsn, "create database trading")
        yield make_conninfo(server.dsn, dbname="trading")


def _furnish(dsn: str) -> None:
    anyio.run(migrate, dsn)
    begin(dsn)


def _follow(dsn: str, copies: Path, said: list[str]) -> None:
    """Open the copy of the journal as a runner does, bring it up to the database, and close it."""

    async def follow() -> None:
        async with open_store(dsn) as store:
            copy = await open_copy(
                copies,
                DEPLOYMENT,
                reads=store.continuity,
                signer=SIGNING.signer,
                files=SystemFiles(),
                say=lambda event, message, **_: said.append(message),
            )
            try:
                await JournalCatchUp(store.journal, copy)()
            finally:
                copy.close()

    anyio.run(follow)


def _copied(source: Path, target: Path) -> None:
    subprocess.run(["/bin/cp", "-a", source, target], check=True)


def test_server_that_was_recovered_to_a_point_in_time_gives_no_lease(
    folder: Path, shared_home: Path, tmp_path: Path
) -> None:
    """A restart is no recovery; an archive recovery ends on another timeline, as a promotion does."""
    with _running(folder, shared_home) as dsn:
        _furnish(dsn)
        tick(dsn, 0)
    with _running(folder, shared_home) as dsn:
        assert refusal(dsn) is None
    cluster = cluster_of(folder)
    with (cluster / "postgresql.auto.conf").open("a") as settings:
        settings.write("restore_command = 'false'\n")
    _copied(cluster / "PG_VERSION", cluster / "recovery.signal")
    with _running(folder, shared_home) as dsn:
        said = refusal(dsn)
        assert said is not None
        assert "this database was failed over or recovered to a point in time" in said
        owner = Owner(dsn, tmp_path)
        assert owner.agentic("db", "status").code == 1
        assert owner.agentic("db", "resolve", "--yes", "--no-pause").code == 0
        assert tick(dsn, 1)[0] > 10**12
        assert owner.agentic("journal", "verify").code == 0


def test_server_that_was_put_back_whole_is_seen_by_the_runner_and_by_nobody_else(
    folder: Path, shared_home: Path, tmp_path: Path
) -> None:
    """It refuses in the words of the page until the owner has answered; then it begins a new copy and keeps the old."""
    said: list[str] = []
    copies, snapshot, cluster = tmp_path / "copies", tmp_path / "snapshot", cluster_of(folder)
    with _running(folder, shared_home) as dsn:
        _furnish(dsn)
        tick(dsn, 0)
        _follow(dsn, copies, said)
    _copied(cluster, snapshot)
    with _running(folder, shared_home) as dsn:
        lost = tick(dsn, 1)
        _follow(dsn, copies, said)
    assert said == []
    subprocess.run(["/bin/rm", "-rf", cluster], check=True)
    _copied(snapshot, cluster)
    with _running(folder, shared_home) as dsn:
        owner = Owner(dsn, tmp_path)
        assert "it is the one that trades" in owner.agentic("db", "resolve", "--yes").out
        with pytest.raises(DatabaseRestored) as refused:
            _follow(dsn, copies, said)
        told = str(refused.value)
        assert f"the lease's epoch is 2 and was {lost[0]}" in told
        assert f"the last nonce of {SIGNING.signer} is {lost[1] - 1} and was {lost[1]}" in told
        assert re.search(r"record \d+ of the journal of [0-9a-f-]+ is gone", told)
        assert told.endswith("its owner looks at it with `agentic db resolve --behind`")
        assert owner.agentic("db", "resolve", "--behind", "--yes").code == 0
        before = {entry.name for entry in copies.iterdir()}
        _follow(dsn, copies, said)
        assert len(said) == 1
        assert "the database was restored and its owner has answered for that" in said[0]
        (kept,) = {entry.name for entry in copies.iterdir()} - before
        assert kept.startswith(f"{DEPLOYMENT}.journal.before-")
        epoch, nonce = tick(dsn, 2)
        assert (epoch > lost[0], nonce > lost[1]) == (True, True)
        _follow(dsn, copies, said)
        assert len(said) == 1
