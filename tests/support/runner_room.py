"""Runners of one deployment in a world: its account is made by hand, and everything about it can break."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import NoReturn

import anyio
import msgspec

from agentic_core.deployments import LOCAL_USER, admit_paper
from agentic_core.domain import (
    AccountSnapshot,
    Command,
    CommandKind,
    DeploymentId,
    DeploymentRecord,
    DeploymentStatus,
    Instant,
    Interval,
    LogLine,
    derived_uuid,
    paper_account,
)
from agentic_core.domain.trading import Restriction, TradingState
from agentic_core.logevents import LogEvent
from agentic_core.ports.clock import Clock
from agentic_core.ports.runner_store import RunnerStore
from agentic_core.runtime import Mandate
from agentic_core.runtime.effects import Effect, EffectReply, Record
from agentic_core.runtime.guarding import no_guards
from agentic_core.runtime.pacing import VenuePace
from agentic_core.runtime.runner import Ended, run_until_stopped
from agentic_core.runtime.runner_ports import RunnerPorts
from agentic_core.runtime.session import Flattened, Session, SessionContext
from agentic_core.runtime.timings import TIMINGS, Timings
from agentic_core.simulation.world import World
from agentic_core.store.memory import MemoryStore
from tests.support.breaking_stores import BreakingStore
from tests.support.markets import AccountByHand, MarketByHand
from tests.support.stored_values import BOUND, hash_of
from tests.support.turns import Says, mandate

__all__ = ["ACCOUNT", "BOOT", "ME", "AccountInRoom", "HandSession", "Process", "RunnerRoom", "beside", "play", "ready"]

ME = DeploymentId(derived_uuid("test", "runner room"))
ACCOUNT = paper_account(ME)
BOOT = [
    f"live-runner: booting deployment {ME}",
    f"lease of {ACCOUNT} taken",
    "live-runner: loaded skill By hand (broker=paper)",
    "positions=0",
    "live-runner: status=running; entering tick loop",
]
"""What a runner says before it takes turns."""


class AccountInRoom:
    """What happens to the account and on the way to it, whichever session asks."""

    def __init__(self) -> None:
        self.opening: list[Exception] = []
        """Raised by the next openings, one each."""
        self.starting: list[Exception] = []
        self.observing: list[Exception] = []
        self.running: list[Exception] = []
        """Raised by what goes on beside the turns, one each, as soon as it is there."""
        self.under_way = 0
        """For how many milliseconds something is still under way when somebody drains."""
        self.flattened: list[tuple[str, int]] = []
        """Who had everything closed, with the epoch."""


class HandSession:
    """A session that reads no market, proposes nothing and remembers what it was asked."""

    restrictions: frozenset[Restriction] = frozenset()

    def __init__(self, context: SessionContext, account: AccountInRoom, runner: "Process") -> None:
        self.context = context
        self.market = MarketByHand(at=context.clock.now())
        self.pace = VenuePace(context.clock.now, context.clock, Interval.M1)
        self.observed: list[Instant] = []
        self.is_open = True
        self.has_started = False
        self._account = account
        self._runner = runner

    async def start(self) -> AccountSnapshot:
        """Say that nothing was found, or break."""
        if self._account.starting:
            raise self._account.starting.pop(0)
        self.has_started = True
        self.context.diary.say(LogEvent.RECONCILED, "positions=0", positions=0)
        return await self.account()

    async def run(self) -> NoReturn:
        """Wait until something is there to break of."""
        while True:
            if self._account.running:
                raise self._account.running.pop(0)
            await self.context.clock.sleep(1)

    async def observe(self, mark: Instant) -> AccountSnapshot:
        """Stand at a mark."""
        if self._account.observing:
            raise self._account.observing.pop(0)
        self.observed.append(mark)
        self.market.as_of = self.context.clock.now()
        return await self.account()

    async def account(self) -> AccountSnapshot:
        """Read a flat account."""
        return AccountByHand(self.market, at=self.context.clock.now()).freeze()

    async def perform(self, effect: Effect) -> EffectReply:
        """Write a decision down."""
        assert isinstance(effect, Record), effect
        await self.context.store.decisions.record(self.context.fence, effect.decision, effect.result)
        return None

    async def flatten(self, cause: str) -> Flattened:
        """Close nothing."""
        self._account.flattened.append((cause, self.context.fence.epoch))
        return Flattened(closed=0)

    async def drain(self, *, wait_ms: int) -> tuple[str, ...]:
        """Wait for what is under way."""
        under_way = min(self._account.under_way, wait_ms)
        await self.context.clock.sleep(under_way / 1_000)
        self._account.under_way -= under_way
        return ("an order",) if self._account.under_way else ()

    async def send(self) -> None:
        """Do what is done before anything leaves, and let it leave where that may be."""
        await self.context.before_sending()
        if self.context.trading(self.restrictions) is not TradingState.HALTED:
            self._runner.sent.append(self.context.clock.now())


class Process:
    """One process that runs the deployment."""

    def __init__(self, room: "RunnerRoom", holder: str, store: RunnerStore, clock: Clock) -> None:
        self.stop = anyio.Event()
        self.sessions: list[HandSession] = []
        self.lines: list[LogLine] = []
        self.sent: list[Instant] = []
        self.ended: Ended | None = None
        self._room = room
        self.ports = RunnerPorts(
            store=store,
            clock=clock,
            holder=holder,
            open_session=self._open,
            mandate_of=room.mandate_of,
            listener=self.lines.append,
            guards=lambda context, _: no_guards(context.mandate),
            timings=room.timings,
        )

    async def run(self) -> None:
        """Run until it ends."""
        self.ended = await run_until_stopped(ME, self.ports, stop=self.stop)

    def change(self, **changes: object) -> None:
        """Change what stands behind it, before it runs."""
        self.ports = msgspec.structs.replace(self.ports, **changes)

    @property
    def said(self) -> list[str]:
        """What it said so far."""
        return [line.message for line in self.lines]

    def events(self, *wanted: LogEvent) -> list[LogEvent]:
        """Return the events of these kinds, in order."""
        return [line.event for line in self.lines if line.event in wanted]

    @asynccontextmanager
    async def _open(self, context: SessionContext) -> AsyncIterator[Session]:
        if self._room.account.opening:
            raise self._room.account.opening.pop(0)
        session = HandSession(context, self._room.account, self)
        self.sessions.append(session)
        try:
            yield session
        finally:
            session.is_open = False


class RunnerRoom:
    """A deployment on paper in a store, and processes that run it."""

    def __init__(self, clock: Clock, *, timings: Timings = TIMINGS, journaled: bool = False) -> None:
        self.clock = clock
        self.timings = timings
        self.memory = MemoryStore(now=clock.now, journaled=journaled)
        self.store = BreakingStore(self.memory)
        self.account = AccountInRoom()
        self._mandate = mandate(Says(None))
        self.mandate_of_failures: list[Exception] = []

    async def furnish(self) -> None:
        """Save the skill and admit the deployment."""
        version = await self.memory.skills.save(
            LOCAL_USER, name="By hand", slug="by-hand", payload="{}", payload_hash=hash_of("{}"), loss_bound=BOUND
        )
        await admit_paper(self.memory, LOCAL_USER, version, deployment=ME, at=self.clock.now())
        self._mandate = msgspec.structs.replace(
            self._mandate,
            deployment=ME,
            account=ACCOUNT,
            skill=version.skill_id,
            skill_version=version.version,
            payload_hash=version.payload_hash,
        )

    async def mandate_of(self, _: DeploymentRecord) -> Mandate:
        """Return what the deployment runs under, or break."""
        if self.mandate_of_failures:
            raise self.mandate_of_failures.pop(0)
        return self._mandate

    def process(self, holder: str = "runner", *, clock: Clock | None = None) -> Process:
        """Return a process that has not begun."""
        return Process(self, holder, self.store.as_store(), clock or self.clock)

    async def order(self, kind: CommandKind) -> Command:
        """Order something now."""
        return await self.memory.commands.queue(ME, kind, payload={}, at=self.clock.now())

    async def status(self) -> DeploymentStatus:
        """Return the stored status."""
        return (await self.memory.deployments.load(ME)).status

    async def wait_for(self, what: Callable[[], bool], *, within_s: float = 600) -> None:
        """Let time pass until something is so."""
        for _ in range(int(within_s * 5)):
            if what():
                return
            await self.clock.sleep(0.2)
        raise AssertionError(what)


_Story = Callable[[RunnerRoom], Awaitable[None]]


def play(story: _Story, timings: Timings = TIMINGS) -> None:
    """Play a story in a furnished room."""

    async def main(world: World) -> None:
        room = RunnerRoom(world.clock, timings=timings)
        await room.furnish()
        await story(room)

    World(7).run(main)


async def beside(room: RunnerRoom, process: Process, story: Callable[[], Awaitable[None]]) -> None:
    """Run a process beside a story that ends it."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(process.run)
        await story()
        await room.wait_for(lambda: process.ended is not None)


async def ready(room: RunnerRoom, process: Process, sessions: int = 1) -> None:
    """Wait until so many sessions were opened, and the newest takes turns."""
    await room.wait_for(lambda: len(process.sessions) >= sessions and process.said[-1:] != [] and _entered(process))


def _entered(process: Process) -> bool:
    return process.sessions[-1].has_started and process.said.count(BOOT[-1]) >= 1
