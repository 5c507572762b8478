"""One deployment and the processes that run it: booting, taking over, going on with a kill, and being told to end."""

import anyio
import pytest

from agentic_core.domain import CommandKind, CommandState, DeploymentStatus, Desired, LeaseState
from agentic_core.logevents import LogEvent
from agentic_core.runtime.runner import EndReason
from tests.support.runner_room import ACCOUNT, BOOT, ME, RunnerRoom, beside, play, ready


def test_runner_boots_in_the_words_operators_search_for_and_is_stopped_by_a_command() -> None:
    """The lease is given back, and how it ended is said last."""

    async def story(room: RunnerRoom) -> None:
        process = room.process()

        async def stop() -> None:
            await ready(room, process)
            await room.clock.sleep(150)
            await room.order(CommandKind.STOP)

        await beside(room, process, stop)
        assert process.said[:5] == BOOT
        assert process.ended is not None
        assert (process.ended.reason, process.ended.error) == (EndReason.STOPPED, None)
        assert process.said[-2:] == [f"lease of {ACCOUNT} released", "live-runner: stopped: the deployment is stopped"]
        assert len(process.sessions[0].observed) in {2, 3}
        lease = await room.memory.leases.read(ACCOUNT)
        assert lease is not None
        assert lease.state is LeaseState.FREE
        assert await room.status() is DeploymentStatus.STOPPED
        kept = await room.memory.logs.recent(ME, 999)
        assert len(kept) == len(process.lines)

    play(story)


def test_second_runner_says_once_that_it_waits_and_takes_over_when_the_first_has_ended() -> None:
    """The first is told to end and leaves the status as it is; the second goes on under the next epoch."""

    async def story(room: RunnerRoom) -> None:
        first, second = room.process("one"), room.process("two")

        async def act() -> None:
            await ready(room, first)
            await room.clock.sleep(30)
            assert not second.sessions
            first.stop.set()
            await ready(room, second)
            assert first.ended is not None
            assert first.ended.reason is EndReason.DRAINED
            assert await room.status() is DeploymentStatus.RUNNING
            second.stop.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first.run)
            await ready(room, first)
            tasks.start_soon(second.run)
            await act()
        (waiting,) = [words for words in second.said if "waiting" in words]
        assert waiting.startswith(f"live-runner: waiting: another process holds the trading lease of {ACCOUNT};")
        assert second.sessions[0].context.fence.epoch > first.sessions[0].context.fence.epoch

    play(story)


def test_runner_that_is_told_to_end_waits_for_what_is_under_way_and_no_longer_than_it_has() -> None:
    """Three of its four seconds; then it says what it left."""

    async def story(room: RunnerRoom) -> None:
        process = room.process()
        room.account.under_way = 60_000
        began = 0

        async def end() -> None:
            nonlocal began
            await ready(room, process)
            began = room.clock.now()
            process.stop.set()

        await beside(room, process, end)
        assert process.ended is not None
        assert process.ended.reason is EndReason.DRAINED
        assert process.ended.detail == "still under way: an order"
        assert room.clock.now() - began <= 4_000
        assert not process.sessions[0].is_open

    play(story)


def test_runner_that_is_told_to_end_while_it_waits_ends_at_once() -> None:
    """Nothing was begun, so nothing is left."""

    async def story(room: RunnerRoom) -> None:
        assert await room.memory.leases.acquire(ACCOUNT, "somebody", 3_600_000, deployment=ME) is not None
        process = room.process()

        async def end() -> None:
            await room.clock.sleep(5)
            process.stop.set()

        await beside(room, process, end)
        assert process.ended is not None
        assert process.ended.reason is EndReason.DRAINED
        assert not process.sessions

    play(story)


@pytest.mark.parametrize("status", [DeploymentStatus.STOPPED, DeploymentStatus.ERROR])
def test_deployment_that_has_ended_is_not_run(status: DeploymentStatus) -> None:
    """The process ends well at once, and no lease was taken."""

    async def story(room: RunnerRoom) -> None:
        if status is DeploymentStatus.STOPPED:
            await room.memory.deployments.move(ME, DeploymentStatus.STOPPING, at=room.clock.now())
        await room.memory.deployments.move(ME, status, at=room.clock.now())
        process = room.process()
        await process.run()
        assert process.ended is not None
        assert process.ended.reason is EndReason.STOPPED
        assert process.events(LogEvent.LEASE_TAKEN) == []

    play(story)


def test_deployment_that_shall_be_stopped_is_not_run() -> None:
    """What it shall come to stands in its row."""

    async def story(room: RunnerRoom) -> None:
        await room.memory.deployments.set_desired(ME, Desired.STOPPED)
        process = room.process()
        await process.run()
        assert process.ended is not None
        assert process.ended.detail == f"deployment {ME} is to be stopped; nothing runs it"

    play(story)


def test_kill_that_was_broken_off_is_gone_on_with_by_the_next_process_without_a_turn() -> None:
    """The process dies with the kill half done; the next one takes the lease to flatten, closes, and stops."""

    async def story(room: RunnerRoom) -> None:
        dead = await room.memory.leases.acquire(ACCOUNT, "the dead one", 15_000, deployment=ME)
        assert dead is not None
        await room.order(CommandKind.KILL)
        process = room.process()
        await beside(room, process, lambda: room.clock.sleep(0))
        (session,) = process.sessions
        assert session.observed == []
        assert [epoch for _, epoch in room.account.flattened] == [dead.epoch + 1]
        assert await room.status() is DeploymentStatus.STOPPED
        (command,) = await room.memory.commands.recent(ME, 9)
        assert (command.state, command.outcome) == (CommandState.APPLIED, "flat; 0 position(s) closed; stopped")

    play(story)
