"""`agentic db backup` and `restore` as files go: what is written, what is never overwritten, and what is no backup."""

import subprocess
import sys
from pathlib import Path

import anyio
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from agentic_core.store.postgres import open_store
from tests.support.by_hand import execute
from tests.support.owner_commands import Owner, program
from tests.support.store_under_test import in_postgres
from tests.support.stored_values import DEPLOYMENT
from tests.support.unit_work import shown, work
from tests.support.waiting import wait_until

pytest_plugins = ["tests.support.postgres"]

BOTH_WAIT = "2 = count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"

AGENTIC = Path(sys.executable).parent / "agentic"


async def _furnish(dsn: str) -> None:
    async with open_store(dsn) as store:
        await work(store, await in_postgres(store, dsn, live=True))


async def _shown(dsn: str) -> tuple[object, ...]:
    async with open_store(dsn) as store:
        return await shown(store)


@pytest.fixture
def owner(database: str, tmp_path: Path) -> Owner:
    """Furnish a database and return its owner."""
    anyio.run(_furnish, database)
    return Owner(database, tmp_path)


@pytest.fixture
def heir(empty_database: str, tmp_path: Path) -> Owner:
    """Return the owner of an empty database."""
    return Owner(empty_database, tmp_path)


def _tables(dsn: str) -> int:
    return len(execute(dsn, "select 1 from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"))


def test_backup_comes_back_whole(database: str, empty_database: str, owner: Owner, heir: Owner, tmp_path: Path) -> None:
    """Every row of every table but the budgets, private to whoever made it, and what it says of itself is true."""
    made = owner.agentic("db", "backup", tmp_path / "a.dump")
    assert (made.code, made.err) == (0, "")
    assert (tmp_path / "a.dump").stat().st_mode & 0o777 == 0o600
    head = execute(database, "select seq, left(encode(hash, 'hex'), 16) from journal_heads")[0]
    assert f"journal of {DEPLOYMENT}: record {head[0]}, {head[1]}…" in made.out
    assert "highest epoch 1" in made.out
    assert f"{(tmp_path / 'a.dump').stat().st_size:,} bytes" in made.out
    loaded = heir.agentic("db", "restore", tmp_path / "a.dump")
    assert (loaded.code, loaded.err) == (0, "")
    assert f"record {head[0]}, {head[1]}…" in loaded.out
    assert anyio.run(_shown, empty_database) == anyio.run(_shown, database)
    each = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by relname"
    tables = [str(name) for (name,) in execute(database, each)]
    assert tables == [name for (name,) in execute(empty_database, each)]
    for table in sorted({*tables} - {"rate_budgets", "restores"}):
        rows = f"select to_jsonb(t) as row from {table} as t order by row"  # noqa: S608 - a name from the catalogue
        assert execute(database, rows) == execute(empty_database, rows), table
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.dump"]


def test_backup_overwrites_nothing(owner: Owner, tmp_path: Path) -> None:
    """Not a file, a folder, nor a link that leads nowhere; and where there is no folder it makes none."""
    file, folder, link = tmp_path / "file", tmp_path / "folder", tmp_path / "link"
    file.write_text("mine")
    folder.mkdir()
    link.symlink_to(tmp_path / "nowhere")
    for taken in (file, folder, link):
        said = owner.agentic("db", "backup", taken)
        assert (said.code, said.out) == (2, "")
        assert said.err == f"error: {taken} is there already, and no backup is overwritten; name another file\n"
    said = owner.agentic("db", "backup", tmp_path / "no" / "folder")
    assert (said.code, said.out) == (2, "")
    assert f"there is no folder {tmp_path / 'no'}" in said.err
    assert file.read_text() == "mine"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder", "link"]


def test_backups_to_one_path_at_once_leave_one_that_is_whole(
    database: str, owner: Owner, heir: Owner, tmp_path: Path
) -> None:
    """One of them is written and says what is in it; the other says that the path is taken."""
    path = tmp_path / "a.dump"
    environment = {"DATABASE_URL": database, "AGENTIC_HOME": str(tmp_path / "home"), "HOME": str(tmp_path), "PATH": ""}
    with psycopg.connect(database) as other:
        # Both have looked at the path by the time they may read the tables.
        other.execute("lock table agent_logs in access exclusive mode")
        processes = [
            subprocess.Popen(
                [AGENTIC, "db", "backup", path],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        wait_until(database, BOTH_WAIT)
    said = sorted((process.communicate(timeout=60)[1], process.returncode) for process in processes)
    assert said[0] == ("", 0)
    assert said[1][1] == 2
    assert said[1][0].startswith(f"error: {path} is there already")
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == ["a.dump"]
    assert heir.agentic("db", "restore", path).code == 0


def test_backup_by_a_role_that_does_not_see_every_row_is_refused(database: str, owner: Owner, tmp_path: Path) -> None:
    """It would lack some without a word; nothing is left behind."""
    said = Owner(make_conninfo(database, user="agentic_jobs"), tmp_path).agentic("db", "backup", tmp_path / "a.dump")
    assert said.code != 0
    assert "connect as the owner of the tables" in said.err
    assert list(tmp_path.iterdir()) == []


def test_restore_of_a_damaged_file_loads_nothing(
    empty_database: str, owner: Owner, heir: Owner, tmp_path: Path
) -> None:
    """Whatever it lacks; and the whole file goes into the same database afterwards."""
    whole, damaged = tmp_path / "whole.dump", tmp_path / "damaged.dump"
    assert owner.agentic("db", "backup", whole).code == 0
    content = whole.read_bytes()
    half, almost = content[: len(content) // 2], content[:-1]
    for damage in (b"", content[:1_000], half, almost, b"-- a dump in SQL\n", b"PGDMP" + bytes(64)):
        damaged.write_bytes(damage)
        said = heir.agentic("db", "restore", damaged)
        assert (said.code in {2, 3}, said.out, said.err[:7]) == (True, "", "error: "), len(damage)
        assert _tables(empty_database) == 0, len(damage)
    assert heir.agentic("db", "restore", whole).code == 0


def test_restore_of_a_file_that_is_not_there_or_not_ours_loads_nothing(
    empty_database: str, heir: Owner, tmp_path: Path
) -> None:
    """A dump of another program's database is none of ours."""
    foreign = tmp_path / "foreign.dump"
    from_nowhere = heir.agentic("db", "restore", tmp_path / "nowhere.dump")
    assert (from_nowhere.code, from_nowhere.err) == (2, f"error: there is no file {tmp_path / 'nowhere.dump'}\n")
    execute(empty_database, "create table notes (words text)")
    program("pg_dump", "--format=custom", f"--file={foreign}", empty_database)
    execute(empty_database, "drop table notes")
    said = heir.agentic("db", "restore", foreign)
    assert (said.code, _tables(empty_database)) == (2, 0)
    assert "was not made by `agentic db backup`" in said.err


def test_restore_goes_into_an_empty_database_only(
    database: str, empty_database: str, owner: Owner, heir: Owner, tmp_path: Path
) -> None:
    """One thing of anybody's is enough to refuse, and it is named; nothing is changed."""
    assert owner.agentic("db", "backup", tmp_path / "a.dump").code == 0
    before = anyio.run(_shown, database)
    said = owner.agentic("db", "restore", tmp_path / "a.dump")
    assert (said.code, said.out, "the database is not empty: it has public." in said.err) == (3, "", True)
    assert anyio.run(_shown, database) == before
    for kind, thing in (("table", "(words text)"), ("view", "as select 1 as words"), ("sequence", "")):
        execute(empty_database, f"create {kind} notes {thing}")
        said = heir.agentic("db", "restore", tmp_path / "a.dump")
        assert (said.code, said.out, "the database is not empty: it has public.notes" in said.err) == (3, "", True)
        assert execute(empty_database, "select to_regclass('public.leases')") == [(None,)]
        execute(empty_database, f"drop {kind} notes")
    assert heir.agentic("db", "restore", tmp_path / "a.dump").code == 0
