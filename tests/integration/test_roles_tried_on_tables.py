"""Every login tries every verb on every table, on its own rows and on another tenant's, for real."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import Connection

from tests.support.role_expectations import EXPECTED, ROLE_OF, Can, reached
from tests.support.role_world import LOGINS, Table, World, tried

pytest_plugins = ["tests.support.role_fixtures"]

NOTHING = Can("nobody's")
NO_TENANTS = {"schema_migrations", "platform_config", "rate_budgets", "database_identity", "restores", "job_runs"}
DENIED = "denied"
ROWS = "select to_jsonb(kept) from public.@ as kept"
ADD = "insert into public.@ (@column) overriding system value select (null::public.@).@column where false"
CHANGE = "update public.@ set @column = @value"
REMOVE = "delete from public.@"
COPY = "insert into public.@ (@columns) select @columns from jsonb_populate_record(null::public.@, %s)"


@pytest.fixture(params=LOGINS)
def login(request: pytest.FixtureRequest) -> str:
    """Name who tries."""
    return str(request.param)


@pytest.fixture
def connection(role_world: World, login: str) -> Iterator[Connection]:
    """Sign in as whoever tries."""
    with psycopg.connect(role_world.logins[login]) as connection:
        yield connection


def can(login: str, table: str) -> Can:
    """Return what a login should be able to do with a table."""
    return EXPECTED[table].get(ROLE_OF[login], NOTHING)


def named(written: str, table: Table) -> set[str]:
    """Return the columns that are meant."""
    return set(table.columns) if written == "*" else set(written.split())


def whose(world: World, answer: list[object] | str) -> set[str] | str:
    """Return whose rows came back, or that it was denied."""
    if isinstance(answer, str):
        return DENIED if answer.startswith("42501") else answer
    return {world.label(row) for row in answer}


def test_tables_that_are_tried_are_those_of_the_database(role_world: World) -> None:
    """Each of them has rows, of both tenants where there are tenants in it, and each column that is named exists."""
    assert set(role_world.tables) == set(EXPECTED)
    for name, table in role_world.tables.items():
        tenants = {label.split()[0] for label in table.labels}
        assert tenants == ({"shared"} if name in NO_TENANTS else {"anna", "bert"}), name
        for access in EXPECTED[name].values():
            assert named(access.add, table) | named(access.change, table) <= set(table.columns), name


def test_login_sees_and_locks_the_rows_that_are_its_own(role_world: World, login: str, connection: Connection) -> None:
    """Whoever may change nothing of a table locks nothing in it either."""
    wrong = []
    for name, table in role_world.tables.items():
        access = can(login, name)
        seen = table.labels & reached(access.sees, login)
        wanted = {
            "": seen if access is not NOTHING else DENIED,
            " for update": seen if access.change else DENIED,
        }
        for lock, rows in wanted.items():
            found = whose(role_world, tried(connection, f"{ROWS.replace('@', name)}{lock}"))
            wrong += [f"{name}{lock}: {found}, not {rows}"] if found != rows else []
    assert wrong == []


def test_login_may_give_and_change_the_columns_of_the_design_and_no_other(
    role_world: World, login: str, connection: Connection
) -> None:
    """Column by column, with statements that are planned and checked and meet no row."""
    wrong = []
    for name, table in role_world.tables.items():
        access = can(login, name)
        allowed = {"add": named(access.add, table), "change": named(access.change, table)}
        for column in table.columns:
            value = "default" if column in table.numbered else column
            attempts = {
                "add": ADD.replace("@column", column).replace("@", name),
                "change": f"{_change(name, column, value)} where false",
            }
            for verb, statement in attempts.items():
                found = tried(connection, statement)
                wanted = found == [] if column in allowed[verb] else str(found).startswith("42501")
                wrong += [] if wanted else [f"{verb} {name}.{column}: {found}"]
    assert wrong == []


def test_login_changes_and_removes_the_rows_that_are_its_own(
    role_world: World, login: str, connection: Connection
) -> None:
    """Without a condition: rows of others are not there, and they stay as they were."""
    wrong = []
    for name, table in role_world.tables.items():
        access = can(login, name)
        own = table.labels & reached(access.sees, login)
        is_kept = bool(access.change) and not access.keeps
        column = (access.change or table.columns[-1]).split()[0]
        wanted = {
            _change(name, column, column): own if is_kept else DENIED,
            REMOVE.replace("@", name): own if access.removes else DENIED,
        }
        for statement, rows in wanted.items():
            found = whose(role_world, tried(connection, f"{statement} returning to_jsonb({name})"))
            wrong += [f"{statement}: {found}, not {rows}"] if found != rows else []
    assert wrong == []


def test_login_adds_rows_that_are_its_own_and_none_of_another(
    role_world: World, login: str, connection: Connection
) -> None:
    """Each row that is there is added again, and written over: told that it is there is whoever might have added it."""
    wrong = []
    for name, table in role_world.tables.items():
        access = can(login, name)
        own = reached(access.adds or access.sees, login) if access.add else frozenset()
        for statement in _adding(name, table, access):
            for label, row in table.rows:
                found = tried(connection, statement, row)
                wanted = "added" if label in own else "refused"
                wrong += [f"{statement} of {label}: {found}"] if _verdict(found) != wanted else []
    assert wrong == []


def _change(name: str, column: str, value: str) -> str:
    return CHANGE.replace("@column", column).replace("@value", value).replace("@", name)


def _adding(name: str, table: Table, access: Can) -> Iterator[str]:
    given = sorted(named(access.add or "*", table) - table.numbered)
    add = COPY.replace("@columns", ", ".join(given)).replace("@", name)
    yield add
    if not access.add or access.change:
        column = (access.change or given[0]).split()[0]
        yield f"{add} on conflict ({', '.join(table.key)}) do update set {column} = excluded.{column}"


def _verdict(found: list[object] | str) -> str:
    # 23505: it is there already. 42501, and what triggers say of a wallet or a lease that is not there for the asker.
    state = found[:5] if isinstance(found, str) else "23505"
    return {"23505": "added", "42501": "refused", "23503": "refused", "23001": "refused"}.get(state, str(found))


@pytest.mark.parametrize(
    "statement",
    [
        "truncate public.{} cascade",
        "reindex table public.{}",
        "create trigger mine after insert on public.{} for each row execute function public.keep_facts()",
        "create policy mine on public.{} using (true)",
        "alter table public.{} disable row level security",
        "alter table public.{} disable trigger all",
        "drop table public.{} cascade",
    ],
)
def test_login_does_nothing_else_to_a_table(role_world: World, statement: str) -> None:
    """None of them empties, rebuilds, watches or drops one, or takes a guard of it away."""
    for login in LOGINS:
        with psycopg.connect(role_world.logins[login]) as connection:
            found = {name: tried(connection, statement.format(name)) for name in role_world.tables}
        assert {name: answer for name, answer in found.items() if not str(answer).startswith("42501")} == {}, login


def test_login_keeps_others_out_of_no_table_but_one_that_it_removes_from(
    role_world: World, login: str, connection: Connection
) -> None:
    """Whoever may change or delete any row of a table may lock all of it; where columns are granted, nobody may."""
    locked = {
        name for name in EXPECTED if tried(connection, f"lock table public.{name} in access exclusive mode") == []
    }
    assert locked == {name for name in EXPECTED if can(login, name).removes}
