"""Commands that are answered at once: what they do, when they are acknowledged, and what never keeps them waiting."""

from functools import partial

import anyio
import pytest

from agentic_core.domain import CommandKind, CommandState, DeploymentStatus, Restriction
from agentic_core.domain.operations import PlatformSwitch
from agentic_core.errors import Fenced
from agentic_core.logevents import LogEvent, LogLevel
from tests.support.control_room import ControlRoom, in_control
from tests.support.mortal_store import Died, Fate
from tests.support.stored_values import DEPLOYMENT

S = DeploymentStatus
K = CommandKind
SECOND_MS = 1_000
E = LogEvent
NOT_HALTED = "clear_halt does nothing while the deployment is paused"
PAUSED = "paused; positions stay open and are still watched"
EVERY = [K.PAUSE, K.RESUME, K.SNAPSHOT, K.CLEAR_HALT, K.FLATTEN, K.STOP, K.KILL]


async def answers(room: ControlRoom) -> list[tuple[CommandKind, CommandState, str | None]]:
    """Return what became of every command, oldest first."""
    return [(command.kind, command.state, command.outcome) for command in await room.commands()]


def test_commands_done_at_once_have_effect_and_outcome_together() -> None:
    """Each in its own transaction; what is said comes after it was stored."""

    async def story(room: ControlRoom) -> None:
        epoch = await room.epoch(status=S.RUNNING)
        await room.order(K.PAUSE)
        assert await epoch.control.scan() == 1
        assert (epoch.standing.status, (await room.row()).status) == (S.PAUSED, S.PAUSED)
        await room.order(K.CLEAR_HALT, K.RESUME)
        assert await epoch.control.scan() == 2
        assert (epoch.standing.status, (await room.row()).status) == (S.RUNNING, S.RUNNING)
        assert await epoch.control.scan() == 0
        assert await answers(room) == [
            (K.PAUSE, CommandState.APPLIED, PAUSED),
            (K.CLEAR_HALT, CommandState.REFUSED, NOT_HALTED),
            (K.RESUME, CommandState.APPLIED, "running"),
        ]
        assert [(line.event, line.level, line.message) for line in room.lines[1:]] == [
            (E.COMMAND_REFUSED, LogLevel.WARN, f"clear_halt: {NOT_HALTED}"),
            (E.COMMAND_APPLIED, LogLevel.INFO, "resume: running"),
        ]

    in_control(story)


def test_snapshot_writes_the_state_and_is_refused_before_there_is_one() -> None:
    """What is written is what the turns know."""

    async def story(room: ControlRoom) -> None:
        epoch = await room.epoch(status=S.RUNNING)
        await room.order(K.SNAPSHOT)
        await epoch.control.scan()
        epoch.turns.heard(await epoch.session.account())
        await room.order(K.SNAPSHOT)
        await epoch.control.scan()
        assert [state for _, state, _ in await answers(room)] == [CommandState.REFUSED, CommandState.APPLIED]
        assert await room.store.states.read(DEPLOYMENT) == epoch.turns.state()

    in_control(story, held={"BTC": "2"})


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("status", [S.PROVISIONING, S.RUNNING, S.HALTED])
@pytest.mark.parametrize("hints", [True, False])
def test_command_is_acknowledged_within_a_second_whatever_else_goes_on(
    kind: CommandKind, status: DeploymentStatus, *, hints: bool
) -> None:
    """A turn is sending, the account is not open yet, and nobody tells of commands; asked at many moments."""

    async def story(room: ControlRoom) -> None:
        room.opens, room.sends_ms = False, 60 * SECOND_MS
        epoch = await room.epoch(status=None if status is S.PROVISIONING else status)
        epoch.store.hints = hints
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(epoch.control.run)
            await room.wait(137 * len(kind))
            await room.order(kind)
            await room.wait(SECOND_MS)
            (command,) = await room.commands()
            assert command.acked_at is not None
            assert command.acked_at - command.issued_at < SECOND_MS
            tasks.cancel_scope.cancel()

    in_control(story)


def test_pause_and_flatten_hold_before_the_account_was_ever_open() -> None:
    """A start lifts neither: whoever deployed and thought better of it is not traded for."""

    async def story(room: ControlRoom) -> None:
        room.opens = False
        epoch = await room.epoch()
        await room.order(K.PAUSE)
        await epoch.control.begin()
        assert (await room.row()).status is S.PAUSED

    in_control(story)


def test_commands_that_wait_at_the_start_are_answered_before_anything_is_opened() -> None:
    """`begin` is enough: a kill is latched and a pause holds."""

    async def story(room: ControlRoom) -> None:
        epoch = await room.epoch(status=S.RUNNING)
        await room.store.platform.switch(PlatformSwitch.TRADING_DISABLED, is_on=True, at=room.now())
        await room.order(K.KILL)
        await epoch.control.begin()
        held = epoch.standing.restrictions
        assert held == {Restriction.KILL_LATCH, Restriction.PLATFORM_OFF}
        assert epoch.standing.status is S.STOPPING

    in_control(story)


def test_switch_of_the_platform_is_seen_within_its_time_and_lifted_again() -> None:
    """Two seconds; a store that is away in between changes nothing. That deployments are off holds nobody back."""

    async def story(room: ControlRoom) -> None:
        epoch = await room.epoch(status=S.RUNNING)
        switch = partial(room.store.platform.switch, at=room.now())

        async def play() -> None:
            seen = []
            for name, is_on in [("deployments", True), ("trading", True), ("trading", False)]:
                await switch(PlatformSwitch(f"{name}_disabled"), is_on=is_on)
                await room.wait(2 * SECOND_MS + 1)
                seen.append(Restriction.PLATFORM_OFF in epoch.standing.restrictions)
            assert seen == [False, True, False]

        await room.during(epoch, play)
        said = [line.message for line in room.lines if line.event is E.PLATFORM_SWITCHED]
        assert said == [
            "trading was switched off for the whole platform",
            "trading was switched on again for the whole platform",
        ]

    in_control(story)


def test_store_that_is_away_loses_no_command() -> None:
    """It is looked at again; nothing of it ends the control."""

    async def story(room: ControlRoom) -> None:
        epoch = await room.epoch(status=S.RUNNING)

        async def play() -> None:
            await room.wait(10)
            epoch.store.away = 7
            await room.order(K.PAUSE)
            await room.wait(10 * SECOND_MS)

        await room.during(epoch, play)
        assert await answers(room) == [
            (K.PAUSE, CommandState.APPLIED, "paused; positions stay open and are still watched")
        ]

    in_control(story)


def test_answer_that_was_stored_though_nobody_said_so_is_not_given_twice() -> None:
    """The status is read again, and a saga that was taken up unseen is taken up again and carried out."""

    async def story(room: ControlRoom) -> None:
        epoch = await room.epoch(status=S.RUNNING)

        async def play() -> None:
            await room.wait(10)
            epoch.store.lost_answers = 2
            await room.order(K.PAUSE, K.FLATTEN)
            await room.wait(10 * SECOND_MS)

        await room.during(epoch, play)
        assert await answers(room) == [
            (K.PAUSE, CommandState.APPLIED, PAUSED),
            (K.FLATTEN, CommandState.APPLIED, "flat; 1 position(s) closed; paused"),
        ]
        assert epoch.standing.status is S.PAUSED

    in_control(story, held={"BTC": "2"})


def test_resume_meets_the_halt_that_latched_while_it_waited() -> None:
    """Both change the status under one lock, so that it cannot lift what it did not know of."""

    async def story(room: ControlRoom) -> None:
        epoch = await room.epoch(status=S.PAUSED)
        await room.order(K.RESUME)
        async with anyio.create_task_group() as tasks, epoch.standing.changing:
            tasks.start_soon(epoch.control.scan)
            await room.wait(100)
            halted = await room.store.deployments.move(DEPLOYMENT, S.HALTED, at=room.now(), reason="daily_loss: 5")
            epoch.standing.adopt(halted)
        assert (await room.row()).status is S.HALTED
        assert [state for _, state, _ in await answers(room)] == [CommandState.REFUSED]

    in_control(story)


@pytest.mark.parametrize("kind", EVERY)
def test_command_is_not_answered_by_who_lost_the_lease(kind: CommandKind) -> None:
    """Whoever took over answers it; here nothing was changed and nothing was said."""

    async def story(room: ControlRoom) -> None:
        late = await room.epoch(status=S.RUNNING)
        await room.epoch()
        await room.order(kind)
        with pytest.raises(Fenced):
            await late.control.run()
        assert [(command.state, command.acked_at) for command in await room.commands()] == [(CommandState.QUEUED, None)]
        assert ((await room.row()).status, room.lines) == (S.RUNNING, [])

    in_control(story)


def test_failure_of_one_part_ends_the_control_and_is_raised_alone() -> None:
    """Not in a group, and nothing goes on half alive."""

    async def story(room: ControlRoom) -> str:
        epoch = await room.epoch(Fate(1), status=S.RUNNING)
        await room.order(K.PAUSE)
        with pytest.raises(Died) as death:
            await epoch.control.run()
        return str(death.value)

    assert in_control(story) == "unit"
