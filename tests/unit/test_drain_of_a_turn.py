"""A process that is told to end in the middle of a turn, each of whose steps may take longer than it has."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from agentic_core.domain import DeploymentRecord, Interval, Side
from agentic_core.domain.records import LeaseState
from agentic_core.runtime import Mandate
from agentic_core.runtime.pacing import VenuePace
from agentic_core.runtime.runner import EndReason
from agentic_core.runtime.session import Session, SessionContext
from tests.support.runner_room import ACCOUNT, ME, Process, RunnerRoom, beside, play
from tests.support.ticker_room import SessionByHand
from tests.support.turns import Says, filled, mandate, open_of
from tests.support.turns import World as Replies

TOLD_MS = 200
"""So long after a mark the process is told to end."""

HOST_WAITS_MS = 4_000
LATE = "still under way: a turn, which did not come to its end in time"


def trading(room: RunnerRoom, slow: str, seconds: float, begun: list[str]) -> Process:
    """Return a process that opens at every mark, and takes so long over one step of it."""
    process, decider = room.process(), mandate(Says(open_of(Side.BUY, "0.01"))).decider
    mandate_of = process.ports.mandate_of

    async def trading_mandate_of(record: DeploymentRecord) -> Mandate:
        return msgspec.structs.replace(await mandate_of(record), decider=decider)

    async def pause(what: str) -> None:
        begun.append(what)
        await room.clock.sleep(seconds if what == slow else 0)

    @asynccontextmanager
    async def opened(context: SessionContext) -> AsyncIterator[Session]:
        pace = VenuePace(room.clock.now, room.clock, Interval.M1)
        session = SessionByHand(pace, room.clock, Replies(*[filled] * 9), room.memory, context.fence)
        session.pause = pause
        yield session

    process.change(open_session=opened, mandate_of=trading_mandate_of)
    return process


@pytest.mark.parametrize("seconds", [1, 3, 8, 60])
@pytest.mark.parametrize("slow", ["observe", "Persist", "Send", "Record"])
def test_process_that_is_told_to_end_ends_in_time_whatever_its_turn_does(slow: str, seconds: int) -> None:
    """A turn that can end does; one that cannot is left to the next runner, and the lease is free for it."""

    async def story(room: RunnerRoom) -> None:
        begun: list[str] = []
        process = trading(room, slow, seconds, begun)

        async def end() -> None:
            await room.wait_for(lambda: slow in begun)
            began_at, begun[:] = room.clock.now(), []
            await room.clock.sleep(TOLD_MS / 1_000)
            process.stop.set()
            await room.wait_for(lambda: process.ended is not None)
            assert room.clock.now() - began_at <= TOLD_MS + HOST_WAITS_MS

        await beside(room, process, end)
        assert process.ended is not None
        in_time = seconds * 1_000 < HOST_WAITS_MS
        assert process.ended.detail == ("nothing is under way" if in_time else LATE)
        assert process.ended.reason is EndReason.DRAINED
        lease = await room.memory.leases.read(ACCOUNT)
        assert lease is not None
        assert lease.state is LeaseState.FREE
        assert bool(await room.memory.decisions.recent(ME, 9)) is (in_time and slow != "observe")

    play(story)
