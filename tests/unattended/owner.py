"""The people who order something of a deployment: at any moment, twice, and across each other."""

from collections.abc import Sequence

import anyio

from agentic_core.domain.records import Command, CommandKind
from tests.lifecycles.places import DEPLOYMENT
from tests.unattended.scene import INTERVAL_MS, Scene

__all__ = ["Owner"]

_K = CommandKind
_OFTEN = (_K.PAUSE, *(_K.RESUME,) * 6, _K.CLEAR_HALT, _K.CLEAR_HALT, _K.FLATTEN, _K.SNAPSHOT)
_ENDINGS = (_K.STOP, _K.KILL)


class Owner:
    """Queues commands, as the web page and the command line do."""

    def __init__(self, scene: Scene, kinds: Sequence[str]) -> None:
        self._scene = scene
        self._chance = scene.world.chance("owner")
        self._commands = _OFTEN if "commands" in kinds else ()
        self._ends = "endings" in kinds and self._chance.happens(700)

    async def run(self) -> None:
        """Go on until cancelled."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._order_often)
            tasks.start_soon(self._end)

    async def _order_often(self) -> None:
        while self._commands:
            await self._scene.clock.sleep(self._chance.between(4_000, 50_000) / 1_000)
            for _ in range(self._chance.pick((1, 1, 1, 2, 3))):
                await self.order(self._chance.pick(self._commands))
                await self._scene.clock.sleep(self._chance.pick((0, 0, 20, 700)) / 1_000)

    async def _end(self) -> None:
        # In the middle of a turn, mostly.
        if self._ends:
            turns, into_ms = self._chance.between(1, 5), self._chance.pick((40, 120, 3_000, 6_000, 20_000))
            await self._scene.clock.sleep((turns * INTERVAL_MS + into_ms) / 1_000)
            for _ in range(self._chance.pick((1, 1, 2))):
                await self.order(self._chance.pick(_ENDINGS))

    async def order(self, kind: CommandKind, *, payload: dict[str, str] | None = None) -> Command | None:
        """Queue a command; None where the database is away."""
        scene = self._scene
        if scene.database.is_down:
            return None
        given = self._payload(kind) if payload is None else payload
        queued = await scene.store.commands.queue(DEPLOYMENT, kind, payload=given, at=scene.clock.now())
        scene.world.record("owner", kind, seq=queued.seq)
        await scene.look("queue")
        scene.database.tell()
        scene.counts[f"ordered {kind}"] += 1
        return queued

    def _payload(self, kind: CommandKind) -> dict[str, str]:
        newest = len(self._scene.answers)
        if kind not in {_K.RESUME, _K.CLEAR_HALT} or self._chance.happens(300):
            return {}
        # Most look at the newest before they order; some looked a while ago.
        return {"expects_seq": str(max(0, newest - self._chance.pick((0, 0, 0, 1, 3))))}
