"""Fixtures: one embedded server for a test run, and a migrated database of its own for each test.

Asked for with `pytest_plugins = ["tests.support.postgres"]` in a test module.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import anyio
import pytest
from psycopg.conninfo import make_conninfo

from agentic_core.store.postgres.migrator import migrate
from tests.support.by_hand import execute
from tests.support.embedded_postgres import embedded

pytest_plugins = ["tests.support.embedded_folders"]

_TEMPLATE = "migrated"
_OWNED_TEMPLATE = "migrated_by_plain_owner"
_PLAIN_OWNER = "plain_owner"
_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory, shared_home: Path) -> Iterator[str]:
    """Start a server and yield its address."""
    with embedded(tmp_path_factory.mktemp("postgres"), shared_home=shared_home) as server:
        yield server.dsn


@pytest.fixture(scope="session")
def migrated_template(postgres_server: str) -> str:
    """Make the migrated database that the others are copies of."""
    execute(postgres_server, f"create database {_TEMPLATE}")
    anyio.run(migrate, make_conninfo(postgres_server, dbname=_TEMPLATE))
    return _TEMPLATE


@pytest.fixture(scope="session")
def owned_template(postgres_server: str, migrated_template: str) -> str:
    """Make a database that was migrated by an owner who is no superuser, as on a hosted platform."""
    execute(postgres_server, f"create role {_PLAIN_OWNER} login createrole createdb")
    # The roles of the application are the server's, and the other template's owner made them.
    for (role,) in execute(postgres_server, "select rolname from pg_roles where rolname like 'agentic\\_%'"):
        execute(postgres_server, f"grant {role} to {_PLAIN_OWNER} with admin option")
    execute(postgres_server, f"create database {_OWNED_TEMPLATE} owner {_PLAIN_OWNER}")
    anyio.run(migrate, make_conninfo(postgres_server, dbname=_OWNED_TEMPLATE, user=_PLAIN_OWNER))
    return _OWNED_TEMPLATE


@pytest.fixture
def owned_database(postgres_server: str, owned_template: str) -> Iterator[str]:
    """Copy the database of the plain owner and yield the copy's address for that owner."""
    for dsn in _database(postgres_server, f"template {owned_template} owner {_PLAIN_OWNER}"):
        yield make_conninfo(dsn, user=_PLAIN_OWNER)


@pytest.fixture
def database(postgres_server: str, migrated_template: str) -> Iterator[str]:
    """Copy the migrated database and yield the copy's address."""
    yield from _database(postgres_server, f"template {migrated_template}")


@pytest.fixture
def empty_database(postgres_server: str) -> Iterator[str]:
    """Make a database without any table and yield its address."""
    yield from _database(postgres_server, "")


def _database(server: str, options: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    execute(server, f"create database {name} {options}")
    yield make_conninfo(server, dbname=name)
    execute(server, f"drop database {name} with (force)")


__all__ = [
    "database",
    "empty_database",
    "migrated_template",
    "owned_database",
    "owned_template",
    "postgres_server",
]
