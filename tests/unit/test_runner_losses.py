"""What a runner does without its lease or its database, and what it writes while its venue is away."""

import pytest

from agentic_core.domain import DeploymentStatus
from agentic_core.domain.trading import HaltReason
from agentic_core.errors import (
    Fenced,
    JournalBroken,
    VenueUnavailable,
)
from agentic_core.logevents import LogEvent
from agentic_core.runtime.runner import EndReason
from tests.support.runner_room import ACCOUNT, BOOT, ME, RunnerRoom, beside, play, ready


def test_lost_lease_tears_the_session_down_and_the_runner_waits_for_its_next() -> None:
    """Somebody else takes it and ends; the runner boots again under a later epoch, without a new process."""

    async def story(room: RunnerRoom) -> None:
        process = room.process()

        async def lose() -> None:
            await ready(room, process)
            await room.memory.leases.raise_epoch(ACCOUNT, process.sessions[0].context.fence.epoch)
            assert await room.memory.leases.acquire(ACCOUNT, "other", 30_000, deployment=ME) is not None
            await room.wait_for(lambda: not process.sessions[0].is_open)
            with pytest.raises(Fenced):
                await process.sessions[0].send()
            await room.clock.sleep(10)
            assert len(process.sessions) == 1
            await room.wait_for(lambda: len(process.sessions) == 2)
            process.stop.set()

        await beside(room, process, lose)
        assert process.events(LogEvent.LEASE_TAKEN, LogEvent.LEASE_LOST, LogEvent.LEASE_RELEASED) == [
            LogEvent.LEASE_TAKEN,
            LogEvent.LEASE_LOST,
            LogEvent.LEASE_TAKEN,
            LogEvent.LEASE_RELEASED,
        ]
        assert process.said.count(BOOT[0]) == 1

    play(story)


def test_database_that_is_away_for_a_minute_ends_the_epoch_in_time_and_nothing_else() -> None:
    """Sending ends three seconds before the lease does; when the database is back the runner goes on, and says all."""

    async def story(room: RunnerRoom) -> None:
        process = room.process()

        async def lose() -> None:
            await ready(room, process)
            session = process.sessions[0]
            await room.clock.sleep(20)
            lost_at = room.clock.now()
            room.store.broken = "."
            while room.clock.now() < lost_at + 60_000:
                if session.is_open:
                    await session.send()
                else:
                    with pytest.raises(Fenced):
                        await session.send()
                await room.clock.sleep(0.5)
            assert not session.is_open
            assert max(process.sent) <= lost_at + 12_000
            room.store.broken = ""
            await ready(room, process, 2)
            process.stop.set()

        await beside(room, process, lose)
        assert process.events(LogEvent.LEASE_LOST, LogEvent.RUNNER_FATAL) == [LogEvent.LEASE_LOST]
        waiting = [words for words in process.said if "waiting" in words]
        assert len(waiting) == 1
        kept = await room.memory.logs.recent(ME, 999)
        assert {line.line_key for line in kept} == {line.line_key for line in process.lines}

    play(story)


def test_copy_of_the_journal_that_knows_more_than_the_database_keeps_the_lease_from_being_taken() -> None:
    """The status is not ours to write then."""

    async def story(room: RunnerRoom) -> None:
        async def broken(*_: object) -> None:
            raise JournalBroken("the database has lost record 7")

        process = room.process()
        process.change(open_copy=broken)
        await process.run()
        assert process.ended is not None
        assert process.ended.reason is EndReason.FAILED
        assert process.events(LogEvent.LEASE_TAKEN) == []
        assert await room.status() is DeploymentStatus.PROVISIONING

    play(story)


def test_state_is_written_every_minute_though_the_venue_is_away() -> None:
    """The last known one, with a new time: whoever watches for signs of life sees that somebody is there."""

    async def story(room: RunnerRoom) -> None:
        process = room.process()

        async def lose_venue() -> None:
            await ready(room, process)
            await room.clock.sleep(180)
            room.account.opening = [VenueUnavailable("gone") for _ in range(30)]
            room.account.running = [VenueUnavailable("gone")]
            for _ in range(10):
                await room.clock.sleep(60)
                state = await room.memory.states.read(ME)
                assert state is not None
                assert room.clock.now() - state.updated_at <= 61_000
            process.stop.set()

        await beside(room, process, lose_venue)

    play(story)


def test_halt_is_stored_before_it_is_said_and_said_once() -> None:
    """A second one for the same reason changes nothing."""

    async def story(room: RunnerRoom) -> None:
        process = room.process()

        async def halt() -> None:
            await ready(room, process)
            context = process.sessions[0].context
            await context.halt(HaltReason.SECOND_WRITER, "somebody else trades")
            await context.halt(HaltReason.SECOND_WRITER, "somebody else trades again")
            process.stop.set()

        await beside(room, process, halt)
        row = await room.memory.deployments.load(ME)
        assert (row.status, row.halt_reason) == (DeploymentStatus.HALTED, "second_writer: somebody else trades")
        assert process.events(LogEvent.HALTED) == [LogEvent.HALTED]

    play(story)


def test_database_that_does_not_answer_at_the_start_is_waited_for() -> None:
    """The process does not end of it, and says it once."""

    async def story(room: RunnerRoom) -> None:
        room.store.broken = "."
        process = room.process()

        async def come_back() -> None:
            await room.clock.sleep(30)
            room.store.broken = ""
            await ready(room, process)
            process.stop.set()

        await beside(room, process, come_back)
        assert [words for words in process.said if "waiting" in words] == [
            "live-runner: waiting: the database went away during ."
        ]

    play(story)
