"""Decisions made durable in a second: many callers who share commits, beside one by one.

    python -m tests.bench.decision_log --callers 128

Ours is `DecisionStore.record` of one store, called by that many tasks at once, each for a deployment and under a lease
of its own; and, for information, all of them for one deployment as its runner's own login. The other side sends the
statement that a lone call of ours sends, prepared, on one connection, and each commits by itself. Both run with every
trigger of the tables, on a server that flushes each commit to the disk; nothing is counted before its commit was
answered, and afterwards all that was counted is there.

Exit code 0: the bar is met, 1: it is not.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from decimal import Decimal
from itertools import count, cycle, islice
from pathlib import Path

import anyio
import msgspec
from psycopg import AsyncConnection
from psycopg.types.numeric import Int8Dumper
from rich.console import Console
from rich.table import Table

from agentic_core.domain import Decision, DeploymentId, Fence, SkillId
from agentic_core.ports.repositories import DecisionStore
from agentic_core.store.postgres import PostgresStore, open_store
from agentic_core.store.postgres.codec import encode
from agentic_core.store.postgres.decisions import PostgresDecisions
from agentic_core.store.postgres.fencing import decision_values
from agentic_core.store.postgres.statements import statement
from tests.bench.latency import Latency, show_latencies
from tests.bench.paired import Pair, Timing, judged, machine
from tests.bench.scratch_database import runner_login, scratch_database
from tests.support.by_hand import execute
from tests.support.store_under_test import HOLDER, PAYLOAD
from tests.support.stored_values import HELD, USER, decision, deployment, hash_of

BAR = 4.0
OURS, THEIRS = "all callers", "one by one"
NARROW, UNGROUPED = "all callers, one deployment's login", "all callers, no commit shared"
LEASE_MS = 3_600_000
TEXT = "The short average stays below the long one, the spread is usual, and nothing is held: wait. " * 4


class Desk(msgspec.Struct, frozen=True):
    """A deployment and the lease of its account."""

    run: DeploymentId
    fence: Fence
    skill: SkillId

    def decision(self, minute: int) -> Decision:
        """Return what one of its ticks decided."""
        return decision(self.skill, minute=minute, run=self.run, cost=Decimal("0.0042"), opens=True, text=TEXT)


async def furnish(store: PostgresStore, number: int) -> list[Desk]:
    """Deploy so many skills on paper, and take the lease of each."""
    desks = []
    for index in range(number):
        saved = await store.skills.save(
            USER, name="Crossing", slug=f"crossing-{index}", payload=PAYLOAD, payload_hash=hash_of(PAYLOAD)
        )
        made = deployment(saved.skill_id, name=f"deployment {index}")
        await store.deployments.create(made)
        lease = await store.leases.acquire(made.account_key, HOLDER, LEASE_MS)
        assert lease is not None, "nobody else has it"
        desks.append(Desk(made.id, Fence(account=lease.account, epoch=lease.epoch), saved.skill_id))
    return desks


class Callers:
    """Tasks that record decisions through one store, all at once."""

    def __init__(self, decisions: DecisionStore, desks: Sequence[Desk], minutes: "count[int]") -> None:
        self._decisions = decisions
        self._desks = desks
        self._minutes = minutes
        self.waits: list[float] = []

    async def record(self, each: int) -> float:
        """Let everybody record so many, one after the other, and return the microseconds that one took of all."""
        self.waits = []
        began = time.perf_counter()
        async with anyio.create_task_group() as group:
            for desk in self._desks:
                group.start_soon(self._call, desk, [next(self._minutes) for _ in range(each)])
        return (time.perf_counter() - began) * 1e6 / (each * len(self._desks))

    async def _call(self, desk: Desk, minutes: Sequence[int]) -> None:
        for minute in minutes:
            began = time.perf_counter()
            await self._decisions.record(desk.fence, desk.decision(minute), HELD)
            self.waits.append((time.perf_counter() - began) * 1e6)


class OneByOne:
    """One connection on which each decision commits by itself."""

    def __init__(
        self, connection: AsyncConnection[tuple[object, ...]], desks: Sequence[Desk], minutes: "count[int]"
    ) -> None:
        self._connection = connection
        self._desks = desks
        self._minutes = minutes
        self.waits: list[float] = []

    async def record(self, times: int) -> float:
        """Record so many, a deployment after the other, and return the microseconds that one took."""
        self.waits = []
        for desk in islice(cycle(self._desks), times):
            began = time.perf_counter()
            fence = {"account": desk.fence.account, "epoch": desk.fence.epoch}
            values = {**decision_values(desk.decision(next(self._minutes))), "result": encode(HELD), **fence}
            answer = await self._connection.execute(statement("record_decision"), values)
            assert await answer.fetchone() == (True,), "the lease is live"
            self.waits.append((time.perf_counter() - began) * 1e6)
        return sum(self.waits) / times


class Subject(msgspec.Struct, frozen=True):
    """Somebody who records decisions, and how many in a round."""

    recorder: Callers | OneByOne
    times: int
    decisions: int


async def in_turn(subjects: Mapping[str, Subject], rounds: int) -> tuple[dict[str, Timing], dict[str, Latency]]:
    """Return what one decision took of the time of all, and how long a caller waited for one."""
    took: dict[str, list[float]] = {name: [] for name in subjects}
    waits: dict[str, list[tuple[float, ...]]] = {name: [] for name in subjects}
    for number in range(rounds + 1):
        for name in list(subjects)[:: 1 if number % 2 == 0 else -1]:
            subject = subjects[name]
            per_decision = await subject.recorder.record(subject.times)
            if number:  # the first one warms up
                took[name].append(per_decision)
                waits[name].append(tuple(subject.recorder.waits))
    timings = {
        name: Timing(least=min(each), median=statistics.median(each), rounds=tuple(each)) for name, each in took.items()
    }
    return timings, {name: Latency(tuple(each)) for name, each in waits.items()}


async def compare(dsn: str, callers: int, rounds: int, console: Console) -> bool:
    """Let both sides record in turn, and tell whether the bar is met."""
    minutes = count()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(dsn))
        connection = await stack.enter_async_context(
            await AsyncConnection.connect(dsn, autocommit=True, prepare_threshold=0)
        )
        connection.adapters.register_dumper(int, Int8Dumper)
        await connection.execute(b"set plan_cache_mode = force_generic_plan")  # as every connection of the store does
        for name in (b"fsync", b"synchronous_commit"):
            answer = await connection.execute(b"show " + name)
            assert await answer.fetchone() == ("on",), "every commit is flushed before it is answered"
        desks = await furnish(store, callers)
        alone = PostgresDecisions(store.database)
        runner = await stack.enter_async_context(open_store(runner_login(dsn, desks[0].run)))
        subjects = {
            OURS: Subject(Callers(store.decisions, desks, minutes), 10, 10 * callers),
            THEIRS: Subject(OneByOne(connection, desks, minutes), 256, 256),
            NARROW: Subject(Callers(runner.decisions, desks[:1] * callers, minutes), 10, 10 * callers),
            "an eighth of the callers": Subject(
                Callers(store.decisions, desks[::8], minutes), 20, 20 * len(desks[::8])
            ),
            "one caller": Subject(Callers(store.decisions, desks[:1], minutes), 128, 128),
            UNGROUPED: Subject(Callers(alone, desks, minutes), 2, 2 * callers),
        }
        timings, waits = await in_turn(subjects, rounds)
    (recorded,) = execute(dsn, "select count(*) from decision_snapshots")
    expected = (rounds + 1) * sum(subject.decisions for subject in subjects.values())
    assert recorded == (expected,), f"{recorded} of {expected} are there"
    show_rates(timings, console)
    show_latencies("what a caller waits for", waits, console)
    pairs = (
        Pair("all callers, beside one by one", OURS, THEIRS, BAR),
        Pair("one deployment's login, beside one by one", NARROW, THEIRS),
        Pair("an eighth of the callers, beside one by one", "an eighth of the callers", THEIRS),
        Pair("one caller, beside one by one", "one caller", THEIRS),
        Pair("all callers, beside the same without shared commits", OURS, UNGROUPED),
    )
    return judged(pairs, timings, console)


def show_rates(timings: Mapping[str, Timing], console: Console) -> None:
    """Print how many decisions a second each one made durable."""
    table = Table(title="durable decisions in a second: median of the rounds")
    for heading in ("who", "decisions/s", "rounds from", "to"):
        table.add_column(heading, justify="left" if heading == "who" else "right")
    for name, timing in timings.items():
        row = (timing.median, max(timing.rounds), min(timing.rounds))
        table.add_row(name, *(f"{1e6 / one:,.0f}" for one in row))
    console.print(table)


def main() -> int:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--callers", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--folder", type=Path, help="where to make the server's folder")
    options = parser.parse_args()
    console = Console(width=120)
    console.print(machine())
    with scratch_database(options.folder) as dsn:
        return 0 if anyio.run(compare, dsn, options.callers, options.rounds, console) else 1


if __name__ == "__main__":
    sys.exit(main())
