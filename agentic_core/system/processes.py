"""Real child processes, tied to the life of this one."""

import os
import pwd
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import IO, assert_never

from agentic_core.errors import ConfigError
from agentic_core.ports.processes import (
    IDENTITY_REFUSED,
    Account,
    Finished,
    Identity,
    IdentityRefused,
    Launch,
    MappedUser,
    OtherUser,
    SameUser,
    Signal,
    TimedOut,
)

__all__ = ["SystemChild", "SystemProcesses"]

_LAUNCHER = Path(__file__).with_name("launcher.py")

_Popen = subprocess.Popen[bytes]
_Request = tuple[Future[_Popen], Callable[[], _Popen]]

_starters: dict[int, SimpleQueue[_Request]] = {}
# By process id: a fork inherits this table but not the thread that serves the queue.
_starters_guard = threading.Lock()


class SystemChild:
    """A process started by `SystemProcesses`."""

    def __init__(self, process: _Popen) -> None:
        """Wrap a process that runs already."""
        self._process = process

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Return its exit code, or None when it still runs after the timeout."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def signal(self, number: Signal) -> None:
        """Send it a signal."""
        self._process.send_signal(number)


class SystemProcesses:
    """Starts children through `launcher.py`, so that the kernel ends them when this process ends.

    The kernel watches the thread that forked, not the process. All children are therefore started by one thread that
    lasts as long as the process, whichever thread asks.
    """

    def own_pid(self) -> int:
        """Return the id of this process."""
        return os.getpid()

    def effective_uid(self) -> int:
        """Return the number of the user we act as."""
        return os.geteuid()

    def account(self, key: str | int) -> Account | None:
        """Look a user up in the system's user database."""
        try:
            found = pwd.getpwnam(key) if isinstance(key, str) else pwd.getpwuid(key)
        except KeyError:
            return None
        return Account(name=found.pw_name, uid=found.pw_uid, gid=found.pw_gid)

    def start(self, launch: Launch, *, output: Path) -> SystemChild:
        """Start a child whose output is appended to a file that only we may read."""
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            return SystemChild(_start(launch, file))

    def run(self, launch: Launch, *, timeout_s: float) -> Finished | TimedOut | IdentityRefused:
        """Run a child to its end, and kill its session when that takes too long."""
        process = _start(launch, subprocess.PIPE)
        try:
            output, _ = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            _kill_session(process)
            output, _ = process.communicate()
            return TimedOut(output=output.decode(errors="replace"))
        except BaseException:
            _kill_session(process)
            process.communicate()
            raise
        text = output.decode(errors="replace")
        if process.returncode == IDENTITY_REFUSED:
            return IdentityRefused(reason=text.strip())
        return Finished(exit_code=process.returncode, output=text)

    def is_alive(self, pid: int) -> bool:
        """Tell whether a process runs."""
        try:
            os.kill(pid, 0)
            status = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        except ProcessLookupError:
            return False
        except (PermissionError, FileNotFoundError):  # another user's, which some systems hide
            return True
        # The name before the state stands in parentheses and may itself hold spaces and parentheses.
        return status.rpartition(")")[2].split()[0] not in {"Z", "X"}

    def command_of(self, pid: int) -> tuple[str, ...]:
        """Return the command line of a process."""
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return ()
        return tuple(os.fsdecode(part) for part in line.removesuffix(b"\0").split(b"\0") if part)


def _start(launch: Launch, output: IO[bytes] | int) -> _Popen:
    if not sys.executable:
        raise ConfigError(
            "the path of the Python interpreter is unknown, so no child can be started; run an installed Python"
        )
    arguments = [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()), str(int(launch.death_signal))]
    arguments += [*_identity_arguments(launch.identity), *launch.command]

    def start() -> _Popen:
        return subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=launch.folder,
            env=dict(launch.environment),
            pass_fds=launch.keep_open,
            start_new_session=True,  # an interrupt typed at the terminal is ours to handle, not the child's
        )

    started: Future[_Popen] = Future()
    _starter().put((started, start))
    try:
        return started.result()
    except BaseException:
        started.add_done_callback(_abandon)
        raise


def _identity_arguments(identity: Identity) -> tuple[str, str, str]:
    match identity:
        case SameUser():
            return "same", "0", "0"
        case MappedUser(uid=uid, gid=gid):
            return "mapped", str(uid), str(gid)
        case OtherUser(uid=uid, gid=gid):
            return "other", str(uid), str(gid)
        case _:
            assert_never(identity)


def _starter() -> SimpleQueue[_Request]:
    with _starters_guard:
        queue = _starters.get(os.getpid())
        if queue is None:
            queue = _starters[os.getpid()] = SimpleQueue()
            # A daemon: it has to live until the process is gone, past the joining of ordinary threads.
            threading.Thread(target=_serve, args=(queue,), name="process-starter", daemon=True).start()
        return queue


def _serve(queue: SimpleQueue[_Request]) -> None:
    while True:
        started, start = queue.get()
        try:
            started.set_result(start())
        except BaseException as exc:  # noqa: BLE001 - handed to the thread that asked, which raises it
            started.set_exception(exc)


def _abandon(started: Future[_Popen]) -> None:
    # The wait was interrupted while the child came up; nobody else knows of it.
    if started.exception() is None:
        _kill_session(started.result())
        started.result().wait()


def _kill_session(process: _Popen) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
