"""A database server of a bench's own, deleted afterwards, and logins as they are in life."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from agentic_core.store.postgres.migrator import migrate
from tests.support.by_hand import execute
from tests.support.embedded_postgres import embedded

__all__ = ["copy_of", "in_bulk", "runner_login", "scratch_database", "service_login"]

_DATABASE = "bench"


@contextmanager
def scratch_database(folder: Path | None = None, *, settings: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the owner's address of a migrated database, on a server that lives as long as the block.

    Args:
        folder: where to make the server's own folder; by default wherever the system keeps temporary files.
        settings: lines like those of `postgresql.conf`, which hold from the start.
    """
    with tempfile.TemporaryDirectory(prefix="agentic-bench-", dir=folder) as name:
        home = Path(name)
        home.chmod(0o711)  # as root, the server runs as somebody else
        server = embedded(home / "server", shared_home=home)
        with server:
            for line in settings:
                execute(server.dsn, f"alter system set {line}")
        with server:
            execute(server.dsn, f"create database {_DATABASE}")
            dsn = make_conninfo(server.dsn, dbname=_DATABASE)
            anyio.run(migrate, dsn)
            yield dsn


def copy_of(dsn: str, name: str) -> str:
    """Copy a database that nobody is connected to, and return the copy's address."""
    original = make_conninfo(dsn, dbname="postgres")
    execute(original, f"create database {name} template {_DATABASE}")
    return make_conninfo(dsn, dbname=name)


def in_bulk(dsn: str, statements: str, **numbers: object) -> None:
    """Run SQL with every trigger and foreign key asleep, then count the rows for the planner.

    Whoever writes it keeps the tables as the triggers would; `numbers` are its settings `bench.<name>`.
    """
    with psycopg.connect(dsn, autocommit=True, options="-c timezone=UTC") as connection:
        connection.execute("set session_replication_role = replica")
        for name, number in numbers.items():
            connection.execute("select set_config(%s, %s, false)", [f"bench.{name}", str(number)])
        connection.execute(statements.encode())
        connection.execute("vacuum (analyze)")
        connection.execute("checkpoint")


def runner_login(dsn: str, deployment: str) -> str:
    """Return the address by which the runner of a deployment signs in."""
    name = f"runner_{deployment.replace('-', '')[:16]}"
    with psycopg.connect(dsn, autocommit=True) as connection:
        if connection.execute("select 1 from pg_roles where rolname = %s", [name]).fetchone() is None:
            connection.execute(sql.SQL("create role {} login in role agentic_runner").format(sql.Identifier(name)))
        connection.execute(
            "insert into public.runner_logins (role_name, deployment_id) values (%s, %s)", [name, deployment]
        )
    return make_conninfo(dsn, user=name)


def service_login(dsn: str, role: str) -> str:
    """Return the address by which a service such as `agentic_web` signs in."""
    return make_conninfo(dsn, user=role)
