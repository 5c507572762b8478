"""A store in memory under a process that dies at a chosen moment: before or after any of its writes."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import anyio

from agentic_core.domain import Command, CommandState, DeploymentId, Fence, Instant
from agentic_core.errors import StoreUnavailable
from agentic_core.ports.clock import Clock
from agentic_core.ports.notices import Hint
from agentic_core.store.memory import MemoryStore

__all__ = ["Died", "Fate", "MortalStore"]


class Died(Exception):
    """The process is no more; nothing that it would have done afterwards happens."""


class Fate:
    """Counts the moments at which a process may die, and lets it die at one of them."""

    def __init__(self, dies_at: int | None = None) -> None:
        self.dies_at = dies_at
        self.moments: list[str] = []

    @property
    def is_dead(self) -> bool:
        """Whether the moment has come."""
        return self.dies_at is not None and len(self.moments) >= self.dies_at

    def meet(self, moment: str) -> None:
        """Live through a moment, or not."""
        self.moments.append(moment)
        if self.is_dead:
            raise Died(moment)


class MortalStore:
    """What a control asks of a store; everything else goes on to the real one."""

    def __init__(self, real: MemoryStore, fate: Fate) -> None:
        self._real = real
        self._fate = fate
        self.away = 0
        """How many of the next transactions fail."""

        self.lost_answers = 0
        """How many of the next transactions are stored, and then fail."""

        self.hints = True
        self.commands = _Commands(self)
        self.deployments = real.deployments
        self.platform = real.platform
        self.states = real.states

    @asynccontextmanager
    async def unit(self, fence: Fence | None = None) -> AsyncGenerator[MemoryStore]:
        """Open a unit that a death undoes, or follows."""
        self._fate.meet("unit")
        self.look()
        async with self._real.unit(fence) as unit:
            yield unit
            self._fate.meet("commit")
        self._fate.meet("committed")
        if self.lost_answers:
            self.lost_answers -= 1
            raise StoreUnavailable("the answer was lost", commit_unknown=True)

    @asynccontextmanager
    async def command_notices(self, deployment: DeploymentId, clock: Clock) -> AsyncGenerator[AsyncIterator[Hint]]:
        """Give the hints of the real one, or none at all."""
        if self.hints:
            async with self._real.command_notices(deployment, clock) as notices:
                yield notices
            return
        yield _never()

    def look(self) -> None:
        """Fail where the store is away."""
        if self.away:
            self.away -= 1
            raise StoreUnavailable("the database is away")

    @property
    def real(self) -> MemoryStore:
        """The store itself."""
        return self._real

    @property
    def fate(self) -> Fate:
        """When the process dies."""
        return self._fate


class _Commands:
    def __init__(self, store: MortalStore) -> None:
        self._store = store

    async def pending(self, deployment: DeploymentId) -> tuple[Command, ...]:
        self._store.look()
        return await self._store.real.commands.pending(deployment)

    async def recent(self, deployment: DeploymentId, limit: int) -> tuple[Command, ...]:
        return await self._store.real.commands.recent(deployment, limit)

    async def ack(
        self, command: Command, state: CommandState, outcome: str, *, at: Instant, fence: Fence | None = None
    ) -> Command:
        self._store.fate.meet("ack")
        acked = await self._store.real.commands.ack(command, state, outcome, at=at, fence=fence)
        self._store.fate.meet("acked")
        return acked

    async def step(self, command: Command, text: str, *, fence: Fence, at: Instant) -> Command:
        self._store.fate.meet("step")
        noted = await self._store.real.commands.step(command, text, fence=fence, at=at)
        self._store.fate.meet("stepped")
        return noted


async def _never() -> AsyncIterator[Hint]:
    await anyio.sleep_forever()
    yield Hint.DUE
