"""The stage itself: the venue's process, runners on machines of their own, and what the audience sees of both."""

import json
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import httpx
import msgspec
from anyio.abc import Process, TaskGroup
from anyio.streams.text import TextReceiveStream

from agentic_core.domain.times import MINUTE_MS
from agentic_core.errors import StoreUnavailable
from agentic_core.runtime.timings import TIMINGS, Timings
from agentic_core.store.postgres import PostgresStore, open_store
from agentic_core.system import SystemClock
from agentic_hl.venue.fault_values import Fault
from tests.drills.books import BooksOfVenue, read_books
from tests.drills.doors import Asked, door, read_requests
from tests.drills.pace import Pace, ScaledClock
from tests.drills.runner import RunnerSetup
from tests.drills.seeding import DEPOSIT_USD, Seeded
from tests.drills.venue import VenueSetup
from tests.support.embedded_postgres import ROOT

__all__ = ["LogLineSeen", "Runner", "Stage", "on_stage"]

LogLineSeen = dict[str, Any]
"""One JSON line that a runner printed."""

_LOOK_S = 0.02
_PATIENCE_S = 60.0
_PATIENCE_MS = 150_000
_BOOKS = "books.jsonl"
_REQUESTS = "requests.jsonl"


class Runner:
    """One process that runs the deployment, and the lines it has printed so far."""

    def __init__(self, name: str, process: Process) -> None:
        self.name = name
        self.process = process
        self.lines: list[LogLineSeen] = []
        self.errors: list[str] = []
        """Lines of its error stream, and those of its output that are no JSON."""
        self._clock = SystemClock()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def exit_code(self) -> int | None:
        """What it ended with; None while it lives."""
        return self.process.returncode

    def kill(self) -> None:
        """Kill it, which it can do nothing about."""
        self.process.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Tell it to hand over."""
        self.process.send_signal(signal.SIGTERM)

    def freeze(self) -> None:
        """Let it do nothing at all from now on, wherever it is."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on, as if no time had passed."""
        self.process.send_signal(signal.SIGCONT)

    async def gone(self, within_s: float = _PATIENCE_S) -> int:
        """Wait until it has ended, and return its exit code."""
        with anyio.fail_after(within_s):
            return await self.process.wait()

    def said(self, event: str, words: str = "") -> list[LogLineSeen]:
        """Return the lines of an event whose message has these words."""
        return [line for line in self.lines if line["event"] == event and words in line["message"]]

    async def says(self, event: str, words: str = "", *, times: int = 1, within_s: float = _PATIENCE_S) -> LogLineSeen:
        """Wait until it has printed so many lines of an event, and return the last of them."""
        await self.until(lambda: len(self.said(event, words)) >= times, f"{times} × {event} {words!r}", within_s)
        return self.said(event, words)[times - 1]

    async def until(self, is_so: Callable[[], bool], what: str, within_s: float = _PATIENCE_S) -> None:
        """Wait until something is so.

        Raises:
            AssertionError: it was not within the time, or the process has ended; its last lines are told.
        """
        with anyio.move_on_after(within_s):
            while not is_so():
                assert self.exit_code is None or is_so(), f"{self.name} ended ({self.exit_code}) before {what}: {self}"
                await self._clock.sleep(_LOOK_S)
            return
        message = f"{self.name} did not come to {what} within {within_s} s: {self}"
        raise AssertionError(message)

    async def read(self) -> None:
        """Take what it prints until it ends."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._read, self.process.stdout, self._take)
            tasks.start_soon(self._read, self.process.stderr, self.errors.append)

    def __str__(self) -> str:
        tail = [f"{line['event']}: {line['message']}" for line in self.lines[-8:]]
        return "\n  ".join(["", *tail, *self.errors[-20:]])

    def _take(self, line: str) -> None:
        try:
            self.lines.append(json.loads(line))
        except ValueError:
            self.errors.append(line)

    @staticmethod
    async def _read(stream: anyio.abc.ByteReceiveStream | None, take: Callable[[str], None]) -> None:
        assert stream is not None
        left = ""
        async for text in TextReceiveStream(stream, errors="replace"):
            *lines, left = (left + text).split("\n")
            for line in filter(None, lines):
                take(line)
        if left:
            take(left)


class Stage:
    """One venue, one database, one folder in which each machine has a disk of its own."""

    timings = TIMINGS
    """Of whoever is started from now on, in the drill's milliseconds."""

    def __init__(self, store: PostgresStore, folder: Path, pace: Pace, port: int, tasks: TaskGroup) -> None:
        self.store = store
        """The database as its owner."""
        self.clock = ScaledClock(pace)
        self.venue_url = f"http://127.0.0.1:{port}"
        self.patience_s = max(_PATIENCE_S, pace.real_s(_PATIENCE_MS))
        """How many seconds of life something may take that surely comes."""
        self._folder = folder
        self._pace = pace
        self._tasks = tasks
        self._runners: list[Runner] = []

    def books(self) -> BooksOfVenue:
        """Return what the venue did so far."""
        return read_books(self._folder / _BOOKS)

    def requests(self) -> tuple[Asked, ...]:
        """Return every action that reached the venue so far, with the name of the runner that sent it."""
        return read_requests(self._folder / _REQUESTS)

    async def start(
        self,
        seeded: Seeded,
        machine: str = "a",
        *,
        timings: Timings | None = None,
        is_restless: bool = True,
        settings: dict[str, str] | None = None,
    ) -> Runner:
        """Start a process that runs the deployment.

        Args:
            seeded: the deployment.
            machine: whose disk it has; processes of the same machine share the copy of the journal.
            timings: in the drill's milliseconds; the stage's own unless given.
            is_restless: whether it orders something at every mark.
            settings: more of its environment.
        """
        name = f"{machine}{len(self._runners)}"
        setup = RunnerSetup(pace=self._pace, timings=timings or self.timings, is_restless=is_restless)
        environment = {
            "PATH": os.defpath,
            "AGENTIC_HOME": str(self._folder / machine),
            "HYPERLIQUID_URL": door(self.venue_url, name),
            **seeded.settings,
            **(settings or {}),
        }
        command = [sys.executable, "-m", "tests.drills.runner", msgspec.json.encode(setup).decode()]
        process = await anyio.open_process(command, cwd=ROOT, stdin=None, env=environment)
        runner = Runner(name, process)
        self._runners.append(runner)
        self._tasks.start_soon(runner.read)
        return runner

    async def inject(self, fault: Fault) -> None:
        """Let something go wrong at the venue."""
        async with httpx.AsyncClient() as http:
            answer = await http.post(f"{self.venue_url}/simulation/faults", content=msgspec.json.encode(fault))
        assert answer.is_success, answer.text

    async def overview(self) -> dict[str, Any]:
        """Return what the venue shows to whoever runs it."""
        async with httpx.AsyncClient() as http:
            answer = await http.get(f"{self.venue_url}/simulation")
        shown: dict[str, Any] = answer.json()
        return shown

    async def until_after_mark(self, ms: int, *, marks: int = 1) -> None:
        """Let time pass until so many milliseconds after a mark, the next one or a later one."""
        now = self.clock.now()
        await self.pause(max(0, marks * MINUTE_MS - now % MINUTE_MS + ms))

    async def order_of(self, runner: Runner, *, past: int = 0) -> None:
        """Wait until an order of a runner has reached the venue after a moment."""

        def is_there() -> bool:
            newest = self.requests()[-1:]
            return any(each.time > past and each.door == runner.name and each.kind == "order" for each in newest)

        await runner.until(is_there, "an order at the venue", self.patience_s)

    async def pause(self, ms: int) -> None:
        """Let so many milliseconds of the drill pass."""
        await self.clock.sleep(ms / 1_000)

    async def store_is_back(self) -> None:
        """Wait until our own connections to the database work again."""
        with anyio.fail_after(self.patience_s):
            while True:
                try:
                    await self.store.platform.switches()
                except StoreUnavailable:
                    await self.clock.sleep(_LOOK_S)
                else:
                    return

    async def close(self) -> None:
        """Kill whoever still lives."""
        for runner in self._runners:
            if runner.exit_code is None:
                runner.kill()
                await runner.process.wait()


@asynccontextmanager
async def on_stage(
    dsn: str, folder: Path, *, factor: int = 10, seed: int = 7, deposit_usd: Decimal = DEPOSIT_USD
) -> AsyncGenerator[Stage]:
    """Serve a venue whose time runs faster, on which the owner's wallet may trade, and connect as the database's owner.

    Args:
        dsn: a migrated database, as its owner.
        folder: where machines have their disks and the venue its books.
        factor: how many times faster than life; 1 is life.
        seed: what prices are drawn from.
        deposit_usd: what the owner has.
    """
    pace = Pace.beginning_now(factor)
    setup = VenueSetup(
        pace=pace,
        seed=seed,
        deposit_usd=deposit_usd,
        books=str(folder / _BOOKS),
        requests=str(folder / _REQUESTS),
    )
    async with AsyncExitStack() as stack:
        venue = await stack.enter_async_context(_venue(setup))
        store = await stack.enter_async_context(open_store(dsn))
        tasks = await stack.enter_async_context(anyio.create_task_group())
        stage = Stage(store, folder, pace, venue, tasks)
        try:
            yield stage
        finally:
            with anyio.CancelScope(shield=True):
                await stage.close()
            tasks.cancel_scope.cancel()


@asynccontextmanager
async def _venue(setup: VenueSetup) -> AsyncGenerator[int]:
    command = [sys.executable, "-m", "tests.drills.venue", msgspec.json.encode(setup).decode()]
    process = await anyio.open_process(command, cwd=ROOT, stdin=None, stderr=None)
    try:
        assert process.stdout is not None
        with anyio.fail_after(_PATIENCE_S):
            line = await process.stdout.receive()
        yield int(line)
    finally:
        if process.returncode is None:
            process.kill()
        with anyio.CancelScope(shield=True):
            await process.aclose()
