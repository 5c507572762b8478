"""A runner with a copy of the journal: compared before each lease, and up to date before anything leaves."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio

from agentic_core.domain import DeploymentRecord, DeploymentStatus
from agentic_core.errors import DatabaseRestored, VenueUnavailable
from agentic_core.logevents import LogEvent, Say
from agentic_core.runtime.runner import EndReason
from agentic_core.simulation.world import World
from agentic_core.store.continuity import open_copy
from agentic_core.store.journal_copy import JournalCopy
from agentic_core.system import SystemFiles
from tests.support.runner_room import ACCOUNT, ME, Process, RunnerRoom


class CopyDesk:
    """Opens copies on one disk, and counts them."""

    def __init__(self, room: RunnerRoom, folder: Path) -> None:
        self.room = room
        self.folder = folder
        self.opened: list[JournalCopy] = []
        self.refuses_from = 99

    async def __call__(self, deployment: DeploymentRecord, say: Say) -> JournalCopy:
        """Open the copy, or find that the database is another one."""
        if len(self.opened) >= self.refuses_from:
            raise DatabaseRestored("the database has lost what it knew")
        reads = self.room.memory.continuity
        copy = await open_copy(self.folder, deployment.id, reads=reads, signer=None, files=SystemFiles(), say=say)
        self.opened.append(copy)
        return copy


def play(folder: Path, story: Callable[[RunnerRoom, CopyDesk], Awaitable[None]]) -> None:
    """Play a story in a room whose store keeps a journal."""

    async def main(world: World) -> None:
        room = RunnerRoom(world.clock, journaled=True)
        await room.furnish()
        await story(room, CopyDesk(room, folder))

    World(11).run(main)


def process_with(room: RunnerRoom, desk: CopyDesk, holder: str = "runner") -> Process:
    """Return a process of a machine with that disk."""
    process = room.process(holder)
    process.change(open_copy=desk)
    return process


def test_everything_the_database_has_is_on_the_disk_before_anything_leaves(tmp_path: Path) -> None:
    """The newest record included."""

    async def story(room: RunnerRoom, desk: CopyDesk) -> None:
        process = process_with(room, desk)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(process.run)
            await room.wait_for(lambda: bool(process.sessions) and process.sessions[0].has_started)
            await process.sessions[0].send()
            head = await room.memory.journal.head(ME)
            assert head is not None
            assert desk.opened[0].head == head
            assert head.seq > 1
            process.stop.set()
        assert len(process.sent) == 1

    play(tmp_path, story)


def test_second_process_of_a_machine_waits_for_the_copy_and_goes_on_with_it(tmp_path: Path) -> None:
    """The first has it open while it runs, and lets go of it when it ends."""

    async def story(room: RunnerRoom, desk: CopyDesk) -> None:
        first, second = process_with(room, desk, "one"), process_with(room, desk, "two")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first.run)
            await room.wait_for(lambda: bool(first.sessions))
            tasks.start_soon(second.run)
            await room.clock.sleep(10)
            first.stop.set()
            await room.wait_for(lambda: bool(second.sessions) and second.sessions[0].has_started)
            await second.sessions[0].send()
            second.stop.set()
        assert len(desk.opened) == 2
        assert len(second.sent) == 1

    play(tmp_path, story)


def test_copy_stays_open_over_an_outage_of_the_venue_and_is_compared_anew_after_a_lost_lease(tmp_path: Path) -> None:
    """Only while the lease was not ours can the database have become another one."""

    async def story(room: RunnerRoom, desk: CopyDesk) -> None:
        process = process_with(room, desk)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(process.run)
            await room.wait_for(lambda: bool(process.sessions))
            room.account.running = [VenueUnavailable("gone")]
            await room.wait_for(lambda: len(process.sessions) == 2)
            assert len(desk.opened) == 1
            await room.memory.leases.raise_epoch(ACCOUNT, process.sessions[1].context.fence.epoch)
            await room.wait_for(lambda: len(process.sessions) == 3)
            assert len(desk.opened) == 2
            process.stop.set()

    play(tmp_path, story)


def test_copy_is_let_go_of_where_the_lease_is_not_given_again_at_once(tmp_path: Path) -> None:
    """While somebody keeps it from us the database may become another one."""

    async def story(room: RunnerRoom, desk: CopyDesk) -> None:
        process = process_with(room, desk)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(process.run)
            await room.wait_for(lambda: bool(process.sessions) and process.sessions[0].has_started)
            room.account.running = [VenueUnavailable("gone")]
            await room.memory.leases.revoke(ACCOUNT)
            await room.clock.sleep(10)
            assert len(process.sessions) == len(desk.opened) == 1
            await room.memory.leases.allow(ACCOUNT)
            await room.wait_for(lambda: len(process.sessions) == 2)
            assert len(desk.opened) == 2
            process.stop.set()

    play(tmp_path, story)


def test_database_that_came_back_as_another_one_is_given_no_lease_to_take(tmp_path: Path) -> None:
    """The runner ends and says why; the row is not its to write."""

    async def story(room: RunnerRoom, desk: CopyDesk) -> None:
        desk.refuses_from = 1
        process = process_with(room, desk)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(process.run)
            await room.wait_for(lambda: bool(process.sessions))
            await room.clock.sleep(10)
            room.store.broken = "leases.renew"
            await room.wait_for(lambda: process.ended is not None)
        assert process.ended is not None
        assert process.ended.reason is EndReason.FAILED
        assert isinstance(process.ended.error, DatabaseRestored)
        assert process.events(LogEvent.LEASE_TAKEN) == [LogEvent.LEASE_TAKEN]
        assert await room.status() is DeploymentStatus.RUNNING

    play(tmp_path, story)
