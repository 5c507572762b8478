"""Commands whose store takes its time over everything: how many answers of it one command costs."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import cast

import pytest

from agentic_core.domain import CommandKind, DeploymentStatus, Fence
from agentic_core.domain.operations import PlatformSwitch
from agentic_core.logevents import LogEvent
from agentic_core.ports.clock import Clock
from agentic_core.ports.runner_store import RunnerStore
from agentic_core.runtime.commands import Control
from agentic_core.runtime.session import Session
from agentic_core.runtime.standing import Standing
from agentic_core.runtime.together import together
from tests.support.control_room import ControlRoom, Epoch, in_control

K, S = CommandKind, DeploymentStatus
ANSWER_MS = 60
"""How long the store takes over each statement, and over the commit of each unit."""

WITHIN_MS = 1_000
BEGINS = {K.CLEAR_HALT: S.HALTED, K.RESUME: S.PAUSED}


class Slow:
    """Everything of a store, each of whose answers takes a while."""

    def __init__(self, real: object, clock: Clock) -> None:
        self._real, self._clock = real, clock

    def __getattr__(self, name: str) -> object:
        part = getattr(self._real, name)
        if name == "unit":
            return self._unit
        if name == "command_notices":
            return part
        if not callable(part):
            return Slow(part, self._clock)
        asked = cast("Callable[..., Awaitable[object]]", part)

        async def answer(*positional: object, **named: object) -> object:
            await self._clock.sleep(ANSWER_MS / 1_000)
            return await asked(*positional, **named)

        return answer

    @asynccontextmanager
    async def _unit(self, fence: Fence | None = None) -> AsyncGenerator["Slow"]:
        # In memory a unit must not be open for long, so what it takes is waited for before.
        await self._clock.sleep(ANSWER_MS * 5 / 1_000)
        async with cast("RunnerStore", self._real).unit(fence) as unit:
            yield cast("Slow", unit)


def slowed(room: ControlRoom, epoch: Epoch) -> Control:
    """Return a control like an epoch's, over the slow store."""
    store, clock = cast("RunnerStore", Slow(room.store, room.world.clock)), room.world.clock
    standing = Standing(epoch.standing.deployment, epoch.standing.fence, store, clock)

    async def opened() -> Session:
        return cast("Session", epoch.session)

    return Control(
        standing=standing,
        session=opened,
        turns=epoch.turns,
        store=store,
        clock=clock,
        diary=epoch.diary,
    )


@pytest.mark.parametrize("kind", [kind for kind in K if kind is not K.SNAPSHOT])
def test_command_is_acknowledged_within_a_second_by_a_slow_store(kind: CommandKind) -> None:
    """Sixty milliseconds a statement: whoever is told of it has its answer in time, whatever it is."""

    async def story(room: ControlRoom) -> None:
        epoch = await room.epoch(status=BEGINS.get(kind, S.RUNNING))
        control = slowed(room, epoch)
        await control.begin()
        (command,) = await room.order(kind)
        await control.scan()
        (acked,) = await room.commands()
        assert acked.acked_at is not None
        assert room.now() - command.issued_at < WITHIN_MS

    in_control(story)


def test_switch_that_two_see_at_once_is_said_once() -> None:
    """Whoever opens the account and whoever obeys both look before they begin."""

    async def story(room: ControlRoom) -> None:
        epoch = await room.epoch(status=S.RUNNING)
        control = slowed(room, epoch)
        await room.store.platform.switch(PlatformSwitch.TRADING_DISABLED, is_on=True, at=room.now())
        await together((control.begin, control.begin))
        said = [line.message for line in room.lines if line.event is LogEvent.PLATFORM_SWITCHED]
        assert said == ["trading was switched off for the whole platform"]

    in_control(story)
