"""A runner that dies at every moment of carrying commands out, and the next lease that goes on from what is there."""

from functools import partial
from typing import NamedTuple

import pytest

from agentic_core.domain import Command, CommandKind, CommandState, DeploymentStatus, Desired, Position
from agentic_core.runtime.together import first_of
from tests.support.control_room import ControlRoom, Epoch, in_control
from tests.support.mortal_store import Died, Fate
from tests.support.stored_values import DEPLOYMENT

S = DeploymentStatus
K = CommandKind
APPLIED, REFUSED = CommandState.APPLIED, CommandState.REFUSED
HELD = {"BTC": "2", "ETH": "-0.5"}
BOTH = ("BTC", "ETH")
MOMENTS_MAX = 200


class Story(NamedTuple):
    """What is ordered at once of a deployment, and what must come of it whatever happens."""

    orders: tuple[CommandKind, ...]
    ends: DeploymentStatus
    desired: Desired
    states: tuple[CommandState, ...]
    closed: tuple[str, ...]
    begins: DeploymentStatus = S.RUNNING


STORIES = {
    "flatten": Story((K.FLATTEN,), S.PAUSED, Desired.RUNNING, (APPLIED,), BOTH),
    "flatten of a halted one": Story((K.FLATTEN,), S.HALTED, Desired.RUNNING, (APPLIED,), BOTH, S.HALTED),
    "stop": Story((K.STOP,), S.STOPPED, Desired.STOPPED, (APPLIED,), ()),
    "kill": Story((K.KILL,), S.STOPPED, Desired.STOPPED, (APPLIED,), BOTH),
    "flatten and stop": Story((K.STOP, K.FLATTEN), S.STOPPED, Desired.STOPPED, (APPLIED, APPLIED), BOTH),
    "kill over everything": Story(
        (K.STOP, K.FLATTEN, K.KILL, K.PAUSE, K.RESUME),
        S.STOPPED,
        Desired.STOPPED,
        (APPLIED, APPLIED, APPLIED, REFUSED, REFUSED),
        BOTH,
    ),
    "pause over an older resume": Story((K.RESUME, K.PAUSE), S.PAUSED, Desired.RUNNING, (REFUSED, APPLIED), ()),
    "resume after a pause": Story((K.PAUSE, K.RESUME), S.RUNNING, Desired.RUNNING, (APPLIED, APPLIED), ()),
    "halt that was cleared too early": Story(
        (K.CLEAR_HALT, K.PAUSE), S.HALTED, Desired.RUNNING, (REFUSED, REFUSED), (), S.HALTED
    ),
    "flatten over a resume": Story((K.FLATTEN, K.RESUME), S.PAUSED, Desired.RUNNING, (APPLIED, REFUSED), BOTH),
}


def live_through(story: Story, *deaths: int, seed: int) -> list[bool]:
    """Play a story in which one lease after the other dies at its moment, and return which of them did."""

    async def play(room: ControlRoom) -> list[bool]:
        room.book.unresolved = 1
        epoch = await room.epoch(Fate(deaths[0]), status=story.begins)
        await room.order(*story.orders)
        died = [await _dies(room, epoch)]
        for dies_at in deaths[1:]:
            died += [await _dies(room, await room.epoch(Fate(dies_at)))] if await _lives(room) else []
        claimed = [command.acked_at for command in await room.commands()]
        if await _lives(room):
            assert not await _dies(room, await room.epoch())
        await _judge(room, story)
        for before, command in zip(claimed, await room.commands(), strict=True):
            assert before in {None, command.acked_at}, "what was acknowledged first stays"
        return died

    return in_control(play, held=HELD, seed=seed)


@pytest.mark.parametrize("name", STORIES)
def test_next_lease_goes_on_wherever_the_one_before_it_died(name: str) -> None:
    """Before and after every write and every step at the venue: the end is always the same."""
    for moment in range(1, MOMENTS_MAX):
        if live_through(STORIES[name], moment, seed=moment) == [False]:
            assert moment > 2 * len(STORIES[name].orders)
            return
    message = "it never got through"
    raise AssertionError(message)


@pytest.mark.parametrize("name", ["flatten and stop", "kill over everything"])
def test_leases_that_die_one_after_the_other_come_to_the_same_end(name: str) -> None:
    """Five of them, each a little later or earlier in what is left to do."""
    for moment in range(1, 25):
        live_through(STORIES[name], moment, 3 + moment % 5, 7, 1 + moment % 3, 11, seed=moment)


async def _lives(room: ControlRoom) -> bool:
    return (await room.row()).status is not S.STOPPED


async def _dies(room: ControlRoom, epoch: Epoch) -> bool:
    died: list[str] = []

    async def obey() -> None:
        try:
            await epoch.control.run()
        except Died as death:
            died.append(str(death))

    await first_of(obey, partial(room.answered, 0))
    return bool(died)


async def _judge(room: ControlRoom, story: Story) -> None:
    row, commands = await room.row(), await room.commands()
    assert (row.status, row.desired) == (story.ends, story.desired)
    assert tuple(command.state for command in commands) == story.states
    assert all(_is_answered(command) for command in commands)
    assert tuple(sorted(room.book.closed)) == story.closed, "each is closed once"
    state = await room.store.states.read(DEPLOYMENT)
    held: tuple[Position, ...] = () if state is None else state.positions
    if story.closed:
        assert (state is None, held) == (False, ())


def _is_answered(command: Command) -> bool:
    return None not in {command.outcome, command.acked_at, command.finished_at}
