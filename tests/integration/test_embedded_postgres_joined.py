"""An embedded database that another process runs, and how commands find it."""

from pathlib import Path

from agentic_core.store.embedded import running_embedded
from agentic_core.system import SystemFiles, SystemProcesses
from tests.support.by_hand import execute
from tests.support.embedded_postgres import embedded

pytest_plugins = ["tests.support.embedded_folders"]


def found(folder: Path) -> str | None:
    """Look for a server as a process does that did not start it."""
    return running_embedded(folder, processes=SystemProcesses(), files=SystemFiles())


def test_running_server_is_found_by_whoever_did_not_start_it(folder: Path, shared_home: Path) -> None:
    """The address leads to the same database, for as long as the server runs."""
    with embedded(folder, shared_home=shared_home) as server:
        address = found(folder)
        assert address == server.dsn
        execute(server.dsn, "create table mark ()")
        assert execute(address, "select to_regclass('mark') is not null") == [(True,)]
    assert found(folder) is None


def test_folder_without_a_server_has_none_to_be_found(tmp_path: Path, folder: Path) -> None:
    """Neither where there never was one, nor where one was stopped."""
    assert found(tmp_path / "nowhere") is None
    assert found(folder) is None


def test_remains_of_a_server_are_not_taken_for_one(folder: Path) -> None:
    """A crash leaves the file, and its number may be another process's by now."""
    cluster = (folder / "home").resolve() / "cluster" if (folder / "home").exists() else folder / "cluster"
    own = SystemProcesses().own_pid()
    (cluster / "postmaster.pid").write_text(f"{own}\n{cluster}\n1\n5432\n{folder}\n\n1 1\nready\n")
    assert found(folder) is None
