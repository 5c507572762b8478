"""A real pgbouncer in front of an embedded server, on a socket of its own."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from agentic_core.ports.processes import Child, Launch, Signal
from agentic_core.store.embedded.identity import identity_of_owner, owner_of
from agentic_core.store.embedded.system_ports import SystemPorts
from agentic_core.system import SystemClock, SystemEnvironment, SystemFiles, SystemProcesses

__all__ = ["Lends", "pgbouncer"]

_PLACES = f"{os.defpath}:/usr/sbin:/usr/local/bin:/usr/local/sbin"
_PORT = 6432
_ATTEMPTS = 1_000
_BETWEEN_S = 0.01

_SETTINGS = """\
[databases]
* = host={sockets} port={port}

[pgbouncer]
listen_addr =
listen_port = {own_port}
unix_socket_dir = {folder}
auth_type = trust
auth_file = {users}
pool_mode = {lends}
default_pool_size = {size}
server_round_robin = {turns}
server_login_retry = 1
query_wait_timeout = 3
ignore_startup_parameters = extra_float_digits
"""


class Lends(StrEnum):
    """For how long a client gets one of the server's connections."""

    SESSION = "session"
    TRANSACTION = "transaction"
    STATEMENT = "statement"


@contextmanager
def pgbouncer(server: str, home: Path, lends: Lends, *, size: int = 4, takes_turns: bool = False) -> Iterator[str]:
    """Start a pooler before a server, in a folder below one that everybody may pass through; yield its address.

    Skips in words where no pgbouncer is installed.
    """
    program = shutil.which("pgbouncer", path=_PLACES)
    if program is None:
        pytest.skip("there is no pgbouncer on this machine; install the package of that name")
    parts, system = conninfo_to_dict(server), _system()
    sockets = Path(str(parts["host"]))
    status = system.files.status(sockets)
    assert status is not None
    # It refuses root, and has to enter the folder of the server's socket: so it is who the server is.
    identity = identity_of_owner(system, sockets, status)
    folder = Path(tempfile.mkdtemp(prefix="pgbouncer-", dir=home))
    os.chown(folder, *(owner_of(identity) or (-1, -1)))
    users, settings = folder / "users.txt", folder / "pgbouncer.ini"
    users.write_text(f'"{parts["user"]}" ""\n')
    given = {"sockets": sockets, "port": parts["port"], "own_port": _PORT, "folder": folder, "users": users}
    settings.write_text(_SETTINGS.format(**given, lends=lends, size=size, turns=int(takes_turns)))
    launch = Launch(command=(program, str(settings)), environment={"PATH": os.defpath}, identity=identity)
    child = system.processes.start(launch, output=folder / "pgbouncer.log")
    try:
        address = make_conninfo(server, host=str(folder), port=str(_PORT))
        _await_ready(address, child, folder)
        yield address
    finally:
        child.signal(Signal.KILL)
        child.wait()


def _system() -> SystemPorts:
    return SystemPorts(
        processes=SystemProcesses(), files=SystemFiles(), clock=SystemClock(), environment=SystemEnvironment()
    )


def _await_ready(address: str, child: Child, folder: Path) -> None:
    for _ in range(_ATTEMPTS):
        try:
            psycopg.connect(address, autocommit=True).close()
        except psycopg.OperationalError:
            if child.wait(_BETWEEN_S) is not None:
                break
        else:
            return
    pytest.fail(f"pgbouncer did not come up: {(folder / 'pgbouncer.log').read_text()}")
