"""A session that cannot be opened or breaks down: tried again for ever, five times, or not at all."""

import pytest

from agentic_core.domain import CommandKind, DeploymentStatus
from agentic_core.errors import (
    ConfigError,
    Fenced,
    JournalBroken,
    UsageError,
    VenueUnavailable,
)
from agentic_core.logevents import LogEvent
from agentic_core.runtime.runner import EndReason
from agentic_core.runtime.timings import Timings
from tests.support.runner_room import ME, RunnerRoom, beside, play, ready


def test_venue_that_is_away_is_tried_again_with_growing_pauses_while_commands_are_obeyed() -> None:
    """A hundred failures are no breakdown; a pause that is ordered meanwhile is kept by the session that opens."""

    async def story(room: RunnerRoom) -> None:
        room.account.opening = [VenueUnavailable("nobody home") for _ in range(20)]
        process = room.process()

        async def order() -> None:
            await room.clock.sleep(100)
            began = room.clock.now()
            await room.order(CommandKind.PAUSE)
            while (await room.memory.commands.pending(ME)) != ():
                await room.clock.sleep(0.05)
            assert room.clock.now() - began <= 1_000
            await room.wait_for(lambda: bool(process.sessions), within_s=3_600)
            await room.wait_for(lambda: "live-runner: status=paused; entering tick loop" in process.said)
            process.stop.set()

        await beside(room, process, order)
        told = [line.message for line in process.lines if line.event is LogEvent.RECONCILE_FAILED]
        assert len(told) == 20
        assert [words.split()[-2] for words in told[:8]] == ["1", "2", "4", "8", "16", "32", "60", "60"]
        epochs = [line.data["epoch"] for line in process.lines if line.event is LogEvent.LEASE_TAKEN]
        assert len(set(epochs)) == 21
        assert process.events(LogEvent.LEASE_LOST) == []

    play(story)


@pytest.mark.parametrize("place", ["opening", "starting", "running"])
def test_session_that_breaks_down_is_opened_anew_and_five_times_in_a_row_is_the_end(place: str) -> None:
    """The status is error with the text of the last; each attempt has an epoch of its own."""

    async def story(room: RunnerRoom) -> None:
        setattr(room.account, place, [LookupError(f"number {number}") for number in range(9)])
        process = room.process()
        await beside(room, process, lambda: room.clock.sleep(0))
        assert process.ended is not None
        assert (process.ended.reason, process.ended.detail) == (EndReason.FAILED, "LookupError: number 4")
        assert isinstance(process.ended.error, LookupError)
        row = await room.memory.deployments.load(ME)
        assert (row.status, row.error_text) == (DeploymentStatus.ERROR, "LookupError: number 4")
        assert process.events(LogEvent.LEASE_TAKEN) == [LogEvent.LEASE_TAKEN] * 5
        (fatal,) = (line for line in process.lines if line.event is LogEvent.RUNNER_FATAL)
        assert fatal.message == "LookupError: number 4"
        assert str(fatal.data["raised_in"]).startswith("tests.support.")
        assert process.events(LogEvent.LEASE_RELEASED) == [LogEvent.LEASE_RELEASED]

    play(story)


def test_breakdowns_far_apart_are_no_row_of_breakdowns() -> None:
    """A session that lived long enough makes up for those before it."""

    async def story(room: RunnerRoom) -> None:
        process = room.process()

        async def break_down() -> None:
            for number in range(8):
                await ready(room, process, number + 1)
                await room.clock.sleep(35)
                room.account.running = [LookupError("again")]
                await room.wait_for(lambda: not room.account.running)
            await ready(room, process, 9)
            process.stop.set()

        await beside(room, process, break_down)
        assert process.ended is not None
        assert process.ended.reason is EndReason.DRAINED
        assert await room.status() is DeploymentStatus.RUNNING

    play(story, Timings(healthy_ms=30_000))


@pytest.mark.parametrize(
    "error", [ConfigError("no such wallet"), JournalBroken("the copy is damaged")], ids=["settings", "journal"]
)
def test_error_that_would_come_again_ends_the_deployment_at_once(error: Exception) -> None:
    """Nobody tries five times what cannot succeed."""

    async def story(room: RunnerRoom) -> None:
        room.account.opening = [error]
        process = room.process()
        await beside(room, process, lambda: room.clock.sleep(0))
        assert process.ended is not None
        assert process.ended.error is error
        assert process.events(LogEvent.LEASE_TAKEN, LogEvent.RUNNER_FATAL) == [
            LogEvent.LEASE_TAKEN,
            LogEvent.RUNNER_FATAL,
        ]
        assert await room.status() is DeploymentStatus.ERROR

    play(story)


def test_group_of_errors_is_judged_by_the_gravest() -> None:
    """A lost lease beside a bug is a lost lease: the deployment goes on."""

    async def story(room: RunnerRoom) -> None:
        room.account.running = [ExceptionGroup("both", [UsageError("a bug"), Fenced("lost")])]
        process = room.process()

        async def end() -> None:
            await ready(room, process, 2)
            process.stop.set()

        await beside(room, process, end)
        assert process.events(LogEvent.LEASE_LOST, LogEvent.TICK_FAILED) == [LogEvent.LEASE_LOST]

    play(story)
