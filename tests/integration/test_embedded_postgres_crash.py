"""The embedded PostgreSQL when processes are killed: no orphan, no lost commit, no start that fails."""

import os
import signal
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest

from agentic_core.errors import StoreUnavailable
from agentic_core.system import SystemFiles
from tests.support.embedded_postgres import all_gone, cluster_of, embedded, family_of, holder

pytest_plugins = ["tests.support.embedded_folders"]


class FullDisk(SystemFiles):
    """A file system on which the finished cluster cannot be moved into place."""

    def rename(self, source: Path, target: Path) -> None:
        """Fail like a disk without room."""
        if target.name == "cluster":
            raise OSError(28, "No space left on device", str(target))
        super().rename(source, target)


@pytest.mark.parametrize("options", [(), ("--from-a-thread",)])
def test_embedded_postgres_parent_killed_leaves_no_orphan(
    folder: Path, shared_home: Path, options: tuple[str, ...]
) -> None:
    """The server is gone within a second of its parent's SIGKILL, whichever thread started it."""
    with holder(folder, shared_home, *options) as (process, pid, dsn), closing(psycopg.connect(dsn)) as connection:
        connection.execute("create table unfinished as select 1")
        family = family_of(pid)
        process.kill()
        assert len(family) > 1
        assert all_gone(family, within_s=1)


def test_embedded_postgres_parent_gone_without_stop_leaves_no_orphan(folder: Path, shared_home: Path) -> None:
    """A parent that ends on SIGTERM without a word takes the server along."""
    with holder(folder, shared_home) as (process, pid, _):
        process.terminate()
        assert all_gone([pid], within_s=1)


def test_embedded_postgres_interrupt_at_the_terminal_spares_the_server(folder: Path, shared_home: Path) -> None:
    """The server is in a session of its own, so that the program can still write while it ends."""
    with holder(folder, shared_home) as (process, pid, _):
        assert os.getsid(pid) != os.getsid(process.pid)


def test_embedded_postgres_family_killed_keeps_what_was_committed(folder: Path, shared_home: Path) -> None:
    """After SIGKILL of parent and server, committed rows are there and the open transaction is not."""
    with holder(folder, shared_home) as (process, pid, dsn):
        with psycopg.connect(dsn) as connection:
            connection.execute("create table kept (answer int)")
            connection.execute("insert into kept values (42)")
        with closing(psycopg.connect(dsn)) as connection:
            connection.execute("insert into kept values (43)")
            for member in (*family_of(pid), process.pid):
                with suppress(ProcessLookupError):  # the server's own processes follow its main process at once
                    os.kill(member, signal.SIGKILL)
    with embedded(folder, shared_home=shared_home) as database, psycopg.connect(database.dsn) as connection:
        assert connection.execute("select answer from kept").fetchall() == [(42,)]
    assert "was not properly shut down; automatic recovery in progress" in database.log.read_text()


def test_embedded_postgres_start_right_after_a_kill_waits_for_the_old_server(folder: Path, shared_home: Path) -> None:
    """While the old server is still ending, the next start waits for it instead of failing."""
    with holder(folder, shared_home) as (process, pid, _):
        process.kill()
        process.wait()
        with embedded(folder, shared_home=shared_home) as database:
            assert database.pid != pid
            assert all_gone([pid], within_s=0)


def test_embedded_postgres_stale_files_naming_a_living_process_do_not_stop_a_start(
    folder: Path, shared_home: Path
) -> None:
    """After a reboot another process may have the server's old number; the start goes on all the same."""
    with embedded(folder, shared_home=shared_home) as database, psycopg.connect(database.dsn) as connection:
        sockets = Path(connection.info.host)
    stale = f"{os.getppid()}\n{cluster_of(folder)}\n1700000000\n5432\n{sockets}\n\n  1234567         0\nready   \n"
    (cluster_of(folder) / "postmaster.pid").write_text(stale)
    (sockets / ".s.PGSQL.5432").touch()
    (sockets / ".s.PGSQL.5432.lock").write_text(stale)
    with embedded(folder, shared_home=shared_home) as database, psycopg.connect(database.dsn) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_embedded_postgres_half_made_cluster_is_made_anew(tmp_path: Path, shared_home: Path) -> None:
    """A first start that failed before the cluster was complete leaves nothing that a second one trips over."""
    with pytest.raises(OSError, match="No space left"):
        embedded(tmp_path, shared_home=shared_home, files=FullDisk()).start()
    draft = cluster_of(tmp_path).with_name("cluster.part")
    (draft / "PG_VERSION").unlink()
    (draft / "rubbish").write_text("left by a crash")
    with embedded(tmp_path, shared_home=shared_home) as database, psycopg.connect(database.dsn) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert not draft.exists()
    assert not (cluster_of(tmp_path) / "rubbish").exists()


def test_embedded_postgres_server_that_cannot_start_shows_the_log(folder: Path, shared_home: Path) -> None:
    """The error holds what PostgreSQL said, and the folder is free afterwards."""
    configuration = cluster_of(folder) / "postgresql.conf"
    good = configuration.read_text()
    configuration.write_text(good + "\nno_such_setting = 1\n")
    database = embedded(folder, shared_home=shared_home)
    with pytest.raises(StoreUnavailable, match='unrecognized configuration parameter "no_such_setting"'):
        database.start()
    configuration.write_text(good)
    with database:
        assert database.pid is not None
