"""A server of PostgreSQL that logs every statement with its values, and everything it leaves on the disk."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
from psycopg.conninfo import make_conninfo

from agentic_core.store.embedded.binaries import find_binaries
from agentic_core.store.postgres.migrator import migrate
from tests.support.by_hand import execute
from tests.support.embedded_postgres import cluster_of, embedded

__all__ = ["LoggedServer", "logged_server"]

_NAME = "logged"
_ZEROS = re.compile(rb"\0{32,}")
_SETTINGS = (
    "log_statement = 'all'",
    "log_duration = on",
    "log_min_messages = debug1",
    "log_error_verbosity = verbose",
    "log_parameter_max_length = -1",
    "log_parameter_max_length_on_error = -1",
    "log_min_error_statement = debug1",
)


class LoggedServer:
    """The server and its one migrated database."""

    def __init__(self, dsn: str, folder: Path, log: Path) -> None:
        self.dsn = dsn
        """For its superuser."""
        self._folder = cluster_of(folder)
        self._log = log

    def login(self, role: str) -> str:
        """Return the address for a role."""
        return make_conninfo(self.dsn, user=role)

    def left(self) -> dict[str, bytes]:
        """Return what can be read outside of the server by now, by where."""
        execute(self.dsn, "checkpoint")
        ((oid,),) = execute(self.dsn, "select oid from pg_database where datname = current_database()")
        found: dict[str, list[bytes]] = {"heap": [], "wal": [], "elsewhere": []}
        for path in sorted(path for path in self._folder.rglob("*") if path.is_file()):
            top, below = path.relative_to(self._folder).parts[0], path.parent.name
            if top != "base" or below == str(oid):
                found[{"base": "heap", "pg_wal": "wal"}.get(top, "elsewhere")].append(path.read_bytes())
        return {
            # Most of it are zeros, which take their time.
            **{where: _ZEROS.sub(b"\0", b"".join(contents)) for where, contents in found.items()},
            "log": self._log.read_bytes(),
            "plain dump": self._program("pg_dump", "--format=plain"),
            "custom dump": self._program("pg_dump", "--format=custom", "--compress=0"),
            "compressed dump": self._restored(self._program("pg_dump", "--format=custom")),
        }

    def _restored(self, dump: bytes) -> bytes:
        return _run([find_binaries().program("pg_restore"), "--file=-"], dump)

    def _program(self, name: str, *options: str) -> bytes:
        return _run([find_binaries().program(name), *options, f"--dbname={self.dsn}"], b"")


@contextmanager
def logged_server(folder: Path, shared_home: Path) -> Iterator[LoggedServer]:
    """Start a server in a folder and migrate its database, of which all is logged afterwards."""
    with embedded(folder, shared_home=shared_home) as server:
        execute(server.dsn, f"create database {_NAME}")
        dsn = make_conninfo(server.dsn, dbname=_NAME)
        anyio.run(migrate, dsn)
        for setting in _SETTINGS:
            execute(dsn, f"alter database {_NAME} set {setting}")
        yield LoggedServer(dsn, folder, server.log)


def _run(command: list[str], given: bytes) -> bytes:
    done = subprocess.run(command, input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
