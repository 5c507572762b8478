"""The one that stops and continues two processes, takes their lease away, and holds up their server."""

import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from hashlib import shake_256

import anyio
from anyio.abc import Process
from anyio.streams.text import TextReceiveStream
from psycopg.conninfo import make_conninfo

from agentic_core.domain import CommandKind
from agentic_core.domain.ids import SkillId
from agentic_core.store.postgres import PostgresStore
from agentic_core.system import SystemClock
from tests.support.by_hand import execute
from tests.support.dice import Dice
from tests.support.embedded_postgres import ROOT
from tests.support.stored_values import AT, LIVE
from tests.takeovers.marks import RUN
from tests.takeovers.process import TTL_MS
from tests.takeovers.reports import Lost, Report, Took, read_report

__all__ = ["NAMES", "Duel", "Fighter", "dueling"]

NAMES = ("anna", "bert")

_PATIENCE_S = 60.0
_COMMANDS = 2
_ROLLS = 8


class Fighter:
    """One of the processes, as far as it tells."""

    def __init__(self, name: str, process: Process) -> None:
        self.name = name
        self.process = process
        self.reports: list[Report] = []
        self.taken = 0
        """The newest epoch it was given."""
        self.lost = 0
        """The newest of which it was refused everything."""

    def note(self, report: Report) -> None:
        """Take a report."""
        self.reports.append(report)
        match report:
            case Took(epoch=epoch):
                self.taken = epoch
            case Lost(epoch=epoch):
                self.lost = epoch

    def stop(self) -> None:
        """Let it do nothing at all from now on, wherever it is."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on, as if no time had passed."""
        self.process.send_signal(signal.SIGCONT)


class Duel:
    """Two processes and what is done to them."""

    def __init__(self, store: PostgresStore, dsn: str, fighters: tuple[Fighter, Fighter], seed: int) -> None:
        self.takeovers = 0
        """By the other one, while the holder was stopped."""
        self.counts: Counter[str] = Counter()
        self.is_ending = False
        self._store = store
        self._dsn = dsn
        self._fighters = fighters
        self._seed = seed
        self._news = anyio.Event()
        self._clock = SystemClock()

    @property
    def reports(self) -> tuple[Report, ...]:
        """What both told."""
        return tuple(report for fighter in self._fighters for report in fighter.reports)

    async def fight(self, takeovers: int) -> None:
        """Go on until so many takeovers came about while the holder was stopped."""
        kinds = {"stop": self._stop, "both": self._stop_both, "server": self._stop_server, "revoke": self._revoke}
        number = 0
        while self.takeovers < takeovers:
            number += 1
            dice = Dice(shake_256(f"{self._seed} {number}".encode()).digest(_ROLLS))
            kind = dice.any_of(*["stop"] * 12, "both", "server", "blink", "revoke")
            for _ in range(_COMMANDS):
                await self._store.commands.queue(RUN, CommandKind.SNAPSHOT, payload={}, at=AT)
            with anyio.fail_after(_PATIENCE_S):
                await kinds.get(kind, self._blink)(dice)
            self.counts[kind] += 1

    async def read(self, fighter: Fighter) -> None:
        """Take the reports of a process until it ends."""
        assert fighter.process.stdout is not None
        left = ""
        async for text in TextReceiveStream(fighter.process.stdout):
            *lines, left = (left + text).split("\n")
            for line in lines:
                fighter.note(read_report(line))
            self._news.set()
            self._news = anyio.Event()
        assert self.is_ending, f"{fighter.name} ended by itself"

    async def _stop(self, dice: Dice) -> None:
        holder, other = await self._holder_and_other()
        await self._pause(dice.whole(0, 20))
        holder.stop()
        held = holder.taken
        await self._until(lambda: other.taken > held)
        await self._pause(dice.whole(0, 10))
        holder.go_on()
        await self._until(lambda: holder.lost >= held)
        self.takeovers += 1

    async def _stop_both(self, dice: Dice) -> None:
        pair = await self._holder_and_other()
        holder, other = pair
        await self._pause(dice.whole(0, 20))
        for fighter in pair:
            fighter.stop()
        held = holder.taken
        await self._pause(TTL_MS + dice.whole(0, 10))
        for fighter in dice.any_of(pair, pair[::-1]):
            fighter.go_on()
        await self._until(lambda: max(holder.taken, other.taken) > held and holder.lost >= held)
        self.takeovers += other.taken > held

    async def _stop_server(self, dice: Dice) -> None:
        holder, other = await self._holder_and_other()
        backends = execute(self._dsn, "select pid from pg_stat_activity where application_name = %s", holder.name)
        await self._pause(dice.whole(0, 20))
        held = holder.taken
        for (pid,) in backends:
            assert isinstance(pid, int)
            os.kill(pid, signal.SIGSTOP)
        await self._pause(TTL_MS + dice.whole(0, 20))
        for (pid,) in backends:
            assert isinstance(pid, int)
            os.kill(pid, signal.SIGCONT)
        await self._until(lambda: max(holder.taken, other.taken) > held and holder.lost >= held)

    async def _blink(self, dice: Dice) -> None:
        holder, _ = await self._holder_and_other()
        holder.stop()
        await self._pause(dice.whole(0, TTL_MS // 4))
        holder.go_on()

    async def _revoke(self, dice: Dice) -> None:
        holder, _ = await self._holder_and_other()
        await self._pause(dice.whole(0, 20))
        held = holder.taken
        await self._store.leases.revoke(LIVE)
        await self._until(lambda: holder.lost >= held)
        await self._store.leases.allow(LIVE)

    async def _holder_and_other(self) -> tuple[Fighter, Fighter]:
        first, second = self._fighters
        await self._until(lambda: any(fighter.taken > fighter.lost for fighter in self._fighters))
        return (first, second) if first.taken > second.taken else (second, first)

    async def _pause(self, ms: int) -> None:
        await self._clock.sleep(ms / 1_000)

    async def _until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            await self._news.wait()


@asynccontextmanager
async def dueling(store: PostgresStore, dsn: str, narrow: str, skill: SkillId, seed: int) -> AsyncGenerator[Duel]:
    """Start both processes, each with a runner's address of the database, and let them come to their ends."""
    async with AsyncExitStack() as stack:
        fighters = [Fighter(name, await stack.enter_async_context(_started(narrow, name, skill))) for name in NAMES]
        duel = Duel(store, dsn, (fighters[0], fighters[1]), seed)
        async with anyio.create_task_group() as tasks:
            for fighter in fighters:
                tasks.start_soon(duel.read, fighter)
            yield duel
            duel.is_ending = True
            for fighter in fighters:
                fighter.process.send_signal(signal.SIGTERM)
        for fighter in fighters:
            await fighter.process.wait()


@asynccontextmanager
async def _started(dsn: str, name: str, skill: SkillId) -> AsyncGenerator[Process]:
    named = make_conninfo(dsn, application_name=name)
    command = [sys.executable, "-m", "tests.takeovers.process", named, name, skill]
    process = await anyio.open_process(command, cwd=ROOT, stdin=None, stderr=None)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        with anyio.CancelScope(shield=True):
            await process.aclose()
