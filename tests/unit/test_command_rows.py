"""What stands in the row of a deployment though nobody in this process put it there."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast

from agentic_core.domain import (
    Command,
    CommandKind,
    CommandState,
    DeploymentId,
    DeploymentRecord,
    DeploymentStatus,
    Fence,
)
from agentic_core.domain.trading import Desired, TradingState
from agentic_core.errors import StoreUnavailable
from agentic_core.ports.runner_store import RunnerStore
from agentic_core.runtime.commands import Control
from agentic_core.runtime.session import Session
from agentic_core.runtime.standing import Standing
from agentic_core.store.memory import MemoryStore
from tests.support.control_room import ControlRoom, Epoch, in_control
from tests.support.stored_values import DEPLOYMENT

K, S = CommandKind, DeploymentStatus


class LateStore:
    """Answers the first unit with an error, and carries it out only after the next thing that is read."""

    def __init__(self, room: ControlRoom, fence: Fence) -> None:
        self.commands = self.deployments = self
        self.has_landed = False
        self._room, self._real, self._fence = room, room.store, fence
        self._waiting: Command | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    @asynccontextmanager
    async def unit(self, fence: Fence | None = None) -> AsyncGenerator[MemoryStore]:
        """Fail once; everything after is as ever."""
        if self._waiting is None and not self.has_landed:
            (self._waiting,) = await self._real.commands.pending(DEPLOYMENT)
            message = "the answer was lost"
            raise StoreUnavailable(message, commit_unknown=True)
        async with self._real.unit(fence) as unit:
            yield unit

    async def pending(self, deployment: DeploymentId) -> tuple[Command, ...]:
        """Read, and let land what is on its way."""
        read = await self._real.commands.pending(deployment)
        await self._land()
        return read

    async def load(self, deployment: DeploymentId) -> DeploymentRecord:
        """Read, and let land what is on its way."""
        read = await self._real.deployments.load(deployment)
        await self._land()
        return read

    async def recent(self, deployment: DeploymentId, limit: int) -> tuple[Command, ...]:
        """Read the newest."""
        return await self._real.commands.recent(deployment, limit)

    async def _land(self) -> None:
        command, self._waiting = self._waiting, None
        if command is not None:
            self.has_landed = True
            at = self._room.now()
            await self._real.deployments.move(DEPLOYMENT, S.PAUSED, at=at)
            await self._real.commands.ack(command, CommandState.APPLIED, "paused", at=at, fence=self._fence)


def late(room: ControlRoom, epoch: Epoch) -> tuple[Control, Standing]:
    """Return a control over a store whose first unit lands late, and where it stands."""
    clock, fence = room.world.clock, epoch.standing.fence
    store = cast("RunnerStore", LateStore(room, fence))
    standing = Standing(epoch.standing.deployment, fence, store, clock)

    async def opened() -> Session:
        return cast("Session", epoch.session)

    control = Control(standing=standing, session=opened, turns=epoch.turns, store=store, clock=clock, diary=epoch.diary)
    return control, standing


def test_pause_that_lands_while_everything_is_read_again_is_seen() -> None:
    """Its answer was lost, and it was stored a moment after the first look at what had come of it."""

    async def story(room: ControlRoom) -> None:
        epoch = await room.epoch(status=S.RUNNING)
        control, standing = late(room, epoch)
        await control.begin()
        states: list[TradingState] = []

        async def pause() -> None:
            await room.order(K.PAUSE)
            for _ in range(30):
                await room.wait(100)
                if (await room.row()).status is S.PAUSED:
                    states.append(standing.trading())

        epoch.control = control
        await room.during(epoch, pause)
        assert (standing.status, len(states) > 3, set(states)) == (S.PAUSED, True, {TradingState.REDUCING})

    in_control(story)


def test_deployment_that_shall_be_flat_by_its_row_alone_is_killed_at_the_next_look() -> None:
    """Nobody queued a kill: whoever has the database may say it there."""

    async def story(room: ControlRoom) -> None:
        epoch = await room.epoch(status=S.RUNNING)

        async def desire() -> None:
            await room.wait(2_000)
            await room.store.deployments.set_desired(DEPLOYMENT, Desired.FLATTEN)
            await room.order(K.SNAPSHOT)
            await room.wait(3_000)

        await room.during(epoch, desire)
        row = await room.row()
        assert (row.status, row.desired, room.book.held) == (S.STOPPED, Desired.STOPPED, {})

    in_control(story, held={"BTC": "1"})
