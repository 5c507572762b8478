"""However long an account is watched, only the newest of its fills are remembered, and none is taken twice."""

import pytest

from agentic_core.logevents import LogEvent
from agentic_core.runtime.watch import FillIntake
from tests.support.watched_room import UNTIL, WatchedRoom, execution

pytestmark = pytest.mark.anyio


async def test_fills_of_long_ago_are_let_go_and_still_taken_only_once() -> None:
    """What was let go is read from the store again where it is told of once more."""
    room = await WatchedRoom.open()
    intake = FillIntake(room.watch.watched, room.watch.writers, kept=10)
    told = [execution(number, at=UNTIL + number).fill for number in range(1, 41)]
    for fill in told:
        await intake.take([fill])
    assert intake.remembered <= 10
    await intake.take(told)
    await intake.take(told[:3])
    assert len(await room.booked()) == 40
    assert room.events.count(LogEvent.EXTERNAL_FILL) == 40
    await intake.take([execution(41, at=UNTIL + 41).fill])
    assert (len(await room.booked()), intake.remembered < 25) == (41, True)
