"""Embedded databases for tests, and a program that holds one until it is told or killed."""

import os
import select
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from agentic_core.ports.files import Files
from agentic_core.ports.processes import (
    Account,
    Child,
    Finished,
    Identity,
    IdentityRefused,
    Launch,
    Processes,
    TimedOut,
)
from agentic_core.store.embedded import EmbeddedPostgres
from agentic_core.system import SystemClock, SystemEnvironment, SystemFiles, SystemProcesses

ROOT = Path(__file__).parents[2]


class GivenEnvironment:
    """An environment that holds what the test says."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        """Take the variables."""
        self._variables = dict(variables)

    def get(self, name: str) -> str | None:
        """Return one variable."""
        return self._variables.get(name)

    def mapping(self) -> Mapping[str, str]:
        """Return all of them."""
        return dict(self._variables)


class StrictProcesses:
    """Real processes on a system that forbids some identities."""

    def __init__(self, *forbidden: type[Identity], uid: int | None = None) -> None:
        """Take what is forbidden, and optionally the user we claim to be."""
        self._real = SystemProcesses()
        self._forbidden = forbidden
        self._uid = uid
        self.launched: list[Identity] = []
        """The identities that were granted, in order."""

    def own_pid(self) -> int:
        """Return the real process id."""
        return self._real.own_pid()

    def effective_uid(self) -> int:
        """Return the claimed user, or the real one."""
        return self._real.effective_uid() if self._uid is None else self._uid

    def account(self, key: str | int) -> Account | None:
        """Look a user up for real."""
        return self._real.account(key)

    def start(self, launch: Launch, *, output: Path) -> Child:
        """Start for real."""
        return self._real.start(launch, output=output)

    def run(self, launch: Launch, *, timeout_s: float) -> Finished | TimedOut | IdentityRefused:
        """Refuse what is forbidden and run the rest."""
        if isinstance(launch.identity, self._forbidden):
            return IdentityRefused(reason=f"{type(launch.identity).__name__} is forbidden")
        self.launched.append(launch.identity)
        return self._real.run(launch, timeout_s=timeout_s)

    def is_alive(self, pid: int) -> bool:
        """Look for real."""
        return self._real.is_alive(pid)

    def command_of(self, pid: int) -> tuple[str, ...]:
        """Look for real."""
        return self._real.command_of(pid)


def embedded(
    folder: Path,
    *,
    shared_home: Path,
    processes: Processes | None = None,
    files: Files | None = None,
    variables: Mapping[str, str] | None = None,
) -> EmbeddedPostgres:
    """Make an embedded database over the real ports, apart from those that are given."""
    return EmbeddedPostgres(
        folder,
        processes=processes or SystemProcesses(),
        files=files or SystemFiles(),
        clock=SystemClock(),
        environment=SystemEnvironment() if variables is None else GivenEnvironment(variables),
        shared_home=shared_home,
    )


@contextmanager
def holder(folder: Path, shared_home: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], int, str]]:
    """Run a process that starts the database of a folder; yields it, the server's process id and its address."""
    command = [sys.executable, "-m", "tests.support.embedded_postgres", str(folder), str(shared_home), *options]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        try:
            pid, dsn = process.stdout.readline().split()
            yield process, int(pid), dsn
        finally:
            process.kill()


def all_gone(pids: Iterable[int], *, within_s: float) -> bool:
    """Tell whether every process ends in time; the time counts for each of them."""
    descriptors = []
    for pid in pids:
        try:
            descriptors.append(os.pidfd_open(pid))
        except ProcessLookupError:
            continue
    try:
        return all(select.select([descriptor], [], [], within_s)[0] for descriptor in descriptors)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def family_of(pid: int) -> list[int]:
    """Return a process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def cluster_of(folder: Path) -> Path:
    """Return where the cluster of a folder is, wherever its user had to keep it."""
    link = folder / "home"
    return (link.resolve() if link.is_symlink() else folder) / "cluster"


def modes_above(path: Path) -> dict[str, tuple[int, int, int]]:
    """Return mode, user and group of every folder above a path."""
    found = {str(folder): folder.stat() for folder in path.parents}
    return {name: (status.st_mode, status.st_uid, status.st_gid) for name, status in found.items()}


def _hold(folder: Path, shared_home: Path, *options: str) -> None:
    database = embedded(folder, shared_home=shared_home)
    if "--from-a-thread" in options:
        thread = threading.Thread(target=database.start)
        thread.start()
        thread.join()
    database.start()
    sys.stdout.write(f"{database.pid} {database.dsn}\n")
    sys.stdout.flush()
    sys.stdin.read()
    database.stop()


__all__ = [
    "GivenEnvironment",
    "StrictProcesses",
    "all_gone",
    "cluster_of",
    "embedded",
    "family_of",
    "holder",
    "modes_above",
]

if __name__ == "__main__":
    _hold(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
