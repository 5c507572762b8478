"""A deployment whose commands are obeyed on virtual time: its store, its account and its turns, and leases that end."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TypeVar, cast

import anyio

from agentic_core.domain import (
    AccountSnapshot,
    AgentStateRecord,
    Command,
    CommandKind,
    DayCounters,
    DeploymentRecord,
    DeploymentStatus,
    Fence,
    Instant,
    Lease,
    LogLine,
    Position,
    Size,
    Symbol,
    Usd,
)
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.clock import Clock
from agentic_core.ports.runner_store import RunnerStore
from agentic_core.runtime.commands import Control
from agentic_core.runtime.diary import Diary
from agentic_core.runtime.session import Flattened, Session
from agentic_core.runtime.standing import Standing
from agentic_core.simulation.world import World
from agentic_core.store.memory import MemoryStore
from tests.support.mortal_store import Fate, MortalStore
from tests.support.store_under_test import in_memory
from tests.support.stored_values import DEPLOYMENT, PAPER

__all__ = ["Book", "ControlRoom", "Epoch", "in_control"]

_Result = TypeVar("_Result")

_LEASE_MS = 15_000
_REST_MS = 3_000
_EQUITY = Usd(Decimal(1_000))


class Book:
    """What is at the venue, whoever looks at it."""

    def __init__(self, held: Mapping[str, str]) -> None:
        self.held = {symbol: Decimal(size) for symbol, size in held.items()}
        self.closed: list[str] = []
        """Every close that was executed."""

        self.stuck: dict[str, int] = {}
        """How often closing a symbol fails before it succeeds."""

        self.unread = 0
        """How often the account cannot be read before it can."""

        self.unresolved = 0
        """How often something is still under way before nothing is."""

        self.causes: list[str] = []
        """What every flatten was asked for by."""

        self.at_draining: Callable[[], Awaitable[object]] | None = None
        """What happens just before a drain is over."""


class HandTurns:
    # Sends for a while before it lets itself be suspended, and knows of the account what it was told.
    def __init__(self, clock: Clock, sends_ms: int) -> None:
        self.clock = clock
        self.sends_ms = sends_ms
        self.held_back = 0
        self.known: AgentStateRecord | None = None

    @asynccontextmanager
    async def suspended(self) -> AsyncGenerator[None]:
        await self.clock.sleep(self.sends_ms / 1_000)
        self.held_back += 1
        try:
            yield
        finally:
            self.held_back -= 1

    def heard(self, account: AccountSnapshot) -> None:
        self.known = AgentStateRecord(
            deployment_id=DEPLOYMENT,
            equity_usd=account.equity,
            day_pnl_usd=Usd(Decimal(0)),
            positions=tuple(account.positions.values()),
            marks={},
            last_tick_at=None,
            updated_at=self.clock.now(),
        )

    def state(self) -> AgentStateRecord | None:
        return self.known


class HandSession:
    def __init__(self, book: Book, turns: HandTurns, clock: Clock, fate: Fate) -> None:
        self._book = book
        self._turns = turns
        self._clock = clock
        self._fate = fate

    async def account(self) -> AccountSnapshot:
        await self._step("account")
        if self._book.unread:
            self._book.unread -= 1
            raise VenueUnavailable("nobody answers")
        positions = {
            Symbol(name): Position(symbol=Symbol(name), size=Size(size), entry_cost=Usd(abs(size)))
            for name, size in self._book.held.items()
        }
        return AccountSnapshot(
            as_of=self._clock.now(),
            equity=_EQUITY,
            margin_used=Usd(Decimal(0)),
            exposure_usd=Usd(Decimal(0)),
            day=DayCounters(day=0, baseline=_EQUITY),
            peak=_EQUITY,
            positions=positions,
        )

    async def flatten(self, cause: str) -> Flattened:
        assert self._turns.held_back, "turns are taken while everything is closed"
        self._book.causes.append(cause)
        await self.account()
        closed = 0
        for symbol in sorted(self._book.held):
            await self._step(f"closing {symbol}")
            if self._book.stuck.get(symbol, 0):
                self._book.stuck[symbol] -= 1
                continue
            del self._book.held[symbol]
            self._book.closed.append(symbol)
            closed += 1
        await self._step("closed")
        return Flattened(closed=closed, left=tuple(f"a position in {symbol}" for symbol in sorted(self._book.held)))

    async def drain(self, *, wait_ms: int) -> tuple[str, ...]:
        assert self._turns.held_back, "turns are taken while the deployment stops"
        await self._step("draining")
        if self._book.at_draining is not None:
            await self._book.at_draining()
        if not self._book.unresolved:
            return ()
        await self._clock.sleep(wait_ms / 1_000)
        self._book.unresolved -= 1
        return ("the order 7",)

    async def _step(self, where: str) -> None:
        self._fate.meet(where)
        await self._clock.sleep(0.01)
        self._fate.meet(f"{where}, done")


class Epoch:
    """One lease of the deployment, with everything a control works on."""

    def __init__(self, room: "ControlRoom", row: DeploymentRecord, fence: Fence, fate: Fate) -> None:
        clock = room.world.clock
        self.fate = fate
        self.store = MortalStore(room.store, fate)
        self.turns = HandTurns(clock, room.sends_ms)
        self.is_open = anyio.Event()
        """Set once the account is open."""

        self.pages: list[str] = []
        self.diary = Diary(DEPLOYMENT, room.store.logs, now=clock.now, listener=room.lines.append)
        self.standing = Standing(row, fence, cast("RunnerStore", self.store), clock)
        self.session = HandSession(room.book, self.turns, clock, fate)
        self.control = Control(
            standing=self.standing,
            session=self._opened,
            turns=self.turns,
            store=cast("RunnerStore", self.store),
            clock=clock,
            diary=self.diary,
            page=self.pages.append,
        )
        if room.opens:
            self.is_open.set()

    async def _opened(self) -> Session:
        await self.is_open.wait()
        return cast("Session", self.session)


class ControlRoom:
    """A deployment that outlives its leases."""

    def __init__(self, world: World, store: MemoryStore, book: Book) -> None:
        self.world = world
        self.store = store
        self.book = book
        self.lines: list[LogLine] = []
        self.opens = True
        """Whether accounts are open from the first."""

        self.sends_ms = 0
        """How long turns cannot be suspended."""

        self._lease: Lease | None = None

    async def epoch(self, fate: Fate | None = None, *, status: DeploymentStatus | None = None) -> Epoch:
        """Take the next lease, the one before having ended; `status` is where the deployment is brought first."""
        if status is not None:
            await self.bring_to(status)
        if self._lease is not None:
            await self.store.leases.release(self._lease)
        self._lease = lease = await self.store.leases.acquire(
            PAPER, "runner", _LEASE_MS, desired=(await self.row()).desired
        )
        assert lease is not None
        return Epoch(self, await self.row(), Fence(account=PAPER, epoch=lease.epoch), fate or Fate())

    async def bring_to(self, status: DeploymentStatus) -> None:
        """Let the deployment have come to a status."""
        await self.store.deployments.move(DEPLOYMENT, DeploymentStatus.RUNNING, at=self.now())
        await self.store.deployments.move(DEPLOYMENT, status, at=self.now())

    async def order(self, *kinds: CommandKind, **payload: str) -> list[Command]:
        """Let the deployer order this, all at once."""
        return [
            await self.store.commands.queue(DEPLOYMENT, kind, payload=dict(payload), at=self.now()) for kind in kinds
        ]

    async def commands(self) -> list[Command]:
        """Return everything that was ordered, oldest first."""
        return list(reversed(await self.store.commands.recent(DEPLOYMENT, 99)))

    async def row(self) -> DeploymentRecord:
        """Return the stored deployment."""
        return await self.store.deployments.load(DEPLOYMENT)

    def now(self) -> Instant:
        """Return the present."""
        return self.world.clock.now()

    async def wait(self, ms: int) -> None:
        """Let time pass."""
        await self.world.clock.sleep(ms / 1_000)

    async def answered(self, given: int) -> None:
        """Wait until so many commands were given and all have their outcome, and a little longer."""
        while True:
            await self.wait(_REST_MS)
            commands = await self.commands()
            if len(commands) >= given and all(command.outcome is not None for command in commands):
                return

    async def during(self, epoch: Epoch, story: Callable[[], Awaitable[object]]) -> None:
        """Obey commands while something else happens, and stop obeying after it."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(epoch.control.run)
            await story()
            tasks.cancel_scope.cancel()


def in_control(
    story: Callable[[ControlRoom], Awaitable[_Result]], *, held: Mapping[str, str] | None = None, seed: int = 1
) -> _Result:
    """Play a story in a room whose deployment holds this."""

    async def play(world: World) -> _Result:
        subject = await in_memory()
        assert isinstance(subject.store, MemoryStore)
        await subject.store.leases.release(subject.lease)
        return await story(ControlRoom(world, subject.store, Book(held or {})))

    return World(seed).run(play)
