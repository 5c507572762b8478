"""Fixture: two tenants with rows in every table, in databases that a superuser and a plain owner migrated.

Asked for with `pytest_plugins = ["tests.support.role_fixtures"]`; whatever is tried there is to be rolled back.
"""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import ClientCursor
from psycopg.conninfo import make_conninfo

from tests.support.by_hand import execute
from tests.support.role_world import LOGINS, World

__all__ = ["role_world"]

pytest_plugins = ["tests.support.postgres"]

_RUNNERS = {
    "runner of anna's paper": ("anna", "paper"),
    "runner of anna's live": ("anna", "live"),
    "runner of bert's live": ("bert", "live"),
    "unbound runner": ("bert", "paper"),
}
_VERIFIER = "SCRAM-SHA-256$4096:AAAA$AAAA:AAAA"
_SCRIPT = Path(__file__).with_name("tenants_of_roles.sql")
_STRANGER = "somebody_else_on_this_server"


@pytest.fixture(scope="session", params=["superuser", "plain owner"])
def role_world(request: pytest.FixtureRequest, postgres_server: str, migrated_template: str) -> Iterator[World]:
    """Make the database, owned by whoever migrated it."""
    is_plain = request.param == "plain owner"
    template = str(request.getfixturevalue("owned_template")) if is_plain else migrated_template
    name = f"tried_of_{template}"
    execute(postgres_server, f"create database {name} template {template}" + " owner plain_owner" * is_plain)
    server = make_conninfo(postgres_server, dbname=name)
    dsn = make_conninfo(server, user="plain_owner") if is_plain else server
    _furnish(dsn)
    roles = _roles(server, dsn)
    options = {"web for anna": f"-c agentic.user_id={World.values('anna')['user']}"}
    yield World(
        dsn=dsn,
        server=server,
        roles=roles,
        logins={login: make_conninfo(server, user=roles[login], options=options.get(login, "")) for login in LOGINS},
    )
    execute(postgres_server, f"drop database {name} with (force)")
    for login in _RUNNERS:
        execute(postgres_server, f"drop role {roles[login]}")


def _furnish(dsn: str) -> None:
    execute(dsn, "select public.shut_out_strangers()")
    with psycopg.connect(dsn, autocommit=True, cursor_factory=ClientCursor) as connection:
        for tenant in ("anna", "bert"):
            connection.execute(_SCRIPT.read_bytes(), World.values(tenant))
    execute(dsn, "update skill_versions set payload = payload where version = 2")
    execute(dsn, "insert into rate_budgets (bucket, full_at) values ('venue', now())")
    execute(dsn, """insert into platform_config (key, value) values ('greeting', '"hello"')""")
    execute(dsn, "insert into job_runs (name, holder, started_at) values ('sweep', 'a loop', now())")
    execute(
        dsn,
        "insert into restores (found_at, reason, found, resolved_at, resolved_by, resolution)"
        " values (now(), 'copied', '{}', now(), 'x', '{}')",
    )


def _roles(server: str, dsn: str) -> dict[str, str]:
    runners = {
        login: str(
            execute(dsn, "select public.enrol_runner(%s::uuid, %s)", World.values(tenant)[kind], _VERIFIER)[0][0]
        )
        for login, (tenant, kind) in _RUNNERS.items()
    }
    execute(dsn, "delete from runner_logins where role_name = %s", runners["unbound runner"])
    if not execute(server, "select 1 from pg_roles where rolname = %s", _STRANGER):
        execute(server, f"create role {_STRANGER} login")
    web = dict.fromkeys(("web for anna", "web for nobody"), "agentic_web")
    return {**runners, **web, "jobs": "agentic_jobs", "stranger": _STRANGER}
