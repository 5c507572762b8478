"""How soon a runner obeys: from the insert of a command until its runner has read it, and until it is acknowledged.

    python -m tests.bench.runner_latency --calls 300 --write

The shipped runner trades an account on the simulated venue; runner, venue and database server are processes of this
machine. Commands come one at a time, at uneven distances. When one was acknowledged is when the server committed that;
of a flatten, when whoever asks the server every millisecond has seen it. A lost notification is a command that is
inserted without one.

Exit code 0: the bars are met, 1: one is not.
"""

import argparse
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import msgspec
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from rich.console import Console

from agentic_core.domain import CommandKind, DeploymentId, Instant
from agentic_core.domain.records import Command
from agentic_core.store.postgres import PostgresStore
from agentic_core.system import install_decimal_traps
from tests.bench.latency import Bar, Latency, show_latencies
from tests.bench.paired import machine
from tests.bench.runner_figures import latency_rows, write_figures
from tests.bench.runner_place import READY, runner_place
from tests.bench.runner_watched import PickedUp
from tests.bench.scratch_database import scratch_database

BARS = {
    "inserted to pickup": Bar(p99_ms=5.0),
    "insert to acknowledged": Bar(p99_ms=250.0),
    "insert to acknowledged, of a flatten": Bar(p99_ms=250.0),
    "insert to acknowledged, notification lost": Bar(p99_ms=1_000.0),
}

_KINDS = (CommandKind.PAUSE, CommandKind.RESUME, CommandKind.SNAPSHOT)
_PAUSES_S = (0.15, 1.35, 0.12, 0.27, 1.1)
"""Commands that come within 100 ms of each other are one hint."""
_LOOK_S = 0.005
_LOOK_CLOSELY_S = 0.001
_PATIENCE_S = 30
_SETTLED_S = 5
_SETTINGS = ("track_commit_timestamp = on",)

_SILENTLY = """
with counted as (
    update deployments set commands_issued = commands_issued + 1 where id = %s returning id, commands_issued
)
insert into agent_commands (id, deployment_id, seq, kind, payload, issued_at, state)
select gen_random_uuid(), id, commands_issued, %s, '{}'::jsonb, clock_timestamp(), 'queued' from counted
returning seq
"""
_IS_ACKED = "select acked_at is not null from agent_commands where deployment_id = %s and seq = %s"
_COMMITTED = """
select (extract(epoch from pg_xact_commit_timestamp(xmin)) * 1e6)::bigint
from agent_commands where deployment_id = %s and seq = %s and finished_at is not null
"""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A command, and the wall clock when it was about to be inserted, when it was, and when it was acknowledged."""

    seq: int
    at_us: int
    inserted_us: int
    acked_us: int


class Giver:
    """Gives commands to one runner, one at a time."""

    def __init__(self, store: PostgresStore, owner: AsyncConnection[TupleRow], deployment: DeploymentId) -> None:
        self._store = store
        self._owner = owner
        self._deployment = deployment

    async def give(self, kind: CommandKind) -> Given:
        """Insert a command as the store does, and wait for its outcome."""
        at_us = _now_us()
        seq = (await self._queue(kind, at_us)).seq
        inserted_us = _now_us()
        acked_us = await self._until(_COMMITTED, seq, _LOOK_S)
        return Given(seq=seq, at_us=at_us, inserted_us=inserted_us, acked_us=acked_us)

    async def give_silently(self, kind: CommandKind) -> Given:
        """Insert a command of which nobody is told, and wait for its outcome."""
        at_us = _now_us()
        answer = await self._owner.execute(_SILENTLY.encode(), [self._deployment, kind])
        (seq,) = msgspec.convert(await answer.fetchone(), tuple[int])
        inserted_us = _now_us()
        acked_us = await self._until(_COMMITTED, seq, _LOOK_S)
        return Given(seq=seq, at_us=at_us, inserted_us=inserted_us, acked_us=acked_us)

    async def flatten(self, _: CommandKind) -> Given:
        """Flatten a flat account and resume; what is acknowledged at once is that the flatten was taken up."""
        at_us = _now_us()
        seq = (await self._queue(CommandKind.FLATTEN, at_us)).seq
        inserted_us = _now_us()
        await self._until(_IS_ACKED, seq, _LOOK_CLOSELY_S)
        given = Given(seq=seq, at_us=at_us, inserted_us=inserted_us, acked_us=_now_us())
        await self._until(_COMMITTED, seq, _LOOK_S)
        await self.give(CommandKind.RESUME)
        return given

    async def _queue(self, kind: CommandKind, at_us: int) -> Command:
        return await self._store.commands.queue(self._deployment, kind, payload={}, at=Instant(at_us // 1_000))

    async def _until(self, question: str, seq: int, every_s: float) -> int:
        with anyio.fail_after(_PATIENCE_S):
            while True:
                answer = await self._owner.execute(question.encode(), [self._deployment, seq])
                row = await answer.fetchone()
                if row is not None and row[0]:
                    return int(row[0])
                await anyio.sleep(every_s)


async def measure(dsn: str, folder: Path, options: argparse.Namespace) -> dict[str, Latency]:
    """Let a runner obey, and return how long it took."""
    picked = folder / "picked.jsonl"
    async with runner_place(dsn, folder, symbols=options.symbols) as place:
        seeded = await place.seed()
        runner = await place.start(seeded, ("tests.bench.runner_watched", str(picked)))
        await runner.says("runner_started", READY)
        await anyio.sleep(_SETTLED_S)
        async with await AsyncConnection.connect(dsn, autocommit=True) as owner:
            giver = Giver(place.store, owner, seeded.id)
            await _many(giver.give, len(_KINDS))  # the first ones warm everything up
            told = await _many(giver.give, options.calls)
            flattened = await _many(giver.flatten, max(1, options.calls // 10))
            silent = await _many(giver.give_silently, max(1, options.calls // 6))
        runner.terminate()
        await runner.gone()
    read = _first_read(picked)
    return {
        "the insert itself": _latency(each.inserted_us - each.at_us for each in told),
        "inserted to pickup": _latency(max(0, read[each.seq] - each.inserted_us) for each in told),
        "insert to acknowledged": _latency(each.acked_us - each.at_us for each in told),
        "insert to acknowledged, of a flatten": _latency(each.acked_us - each.at_us for each in flattened),
        "insert to acknowledged, notification lost": _latency(each.acked_us - each.at_us for each in silent),
    }


async def _many(give: Callable[[CommandKind], Awaitable[Given]], calls: int) -> list[Given]:
    found = []
    for number in range(calls):
        found.append(await give(_KINDS[number % len(_KINDS)]))
        await anyio.sleep(_PAUSES_S[number % len(_PAUSES_S)])
    return found


def _first_read(file: Path) -> dict[int, int]:
    found: dict[int, int] = {}
    for line in file.read_bytes().splitlines():
        read = msgspec.json.decode(line, type=PickedUp)
        found.setdefault(read.seq, read.at_us)
    return found


def _latency(found_us: Iterable[int]) -> Latency:
    return Latency((tuple(map(float, found_us)),))


def _now_us() -> int:
    return time.time_ns() // 1_000


def main() -> int:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--symbols", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="into docs/reference/runner-figures.md")
    options = parser.parse_args()
    install_decimal_traps()
    console = Console(width=120)
    console.print(machine())
    with TemporaryDirectory(prefix="agentic-bench-") as folder, scratch_database(settings=_SETTINGS) as dsn:
        found = anyio.run(measure, dsn, Path(folder), options)
    is_met = show_latencies("how soon a runner obeys", found, console, BARS)
    if options.write:
        write_figures("commands", latency_rows(found, BARS))
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
