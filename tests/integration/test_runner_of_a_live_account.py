"""The shipped runner over a live session, in a world: what it says at boot, and how it obeys and hands over."""

from collections.abc import Callable, Coroutine

import anyio
import pytest
from msgspec.structs import replace

from agentic_core import domain as d
from agentic_core.domain.records import CommandKind, DeploymentRecord, LogLine
from agentic_core.runtime import Mandate
from agentic_core.runtime.guarding import no_guards
from agentic_core.runtime.live_session import live_sessions
from agentic_core.runtime.runner import Ended, EndReason, run_until_stopped
from agentic_core.runtime.runner_ports import RunnerPorts
from tests.support.session_place import ME, WISH, Room, buying, play
from tests.support.stored_values import USER, hash_of

BOOT = [
    "live-runner: booting deployment 00000000-0000-4000-8000-000000000001",
    "lease of paper:00000000-0000-4000-8000-000000000001 taken",
    "live-runner: loaded skill Buyer (broker=paper)",
    "paper account paper:00000000-0000-4000-8000-000000000001 is open: mode paper, nothing is signed",
    "positions=0, equity=10000 USD; 0 field(s) differed",
    "live-runner: status=running; entering tick loop",
]


class Host:
    """Runs a deployment in a room, one process after the other."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.said: list[LogLine] = []

    async def deploy(self) -> None:
        """Store the deployment and what it runs."""
        room = self.room
        version = await room.store.skills.save(
            USER, name="Buyer", slug="buyer", payload="{}", payload_hash=hash_of("buyer")
        )
        room.mandate = replace(room.mandate, skill=version.skill_id)
        room.deployment = replace(room.deployment, user_id=USER, skill_id=version.skill_id)
        await room.store.deployments.create(room.deployment)

    async def run(self, beside: Callable[[anyio.Event], Coroutine[object, object, None]]) -> Ended:
        """Run until it ends, while something else is done."""
        room, stop = self.room, anyio.Event()
        self.said.clear()

        async def mandate_of(_record: DeploymentRecord) -> Mandate:
            return room.mandate

        name = f"process at {room.world.clock.now()}"
        ports = RunnerPorts(
            store=room.store,
            clock=room.world.clock,
            holder=name,
            open_session=live_sessions(room.venues(name)),
            mandate_of=mandate_of,
            listener=self.said.append,
            guards=lambda _context, _standing: no_guards(room.mandate),
        )
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(beside, stop)
            ended = await run_until_stopped(ME, ports, stop=stop)
            tasks.cancel_scope.cancel()
        return ended


def test_runner_buys_hands_over_flattens_and_is_killed() -> None:
    """The second process goes on with what the first one held; each command ends as it is told."""

    async def story(room: Room) -> None:
        host = Host(room)
        await host.deploy()

        async def first(stop: anyio.Event) -> None:
            await room.world.clock.sleep(70)
            WISH.action = buying()
            await room.world.clock.sleep(60)
            WISH.action = None
            await room.world.clock.sleep(30)
            stop.set()

        ended = await host.run(first)
        assert (ended.reason, ended.detail) == (EndReason.DRAINED, "nothing is under way")
        assert [line.message for line in host.said][:6] == BOOT

        async def second(_stop: anyio.Event) -> None:
            for kind in (CommandKind.FLATTEN, CommandKind.KILL):
                await room.world.clock.sleep(40)
                await room.store.commands.queue(ME, kind, payload={}, at=room.world.clock.now())
            await anyio.sleep_forever()

        assert (await host.run(second)).reason is EndReason.STOPPED
        applied = [line.message for line in host.said if line.event == "command_applied"]
        assert applied == ["flatten: flat; 1 position(s) closed; paused", "kill: flat; 0 position(s) closed; stopped"]
        assert (await room.store.deployments.load(ME)).status is d.DeploymentStatus.STOPPED
        state = await room.store.states.read(ME)
        assert state is not None
        assert state.positions == ()

    play(story, on_paper=True)


@pytest.mark.parametrize("kind", [CommandKind.STOP, CommandKind.KILL])
def test_runner_ends_by_a_command_before_its_first_mark(kind: CommandKind) -> None:
    """Nothing was traded, so there is nothing to wait for."""

    async def story(room: Room) -> None:
        host = Host(room)
        await host.deploy()

        async def order(_stop: anyio.Event) -> None:
            await room.world.clock.sleep(5)
            await room.store.commands.queue(ME, kind, payload={}, at=room.world.clock.now())
            await anyio.sleep_forever()

        assert (await host.run(order)).reason is EndReason.STOPPED
        assert (await room.store.deployments.load(ME)).status is d.DeploymentStatus.STOPPED

    play(story, on_paper=True)
