"""Functions that run as the owner use the catalogue's types, functions and operators, whatever their caller shadows."""

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.support.stored_values import USER
from tests.support.vault_room import OURS, VaultRoom, furnished

pytest_plugins = ["tests.support.postgres"]

STEAL = """
create function {schema}.steal(taken pg_catalog.text) returns boolean language plpgsql as $$
begin
    insert into public.loot select current_user, taken;
    return true;
end $$
"""
TYPES = ("text", "uuid", "name", "record", "oid", "regclass", "json", "jsonb", "bytea", "timestamptz", "int8", "bool")
SHADOWS = (
    *(f"create domain pg_temp.{name} as pg_catalog.text check (pg_temp.steal(value))" for name in TYPES),
    *(
        f"create table pg_temp.{name} (id pg_catalog.int4, user_id pg_catalog.uuid)"
        for name in ("users", "leases", "deployments", "hyperliquid_agents", "runner_logins", "pg_class", "pg_roles")
    ),
)
EVIL = (
    "create function evil.split_part(text, text, int) returns text language sql as $$ select evil.steal($1)::text $$",
    "create function evil.current_setting(text) returns text language sql as $$ select evil.steal($1)::text $$",
    "create function evil.is_same(text, text) returns boolean language sql as $$ select evil.steal($1) $$",
    "create operator evil.= (leftarg = text, rightarg = text, function = evil.is_same)",
    "create operator evil.~ (leftarg = text, rightarg = text, function = evil.is_same)",
    "create operator evil.<> (leftarg = text, rightarg = text, function = evil.is_same)",
    "set search_path = evil, pg_catalog, public",
)
CALLS = {
    "agentic_web": (
        "select public.create_hyperliquid_agent_secret(%(envelope)s, %(name)s)",
        "select public.sealed_agent_key(%(key)s)",
        "select public.rewrap_agent_envelope(%(key)s, %(envelope)s, %(envelope)s, %(name)s)",
        "select public.destroy_hyperliquid_agent_secret(%(other)s)",
        "select public.acting_user()",
        "update public.hyperliquid_agents set revoked_at = now(), ended_by = 'revoked'",
        "update public.hyperliquid_agents set revoked_at = null, ended_by = null",
        "update public.deployments set desired = 'stopped'",
    ),
    OURS: (
        "select public.open_agent_envelope(%(epoch)s, %(holder)s, %(deployment)s)",
        "select public.runner_deployment(), public.runner_account(), public.runner_signers()",
        "select public.database_difference()",
        "update public.leases set expires_at = expires_at + interval '1 second'",
        "update public.deployments set status = 'running'",
    ),
    "agentic_jobs": (
        "select public.destroy_hyperliquid_agent_secret(%(key)s)",
        "select public.orphan_agent_secrets(0)",
        "update public.leases set epoch = epoch + 1, state = 'revoked'",
    ),
}


@pytest.fixture
def room(database: str) -> VaultRoom:
    """Return a room in which everybody may make temporary things and things in `evil`, and which would show a theft."""
    made = furnished(database)
    made.by_hand("create table public.loot (thief text, taken text)")
    made.by_hand("create schema evil")
    made.by_hand("grant usage, create on schema evil to public")
    ((name,),) = made.by_hand("select current_database()")
    made.by_hand(f"grant temporary on database {name} to public")
    return made


def tried(room: VaultRoom, login: str, *statements: str) -> list[str]:
    """Run statements in one session of somebody, and return those that came to something."""
    passed = []
    with psycopg.connect(
        make_conninfo(room.dsn, user=login, options=f"-c agentic.user_id={USER}"), autocommit=True
    ) as connection:
        for statement in statements:
            try:
                connection.execute(statement.encode(), room.names if "%(" in statement else None)
            except psycopg.Error:
                continue
            passed.append(statement)
    return passed


def test_type_that_is_shadowed_takes_over_a_careless_function(room: VaultRoom) -> None:
    """The attack is real: an empty search path finds temporary types first."""
    room.by_hand(
        "create function public.careless(said text) returns void language plpgsql security definer "
        "set search_path = '' as $$ declare heard text := said; begin end $$"
    )
    room.by_hand("grant execute on function public.careless to public")
    tried(room, "agentic_web", STEAL.format(schema="pg_temp"), *SHADOWS, "select public.careless('a word')")
    assert room.by_hand("select distinct thief, taken from loot") == [("agentic", "a word")]


def test_operator_that_is_shadowed_takes_over_a_careless_function(room: VaultRoom) -> None:
    """The attack is real: without a search path of its own a function uses its caller's."""
    room.by_hand(
        "create function public.careless(said text) returns boolean language plpgsql security definer "
        "as $$ begin return said = 'a word'; end $$"
    )
    room.by_hand("grant execute on function public.careless to public")
    tried(room, "agentic_web", STEAL.format(schema="evil"), *EVIL, "select public.careless('a word'::text)")
    assert room.by_hand("select distinct thief, taken from loot") == [("agentic", "a word")]


@pytest.mark.parametrize("login", CALLS)
def test_nothing_of_ours_is_taken_over_by_temporary_types(room: VaultRoom, login: str) -> None:
    """Nor by temporary tables; every function and trigger that the role reaches is called."""
    made = tried(room, login, STEAL.format(schema="pg_temp"), *SHADOWS, *CALLS[login])
    assert set(SHADOWS) <= set(made)
    assert len(set(CALLS[login]) & set(made)) >= 2
    assert room.by_hand("select * from loot") == []


@pytest.mark.parametrize("login", CALLS)
def test_nothing_of_ours_is_taken_over_by_a_search_path(room: VaultRoom, login: str) -> None:
    """Functions and operators that would compare, cut and read settings in the thief's favour."""
    made = tried(room, login, STEAL.format(schema="evil"), *EVIL, *CALLS[login])
    assert set(EVIL) <= set(made)
    assert len(set(CALLS[login]) & set(made)) >= 2
    assert room.by_hand("select * from loot") == []
