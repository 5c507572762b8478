"""Starting and stopping the embedded PostgreSQL."""

from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from agentic_core.errors import ConfigError, StoreUnavailable, UsageError
from agentic_core.ports.clock import Clock
from agentic_core.ports.environment import Environment
from agentic_core.ports.files import FileLock, Files
from agentic_core.ports.processes import IDENTITY_REFUSED, Child, Launch, Processes, Signal
from agentic_core.store.embedded.cluster import prepare
from agentic_core.store.embedded.options import DATABASE, PORT, SUPERUSER, child_environment, postgres
from agentic_core.store.embedded.place import SHARED_HOME, SOCKET_NAME, Place, open_sockets
from agentic_core.store.embedded.postmaster_file import POSTMASTER_FILE, parse_postmaster
from agentic_core.store.embedded.system_ports import SystemPorts

__all__ = ["EmbeddedPostgres", "open_embedded", "running_embedded"]

_POLL_S = 0.001
_START_TIMEOUT_MS = 300_000
"""Generous, because recovery after a crash replays everything since the last checkpoint."""

_LAST_USER_GONE_MS = 30_000
"""How long a server may take to end after its parent was killed, before we call the folder taken."""

_LOCK_SLICE_S = 0.1

_STOP_STEPS = ((Signal.INTERRUPT, 60.0), (Signal.QUIT, 6.0), (Signal.KILL, 5.0))
"""Clean with a checkpoint; at once, to be recovered at the next start; and what no process survives."""

_LOG_BYTES_MAX = 4 * 1024 * 1024
_LOG_SHOWN_BYTES = 2_000


class EmbeddedPostgres:
    """One PostgreSQL 18 in one folder, for as long as this process lives.

    The folder holds the cluster, the log and the lock. The lock is held by the server's processes together with us,
    so whoever gets it knows that none of them is left, even after everything was killed. Not for use by several
    threads at once; `start` and `stop` block and belong into a worker thread of an event loop.
    """

    def __init__(
        self,
        folder: Path,
        *,
        processes: Processes,
        files: Files,
        clock: Clock,
        environment: Environment,
        shared_home: Path = SHARED_HOME,
    ) -> None:
        """Take the folder, made on the first start, and the ports; nothing happens yet.

        `shared_home` is where root keeps a cluster whose unprivileged user may not enter the folder.
        """
        self._folder = folder.expanduser().resolve()
        self._system = SystemPorts(processes=processes, files=files, clock=clock, environment=environment)
        self._lock: FileLock | None = None
        self._child: Child | None = None
        self._dsn: str | None = None
        self._shared_home = shared_home

    @property
    def dsn(self) -> str:
        """The connection string of the running server, for its superuser.

        Raises:
            UsageError: the server was not started.
        """
        if self._dsn is None:
            raise UsageError(f"the database in {self._folder} is not running; call start() first")
        return self._dsn

    @property
    def pid(self) -> int | None:
        """The process id of the server, or None when it was not started."""
        return self._child.pid if self._child is not None else None

    @property
    def log(self) -> Path:
        """The server's log, which begins anew after some megabytes, at a start."""
        return self._folder / "postgres.log"

    def start(self) -> str:
        """Start the server, in a new cluster if there is none, and return its connection string.

        A second call returns the same string.

        Raises:
            ConfigError: the folder or the system cannot be used; the message says what to do.
            StoreUnavailable: another process uses the folder, or the server did not come up.
        """
        if self._dsn is not None:
            return self._dsn
        self._system.files.make_folder(self._folder)
        self._lock = self._acquire()
        try:
            place = prepare(self._system, self._folder, self._shared_home, lock=self._lock.descriptor)
            sockets = open_sockets(self._system, place)
            self._sweep(place, sockets)
            self._child = self._launch(place, sockets, self._lock)
            self._await_ready(place, self._child)
        except BaseException:
            self.stop()
            raise
        self._dsn = _dsn(str(sockets))
        return self._dsn

    def stop(self) -> None:
        """Stop the server after a checkpoint and free the folder; nothing happens when it does not run."""
        self._dsn = None
        child, self._child = self._child, None
        if child is not None:
            for number, patience_s in _STOP_STEPS:
                child.signal(number)
                if child.wait(patience_s) is not None:
                    break
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _acquire(self) -> FileLock:
        files, processes = self._system.files, self._system.processes
        path, holder = self._folder / "lock", str(processes.own_pid())
        deadline = self._system.clock.boottime_ms() + _LAST_USER_GONE_MS
        lock, other = files.lock(path, holder=holder), ""
        while lock is None and self._system.clock.boottime_ms() < deadline:
            other = (files.read_bytes(path) or b"").decode(errors="replace").strip()
            if other.isdigit() and processes.is_alive(int(other)):
                break
            # The process that started the server is gone, and the server is about to follow it.
            lock = files.lock(path, holder=holder, wait_s=_LOCK_SLICE_S)
        if lock is not None:
            return lock
        raise StoreUnavailable(
            f"the database in {self._folder} is in use by process {other or 'unknown'}: "
            "stop that process, or name another folder"
        )

    def _sweep(self, place: Place, sockets: Path) -> None:
        # A crash leaves these files, and PostgreSQL refuses to start when their process id happens to be in use again.
        # Holding the lock we know that no server of ours is alive, which leaves one that was started by hand.
        files, processes = self._system.files, self._system.processes
        left = parse_postmaster(files.read_bytes(place.cluster / POSTMASTER_FILE))
        if left is not None and str(place.cluster) in processes.command_of(left.pid):
            raise StoreUnavailable(
                f"the database in {place.cluster} is in use by process {left.pid}, which was not started by this "
                f"library: stop it with `kill -INT {left.pid}`"
            )
        for path in (place.cluster / POSTMASTER_FILE, sockets / SOCKET_NAME, sockets / f"{SOCKET_NAME}.lock"):
            files.remove_tree(path)

    def _launch(self, place: Place, sockets: Path, lock: FileLock) -> Child:
        files = self._system.files
        status = files.status(self.log)
        if status is not None and status.size > _LOG_BYTES_MAX:
            files.rename(self.log, self.log.with_name("postgres.log.1"))
        launch = Launch(
            command=(place.binaries.program("postgres"), *postgres(place.cluster, sockets)),
            environment=child_environment(self._system.environment),
            folder=place.home,
            identity=place.identity,
            death_signal=Signal.INTERRUPT,
            keep_open=(lock.descriptor,),
        )
        return self._system.processes.start(launch, output=self.log)

    def _await_ready(self, place: Place, child: Child) -> None:
        files, clock = self._system.files, self._system.clock
        deadline = clock.boottime_ms() + _START_TIMEOUT_MS
        while clock.boottime_ms() < deadline:
            exit_code = child.wait(_POLL_S)
            if exit_code == IDENTITY_REFUSED:
                raise ConfigError(
                    f"the database in {place.cluster} was made where root may use user namespaces or other users, and "
                    f"here it may not ({self._log_end()}): permit that, or give the folder to an ordinary user "
                    "with `chown -R` and run as that user"
                )
            if exit_code is not None:
                raise StoreUnavailable(f"postgres ended with exit code {exit_code}; {self.log} ends: {self._log_end()}")
            postmaster = parse_postmaster(files.read_bytes(place.cluster / POSTMASTER_FILE))
            if postmaster is not None and postmaster.pid == child.pid and postmaster.is_ready:
                return
        raise StoreUnavailable(
            f"postgres was not ready after {_START_TIMEOUT_MS // 1000} s; {self.log} ends: {self._log_end()}"
        )

    def _log_end(self) -> str:
        return (self._system.files.read_bytes(self.log) or b"")[-_LOG_SHOWN_BYTES:].decode(errors="replace").strip()


def open_embedded(
    folder: Path, *, processes: Processes, files: Files, clock: Clock, environment: Environment
) -> EmbeddedPostgres:
    """Start the PostgreSQL of a folder; use the result as a context manager or call its `stop`."""
    database = EmbeddedPostgres(folder, processes=processes, files=files, clock=clock, environment=environment)
    database.start()
    return database


def running_embedded(folder: Path, *, processes: Processes, files: Files) -> str | None:
    """Return the connection string of a server that another process runs in a folder; None where none is ready.

    It ends with that process, whoever else is connected.
    """
    resolved = folder.expanduser().resolve()
    home = (resolved / "home").resolve() if files.status(resolved / "home") is not None else resolved
    cluster = home / "cluster"
    found = parse_postmaster(files.read_bytes(cluster / POSTMASTER_FILE))
    if found is None or not found.is_ready or str(cluster) not in processes.command_of(found.pid):
        return None
    return _dsn(found.sockets)


def _dsn(sockets: str) -> str:
    return f"postgresql://{SUPERUSER}@/{DATABASE}?host={quote(sockets)}&port={PORT}"
