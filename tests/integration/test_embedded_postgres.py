"""The embedded PostgreSQL in ordinary life: made, started, stopped, started again."""

import stat
from pathlib import Path

import psycopg
import pytest

from agentic_core.errors import StoreUnavailable, UsageError
from agentic_core.store.embedded import open_embedded
from agentic_core.system import SystemClock, SystemEnvironment, SystemFiles, SystemProcesses
from tests.support.embedded_postgres import all_gone, cluster_of, embedded, family_of, holder

pytest_plugins = ["tests.support.embedded_folders"]


def test_embedded_postgres_first_start_makes_a_durable_private_server(tmp_path: Path, shared_home: Path) -> None:
    """A new folder becomes a PostgreSQL 18 that flushes, collects garbage and is not on the network."""
    names = ["fsync", "autovacuum", "listen_addresses", "max_connections", "unix_socket_permissions", "server_encoding"]
    with embedded(tmp_path / "new", shared_home=shared_home) as database, psycopg.connect(database.dsn) as connection:
        settings = [connection.execute("select current_setting(%s)", [name]).fetchone() for name in names]
        version = connection.info.server_version
        who = connection.execute("select current_user, current_database()").fetchone()
    assert settings == [("on",), ("on",), ("",), ("60",), ("0700",), ("UTF8",)]
    assert version // 10_000 == 18
    assert who == ("agentic", "postgres")


def test_embedded_postgres_folders_admit_nobody_else(folder: Path, shared_home: Path) -> None:
    """The cluster, the socket's folder, the socket and the log are open to their owner only."""
    with embedded(folder, shared_home=shared_home) as database, psycopg.connect(database.dsn) as connection:
        sockets = Path(connection.info.host)
        places = [cluster_of(folder), sockets, sockets / ".s.PGSQL.5432", database.log, folder / "lock"]
        modes = [oct(stat.S_IMODE(place.stat().st_mode)) for place in places]
    assert modes == ["0o700", "0o700", "0o700", "0o600", "0o600"]


def test_embedded_postgres_sorts_by_code_point_and_folds_unicode(folder: Path, shared_home: Path) -> None:
    """The locale is PostgreSQL's own: no collation of the machine, and letters beyond ASCII are letters."""
    with embedded(folder, shared_home=shared_home) as database, psycopg.connect(database.dsn) as connection:
        row = connection.execute("select 'Z' < 'a', upper('café')").fetchone()
    assert row == (True, "CAFÉ")


def test_embedded_postgres_second_start_finds_what_was_committed(folder: Path, shared_home: Path) -> None:
    """Rows outlive the server."""
    with embedded(folder, shared_home=shared_home) as database, psycopg.connect(database.dsn) as connection:
        connection.execute("create table kept as select 42 as answer")
    with embedded(folder, shared_home=shared_home) as database, psycopg.connect(database.dsn) as connection:
        assert connection.execute("select answer from kept").fetchall() == [(42,)]


def test_embedded_postgres_start_and_stop_twice_change_nothing(folder: Path, shared_home: Path) -> None:
    """Both may be repeated."""
    database = embedded(folder, shared_home=shared_home)
    first, pid = database.start(), database.pid
    assert (database.start(), database.pid) == (first, pid)
    database.stop()
    database.stop()
    assert database.pid is None


def test_embedded_postgres_stop_leaves_no_process_and_no_socket(folder: Path, shared_home: Path) -> None:
    """A stopped server is gone with all its processes, and a log says that it shut down."""
    database = embedded(folder, shared_home=shared_home)
    database.start()
    assert database.pid is not None
    family = family_of(database.pid)
    database.stop()
    assert len(family) > 1
    assert all_gone(family, within_s=0)
    assert not (cluster_of(folder) / "postmaster.pid").exists()
    assert "database system is shut down" in database.log.read_text()


def test_open_embedded_returns_a_running_server(folder: Path) -> None:
    """The short form starts at once."""
    system = SystemProcesses(), SystemFiles(), SystemClock(), SystemEnvironment()
    with (
        open_embedded(folder, processes=system[0], files=system[1], clock=system[2], environment=system[3]) as database,
        psycopg.connect(database.dsn) as connection,
    ):
        assert connection.execute("select 1").fetchone() == (1,)


def test_embedded_postgres_dsn_before_start_is_an_error_of_use(folder: Path, shared_home: Path) -> None:
    """There is no address before there is a server."""
    with pytest.raises(UsageError, match=r"call start\(\) first"):
        _ = embedded(folder, shared_home=shared_home).dsn


def test_embedded_postgres_folder_of_another_process_names_it(folder: Path, shared_home: Path) -> None:
    """The second process is told which process has the folder, and the first goes on undisturbed."""
    with holder(folder, shared_home) as (process, _, dsn):
        with pytest.raises(StoreUnavailable, match=f"in use by process {process.pid}: stop that process"):
            embedded(folder, shared_home=shared_home).start()
        with psycopg.connect(dsn) as connection:
            assert connection.execute("select 1").fetchone() == (1,)


def test_embedded_postgres_same_folder_twice_in_one_process_is_refused(folder: Path, shared_home: Path) -> None:
    """Two objects of one process do not share a folder either, until the first lets go."""
    second = embedded(folder, shared_home=shared_home)
    with embedded(folder, shared_home=shared_home), pytest.raises(StoreUnavailable, match="in use by process"):
        second.start()
    with second:
        assert second.pid is not None


def test_embedded_postgres_ignores_locale_and_postgres_variables(tmp_path: Path, shared_home: Path) -> None:
    """A locale that is not installed and settings for other clusters do not reach the programs."""
    foreign = {"LC_ALL": "xx_XX.UTF-8", "LANG": "xx_XX", "PGDATA": "nowhere", "PGPORT": "1", "TZ": "Nowhere/Else"}
    with (
        embedded(tmp_path / "new", shared_home=shared_home, variables=foreign) as database,
        psycopg.connect(database.dsn) as connection,
    ):
        assert connection.execute("show timezone").fetchone() == ("UTC",)
