"""Somebody wants everything closed, and the account cannot be opened."""

from itertools import pairwise

import pytest

from agentic_core.domain import CommandKind, DeploymentStatus
from agentic_core.errors import VenueUnavailable
from agentic_core.runtime.runner import EndReason
from tests.support.control_room import ControlRoom, in_control
from tests.support.runner_room import RunnerRoom, beside, play, ready

K, S = CommandKind, DeploymentStatus
AWAY_S = 330


@pytest.mark.parametrize(("kind", "calls"), [(K.KILL, True), (K.FLATTEN, True), (K.STOP, False)])
def test_venue_that_is_away_while_something_is_to_be_closed_calls_a_human(kind: CommandKind, *, calls: bool) -> None:
    """At once and about every minute, for nobody else can close it; once the venue is back it is closed."""

    async def story(room: RunnerRoom) -> None:
        process = room.process()
        pages: list[int] = []
        process.change(page=lambda _: pages.append(room.clock.now()))

        async def lose() -> None:
            await ready(room, process)
            room.account.opening = [VenueUnavailable("nobody answers") for _ in range(11)]
            room.account.running = [VenueUnavailable("nobody answers")]
            await room.clock.sleep(2)
            await room.order(kind)
            await room.clock.sleep(AWAY_S)
            room.account.opening = []
            await room.wait_for(lambda: len(process.sessions) == 2)
            await room.clock.sleep(60)
            process.stop.set()

        await beside(room, process, lose)
        assert bool(room.account.flattened) is calls
        assert process.ended is not None
        assert process.ended.reason is (EndReason.DRAINED if kind is K.FLATTEN else EndReason.STOPPED)
        called_at = sorted(set(pages))  # the runner and the kill may both have something to say at one moment
        assert len(called_at) in (range(4, 8) if calls else [0])
        assert all(later - sooner >= 60_000 for sooner, later in pairwise(called_at))

    play(story)


@pytest.mark.parametrize("kind", [K.KILL, K.FLATTEN])
def test_account_that_is_not_open_yet_calls_a_human_where_it_shall_be_closed(kind: CommandKind) -> None:
    """Once a minute, for as long as it takes."""

    async def story(room: ControlRoom) -> None:
        room.opens = False
        epoch = await room.epoch(status=S.RUNNING)
        await room.order(kind)

        async def wait() -> None:
            await room.wait(3 * 60_000 + 5_000)

        await room.during(epoch, wait)
        assert epoch.pages == [f"{kind}: the account is not open yet"] * 3

    in_control(story, held={"BTC": "1"})
