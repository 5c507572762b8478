"""Migrating a real database: once, in order, never changed, by several at a time."""

from decimal import Decimal
from pathlib import Path

import anyio
import pytest

from agentic_core.domain import DeploymentId, SkillId, paper_account
from agentic_core.errors import MigrationMismatch, StoreError, UsageError
from agentic_core.store.postgres import open_store
from agentic_core.store.postgres.migrator import Migration, applied_migrations, migrate, shipped_migrations
from agentic_core.store.postgres.overview import row_counts
from tests.support.by_hand import execute

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio


SKILL = "00000000-0000-8000-8000-000000000001"
FIRST_ROWS = """
insert into users (id) values ('OLD')
insert into skills (id, user_id, name, slug) values ('OLD', 'OLD', 'Old', 'old')
insert into skill_versions values ('OLD', 1, '{}', repeat('0', 64))
insert into deployments values ('OLD', 'OLD', 'OLD', 1, 'paper', 'running', 'paper:OLD')
insert into decision_snapshots values ('OLD', 'OLD', null, repeat('0', 32), 'OLD', 1, now(), 'rules:hold', \
null, null, '{}', null, '', 1, '{}')
insert into order_intents values ('0x' || repeat('0', 32), 'OLD', 'OLD', 'paper:OLD', 1, repeat('0', 32), \
'order', 0, 0, 'BTC', 'buy', 1, 1, false, 'ioc', null, null, 'unknown', null, null, now())
"""
"""What left rows behind before there was a second migration; OLD is the id of everything."""


def _write(folder: Path, **files: str) -> tuple[Migration, ...]:
    folder.mkdir(exist_ok=True)
    for name, sql in files.items():
        (folder / f"{name[1:]}.sql").write_text(sql)
    return shipped_migrations(folder)


async def test_migrations_apply_from_empty_and_make_every_table(empty_database: str) -> None:
    """A new database gets all files of the release, and then has the tables people ask for by name."""
    applied = await migrate(empty_database)
    assert [migration.file for migration in applied] == [migration.file for migration in shipped_migrations()]
    counts = await row_counts(empty_database)
    assert set(counts.values()) == {0}
    assert {
        "users",
        "skills",
        "skill_versions",
        "sim_runs",
        "deployments",
        "decision_snapshots",
        "agent_state",
        "agent_logs",
        "agent_commands",
        "order_intents",
        "fills",
        "leases",
        "cost_rollups",
    } == counts.keys()


async def test_migrations_applied_twice_change_nothing(database: str) -> None:
    """What is there is not applied again."""
    before = await applied_migrations(database)
    assert await migrate(database) == ()
    assert await applied_migrations(database) == before
    assert [row.checksum for row in before] == [migration.checksum for migration in shipped_migrations()]


async def test_migrations_of_a_new_database_are_none(empty_database: str) -> None:
    """Looking does not migrate."""
    assert await applied_migrations(empty_database) == ()


async def test_migrators_at_the_same_time_apply_each_file_once(empty_database: str, tmp_path: Path) -> None:
    """Whoever comes second finds the work done."""
    shipped = _write(
        tmp_path / "m", _0001_a="create table a ()", _0002_b="create table b ()", _0003_c="create table c ()"
    )
    reports: list[str] = []

    async def run() -> None:
        reports.extend(migration.file for migration in await migrate(empty_database, shipped))

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(run)
    assert sorted(reports) == ["0001_a.sql", "0002_b.sql", "0003_c.sql"]
    assert [row.file for row in await applied_migrations(empty_database)] == sorted(reports)


async def test_migration_whose_file_was_changed_is_refused(empty_database: str, tmp_path: Path) -> None:
    """A changed file is named, and nothing after it is applied."""
    await migrate(empty_database, _write(tmp_path / "m", _0001_a="create table a ()"))
    changed = _write(tmp_path / "m", _0001_a="create table a (x int)", _0002_b="create table b ()")
    with pytest.raises(MigrationMismatch, match=r"0001_a\.sql was changed after it was applied on 20"):
        await migrate(empty_database, changed)
    assert [row.file for row in await applied_migrations(empty_database)] == ["0001_a.sql"]


async def test_migration_whose_recorded_checksum_was_changed_is_refused(database: str) -> None:
    """Tampering with the record is found like tampering with the file."""
    execute(database, "update schema_migrations set checksum = repeat('0', 64) where version = 1")
    with pytest.raises(MigrationMismatch, match=r"0001_initial\.sql was changed"):
        await migrate(database)


async def test_migration_that_is_gone_from_the_release_is_refused(empty_database: str, tmp_path: Path) -> None:
    """A file that was applied has to be there under its name."""
    await migrate(empty_database, _write(tmp_path / "a", _0001_a="create table a ()", _0002_b="create table b ()"))
    renamed = _write(tmp_path / "b", _0001_other="create table a ()", _0002_b="create table b ()")
    with pytest.raises(MigrationMismatch, match=r"0001_a\.sql is applied but not in this release"):
        await migrate(empty_database, renamed)


async def test_database_newer_than_the_release_is_refused(database: str) -> None:
    """An older release does not touch a newer database."""
    execute(database, "insert into schema_migrations values (9999, 'later', repeat('0', 64))")
    with pytest.raises(MigrationMismatch, match=r"newer than this release: 9999_later\.sql"):
        await migrate(database)


async def test_migration_that_was_skipped_is_refused(empty_database: str, tmp_path: Path) -> None:
    """Files go in order: one that appears behind the newest applied one is a mistake of a merge."""
    await migrate(empty_database, _write(tmp_path / "a", _0001_a="select 1", _0003_c="select 1"))
    late = _write(tmp_path / "b", _0001_a="select 1", _0002_b="select 1", _0003_c="select 1")
    with pytest.raises(MigrationMismatch, match=r"0002_b\.sql was never applied"):
        await migrate(empty_database, late)


async def test_migration_that_fails_leaves_nothing_of_itself(empty_database: str, tmp_path: Path) -> None:
    """Its transaction is rolled back, the sentence names the file, and the files before it stay."""
    shipped = _write(tmp_path / "m", _0001_a="create table a ()", _0002_b="create table b (); select 1/0")
    with pytest.raises(StoreError, match=r"0002_b\.sql failed and was not applied: division by zero"):
        await migrate(empty_database, shipped)
    assert [row.file for row in await applied_migrations(empty_database)] == ["0001_a.sql"]
    assert execute(empty_database, "select to_regclass('a')::text, to_regclass('b')::text") == [("a", None)]


async def test_migration_without_transaction_can_build_an_index_concurrently(
    empty_database: str, tmp_path: Path
) -> None:
    """Its first line says so; three migrators at a time do not wait for each other for ever."""
    shipped = _write(
        tmp_path / "m",
        _0001_a="create table a (x int)",
        _0002_b="-- no-transaction\ncreate index concurrently if not exists a_x on a (x)",
    )
    with anyio.fail_after(60):
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(migrate, empty_database, shipped)
    assert execute(empty_database, "select indisvalid from pg_index where indexrelid = 'a_x'::regclass") == [(True,)]
    assert [row.version for row in await applied_migrations(empty_database)] == [1, 2]


async def test_rows_of_the_first_migration_are_read_after_the_second(empty_database: str) -> None:
    """A version saved before loss bounds has none, and an order prepared before triggers is a plain one."""
    await migrate(empty_database, shipped_migrations()[:1])
    for row in FIRST_ROWS.strip().split("\n"):
        execute(empty_database, row.replace("OLD", SKILL))

    assert [each.version for each in await migrate(empty_database, shipped_migrations()[:2])] == [2]

    await migrate(empty_database)
    async with open_store(empty_database) as store:
        version = await store.skills.version(SkillId(SKILL), 1)
        (prepared,) = await store.intents.unresolved(paper_account(DeploymentId(SKILL)))
    assert (version.payload, version.loss_bound) == ("{}", None)
    order = prepared.intent
    assert (order.trigger, order.target, order.leverage, order.isolated) == (None, None, None, False)
    assert (order.size, order.position_before) == (Decimal(1), None)


@pytest.mark.parametrize("name", ["_1_a", "_0001", "_0001_a b", "_x_a"])
async def test_migration_with_an_unusable_name_is_refused(tmp_path: Path, name: str) -> None:
    """A name without its number and subject is said to be none."""
    with pytest.raises(UsageError, match="NNNN_what_it_does"):
        _write(tmp_path / "m", **{name: "select 1"})


async def test_migrations_of_one_number_are_refused(tmp_path: Path) -> None:
    """Two branches took the same number."""
    with pytest.raises(UsageError, match="have one number"):
        _write(tmp_path / "m", _0001_a="select 1", _0001_b="select 1")
