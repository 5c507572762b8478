"""A database that was lent to another test before is as good as one that was just made."""

import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg import ClientCursor, OperationalError
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow

from agentic_core.store.embedded.binaries import find_binaries
from tests.support import role_world
from tests.support.by_hand import execute
from tests.support.database_pool import DatabasePool, Kind, marks
from tests.support.narrow_roles import open_narrow_store

pytest_plugins = ["tests.support.postgres"]

KINDS = ("plain", "owned", "narrow")
_TENANT = Path(role_world.__file__).with_name("tenants_of_roles.sql")
_ROWS = (
    "insert into rate_budgets (bucket, full_at) values ('venue', now())",
    """insert into platform_config (key, value) values ('greeting', '"hello"')""",
    "insert into job_runs (name, holder, started_at) values ('sweep', 'a loop', now())",
    "insert into runner_logins select 'agentic_jobs', id from deployments limit 1 on conflict do nothing",
    "insert into restores (found_at, reason, found) values (now(), 'copied', '{}')",
)
_UNUSED = """
select oid::regclass::text from pg_class
where relkind = 'r' and relnamespace in ('public'::regnamespace, 'vault'::regnamespace) and pg_relation_size(oid) = 0
"""


@pytest.fixture
def pool(postgres_server: str) -> Iterator[DatabasePool]:
    """Yield a pool of the test's own."""
    with closing(DatabasePool(postgres_server)) as pool:
        yield pool


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, migrated_template: str) -> Kind:
    """Return each kind of database that tests ask for."""
    if request.param == "owned":
        return Kind(template=str(request.getfixturevalue("owned_template")), owner="plain_owner")
    return Kind(template=migrated_template, is_narrow=request.param == "narrow")


@pytest.fixture
def plain(migrated_template: str) -> Kind:
    """Return the kind that most tests ask for."""
    return Kind(template=migrated_template)


@pytest.fixture
def changed(database: str) -> Iterator[psycopg.Connection[TupleRow]]:
    """Yield a superuser's connection to a database."""
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


def _number(dsn: str) -> object:
    return execute(dsn, "select oid from pg_database where datname = current_database()")[0][0]


def _dump(dsn: str) -> str:
    # All there is in a database, its rows and sequences, and the rights and settings that are its own.
    command = [str(find_binaries().program("pg_dump")), "--create", "--restrict-key=same", dsn]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.replace(str(conninfo_to_dict(dsn)["dbname"]), "<name>")


def _use(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True, cursor_factory=ClientCursor) as connection:
        for tenant in ("anna", "bert"):
            connection.execute(_TENANT.read_bytes(), role_world.World.values(tenant))
        for row in _ROWS:
            connection.execute(row.encode())
        connection.execute("update skill_versions set payload = payload where version = 2")


def test_used_database_is_lent_again_as_if_nothing_had_been_done_in_it(pool: DatabasePool, kind: Kind) -> None:
    """Every table had rows, triggers had fired, sequences had gone on; its dump is that of a new one."""
    with pool.lend(kind) as used:
        _use(used)
        assert execute(used, _UNUSED) == []
        number, of_the_used = _number(used), _dump(used)
    with pool.lend(kind) as again, pool.lend(kind) as new:
        assert _number(again) == number
        assert _number(new) != number
        assert _dump(again) == _dump(new)
        assert _dump(again) != of_the_used


def test_used_database_has_another_name_and_nobody_in_it_when_it_is_lent_again(pool: DatabasePool, plain: Kind) -> None:
    """A process that a test left behind disturbs no later one: its session is over, and its address leads nowhere."""
    with pool.lend(plain) as used:
        number = _number(used)
        left = psycopg.connect(used, autocommit=True)
        left.execute("select pg_advisory_lock(1)")
        left.execute("listen news")
        left.execute("begin")
    with pool.lend(plain) as again:
        assert _number(again) == number
        assert execute(again, "select pg_try_advisory_lock(1)") == [(True,)]
        with pytest.raises(OperationalError):
            left.execute("select 1")
        with pytest.raises(OperationalError, match="does not exist"):
            psycopg.connect(used)
    left.close()


@pytest.mark.anyio
async def test_harness_that_a_test_put_in_is_taken_out_again(pool: DatabasePool, plain: Kind) -> None:
    """What it enrols would stand in the way of a test that enrols for itself; its logins belong to the server."""
    with pool.lend(Kind(template=plain.template, is_narrow=True)):
        pass
    with pool.lend(plain) as used:
        number = _number(used)
        async with open_narrow_store(used):
            assert execute(used, "select to_regnamespace('harness') is null") == [(False,)]
    with pool.lend(plain) as again:
        assert _number(again) == number
        assert execute(again, "select to_regnamespace('harness') is null") == [(True,)]


@pytest.mark.parametrize(
    "change",
    [
        "create table more (id integer)",
        "create temporary table more (id integer)",
        "create schema more",
        "alter table skills add column more integer",
        "alter table skills alter column name drop not null",
        "alter table skills disable trigger all",
        "alter table skills disable row level security",
        "drop policy web on skills",
        "drop index agent_logs_errors",
        "create or replace function acting_user() returns uuid language sql return null::uuid",
        "grant select on skills to public",
        "grant select (name) on skills to public",
        "alter default privileges grant select on tables to public",
        "comment on table skills is 'more'",
        "select lo_create(0)",
        "analyze schema_migrations",
        "delete from schema_migrations where version = 1",
        "update schema_migrations set applied_at = now()",
        "truncate agent_logs",
        "alter sequence restores_id_seq increment by 2",
        "alter database {} set timezone to 'Asia/Tokyo'",
        "alter role agentic_web in database {} set timezone to 'Asia/Tokyo'",
        "alter database {} connection limit 7",
        "grant create on database {} to public",
        "create role made_by_a_test",
        "grant agentic_jobs to agentic_web",
        "alter role agentic_web bypassrls",
        "alter role agentic_web set timezone to 'Asia/Tokyo'",
    ],
)
def test_change_of_more_than_rows_shows(changed: psycopg.Connection[TupleRow], change: str) -> None:
    """Whether it can be undone is not asked."""
    before = marks(changed, ["public.schema_migrations"])
    assert marks(changed, ["public.schema_migrations"]) == before
    with changed.transaction(force_rollback=True):
        changed.execute(change.format(changed.info.dbname).encode())
        assert marks(changed, ["public.schema_migrations"]) != before


@pytest.mark.parametrize(
    "change",
    [
        "create table more (id integer)",
        "alter role agentic_web set timezone to 'UTC'",
        "delete from schema_migrations where version = 1",
        "alter database {} allow_connections false",
        "insert into users (id, email) select gen_random_uuid(), n || '@x.example' from generate_series(1, 9999) as n",
    ],
)
def test_database_in_which_more_than_rows_was_changed_is_dropped(
    postgres_server: str, plain: Kind, change: str
) -> None:
    """Also one that lets nobody in, or whose files have grown."""
    with closing(DatabasePool(postgres_server, bytes_max=600_000)) as pool, pool.lend(plain) as used:
        number = _number(used)
        execute(postgres_server if "allow" in change else used, change.format(conninfo_to_dict(used)["dbname"]))
    assert execute(postgres_server, "select from pg_database where oid = %s", number) == []
