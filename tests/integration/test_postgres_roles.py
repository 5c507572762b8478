"""What the roles of the database may do is what the matrix says, and nobody else may do anything."""

import re
from collections.abc import Iterator

import anyio
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from agentic_core.store.postgres.migrator import migrate
from tests.docs.roles import Access, Columns, read_roles
from tests.support.by_hand import execute

pytest_plugins = ["tests.support.postgres"]

EXPECTED = read_roles()
ROLES = sorted(EXPECTED.roles)


@pytest.fixture(scope="module")
def migrated(postgres_server: str) -> Iterator[str]:
    """Migrate a database where it is, because privileges on a database are in no copy of one."""
    execute(postgres_server, "create database of_roles")
    dsn = make_conninfo(postgres_server, dbname="of_roles", options="-c search_path=pg_catalog")
    anyio.run(migrate, make_conninfo(postgres_server, dbname="of_roles"))
    yield dsn
    execute(postgres_server, "drop database of_roles with (force)")


def columns_of(dsn: str, role: str, table: str, verb: str) -> Columns:
    """Return what of a table a role has this privilege on."""
    ((whole, some),) = _ask(
        dsn,
        "select has_table_privilege(%s, %s::regclass, %s), array("
        " select attname::text from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"
        " and has_column_privilege(%s, attrelid, attnum, %s) order by attname)",
        *(role, f"public.{table}", verb, f"public.{table}", role, verb),
    )
    assert isinstance(some, list)
    return True if whole else tuple(some) or False


def _ask(dsn: str, query: str, *values: object) -> list[tuple[object, ...]]:
    # Not by hand: what the server writes of an expression depends on the search path.
    with psycopg.connect(dsn, autocommit=True) as connection:
        return list(connection.execute(query.encode(), values or None).fetchall())


def _sorted(columns: Columns) -> Columns:
    return columns if isinstance(columns, bool) else tuple(sorted(columns))


def test_tables_of_the_matrix_are_those_of_the_database(migrated: str) -> None:
    """A new table is in the matrix, if only as one for the owner."""
    tables = _ask(migrated, "select tablename from pg_tables where schemaname = 'public'")
    assert {str(name) for (name,) in tables} == set(EXPECTED.tables)


@pytest.mark.parametrize("role", ROLES)
def test_role_has_the_verbs_of_the_matrix_on_every_table_and_no_other(migrated: str, role: str) -> None:
    """Column by column; nobody truncates, refers to or hangs triggers on anything."""
    name, nothing = EXPECTED.roles[role].name, Access(rows="none")
    for table, by in EXPECTED.tables.items():
        wanted = by.get(role, nothing)
        found = {verb: columns_of(migrated, name, table, verb) for verb in ("select", "insert", "update", "references")}
        assert found == {
            "select": _sorted(wanted.select),
            "insert": _sorted(wanted.insert),
            "update": _sorted(wanted.update),
            "references": False,
        }, table
        others = [
            verb
            for verb in ("delete", "truncate", "trigger")
            if _ask(migrated, "select has_table_privilege(%s, %s, %s)", name, f"public.{table}", verb) == [(True,)]
        ]
        assert others == (["delete"] if wanted.delete else []), table


@pytest.mark.parametrize("role", ROLES)
def test_role_reaches_the_rows_of_the_matrix(migrated: str, role: str) -> None:
    """For each verb it has there is exactly one policy, and that says what the matrix says."""
    name = EXPECTED.roles[role].name
    for table, by in EXPECTED.tables.items():
        for verb in ("select", "insert", "update", "delete"):
            found = _ask(
                migrated,
                "select permissive, qual, coalesce(with_check, qual) from pg_policies where schemaname = 'public'"
                " and tablename = %s and %s = any (roles) and cmd in ('ALL', upper(%s))",
                *(table, name, verb),
            )
            wanted = by.get(role)
            if wanted is None or not getattr(wanted, verb):
                continue
            ((kind, seen, checked),) = found
            assert kind == "PERMISSIVE"
            if verb != "insert":
                assert _plain(seen) in EXPECTED.rows[wanted.rows], (table, verb)
            if verb in {"insert", "update"}:
                rule = wanted.adds if verb == "insert" else wanted.keeps
                assert _plain(checked) in EXPECTED.rows[rule or wanted.rows], (table, verb)


def _plain(written: object) -> str:
    return re.sub(r"\s+", " ", str(written)).replace("public.", "")


def test_policies_are_for_roles_of_the_matrix_and_the_owner_only(migrated: str) -> None:
    """No policy admits PUBLIC, and none is there for a role without a verb on its table."""
    names = {role.name: key for key, role in EXPECTED.roles.items()}
    admitted = _ask(
        migrated,
        "select tablename, unnest(roles)::text from pg_policies where schemaname = 'public' and policyname <> 'owner'",
    )
    assert [(table, role) for table, role in admitted if names.get(str(role)) not in EXPECTED.tables[str(table)]] == []


def test_functions_are_executed_by_the_roles_of_the_matrix_and_by_nobody_else(migrated: str) -> None:
    """Those in the vault by none."""
    found = _ask(
        migrated,
        "select called.oid::regprocedure::text,"
        " array(select key from unnest(%s::text[], %s::name[]) as role (key, name)"
        " where has_function_privilege(name, called.oid, 'execute') and called.proowner <> name::regrole)"
        " from pg_proc as called where pronamespace in ('public'::regnamespace, 'vault'::regnamespace)",
        *(list(EXPECTED.roles), [role.name for role in EXPECTED.roles.values()]),
    )
    allowed = {str(name): roles for name, roles in found if roles}
    assert allowed == {name: list(roles) for name, roles in EXPECTED.functions.items()}


def test_functions_that_run_as_their_owner_find_names_nowhere_but_where_they_say(migrated: str) -> None:
    """Every one of ours says so, temporary objects last, or was bound to its names when made; none makes up SQL."""
    loose = _ask(
        migrated,
        "select oid::regprocedure::text from pg_proc"
        " where pronamespace in ('public'::regnamespace, 'vault'::regnamespace) and prosqlbody is null"
        " and not coalesce(proconfig @> array['search_path=pg_catalog, pg_temp'], false)",
    )
    assert loose == []
    dynamic = _ask(
        migrated, "select oid::regprocedure::text from pg_proc where prosecdef and prosrc ~* '\\mexecute\\M'"
    )
    assert dynamic == []


def test_row_level_security_is_forced_on_every_table(migrated: str) -> None:
    """Also on those of the owner, whom a policy of its own admits; no view looks past it."""
    bare = _ask(
        migrated,
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
        " and not (relrowsecurity and relforcerowsecurity)",
    )
    assert bare == []
    owner = _ask(migrated, "select distinct roles::text, qual, with_check from pg_policies where policyname = 'owner'")
    assert owner == [("{agentic}", "true", "true")]
    views = _ask(
        migrated,
        "select relname from pg_class where relkind = 'v' and relnamespace in ('public'::regnamespace,"
        " 'vault'::regnamespace) and not coalesce(reloptions @> array['security_invoker=true'], false)",
    )
    assert views == []


def test_public_has_nothing_of_ours(migrated: str) -> None:
    """No table, sequence, function or schema, and not even a temporary table."""
    granted = _ask(
        migrated,
        "select relname::text from pg_class, aclexplode(relacl) where grantee = 0"
        " and relnamespace in ('public'::regnamespace, 'vault'::regnamespace)"
        " union all select proname::text from pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner)))"
        " where grantee = 0 and pronamespace in ('public'::regnamespace, 'vault'::regnamespace)"
        " union all select nspname::text from pg_namespace, aclexplode(nspacl)"
        " where grantee = 0 and nspname in ('public', 'vault')"
        " union all select datname::text from pg_database, aclexplode(datacl)"
        " where grantee = 0 and datname = current_database() and privilege_type <> 'CONNECT'",
    )
    assert granted == []


@pytest.mark.parametrize("role", ROLES)
def test_role_makes_nothing_and_reads_no_vault(migrated: str, role: str) -> None:
    """It may use the schema of the tables, and neither create in it nor anywhere else; it has no special power."""
    name = EXPECTED.roles[role].name
    ((usage, *others),) = _ask(
        migrated,
        "select has_schema_privilege(role, 'public', 'usage'), has_schema_privilege(role, 'public', 'create'),"
        " has_schema_privilege(role, 'vault', 'usage'), has_database_privilege(role, current_database(), 'create'),"
        " has_database_privilege(role, current_database(), 'temp'), (select rolsuper or rolbypassrls or rolcreaterole"
        " or rolcreatedb or rolreplication from pg_roles where rolname = role),"
        " exists (select from pg_sequence where has_sequence_privilege(role, seqrelid, 'usage, select, update'))"
        " from (select %s::name as role) as one",
        name,
    )
    assert usage is True
    assert others == [False] * 6
    ((login,),) = _ask(migrated, "select rolcanlogin from pg_roles where rolname = %s", name)
    assert login is EXPECTED.roles[role].is_login
