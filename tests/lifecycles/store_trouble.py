"""What goes wrong with the database and with the disks of the machines."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import NoReturn

import anyio

from agentic_core.domain.records import CommandKind
from agentic_core.errors import StoreUnavailable
from tests.lifecycles.database import WRITES, Mishap, Mishaps
from tests.lifecycles.disks import Spoiled
from tests.lifecycles.process import Outage
from tests.lifecycles.scene import ACCOUNT, DEPLOYMENT, Scene

__all__ = ["STORE_KINDS", "StoreTrouble"]

STORE_KINDS = ("database", "outages", "units", "revocation", "restore", "disk")
_RARE = ("outages", "revocation", "restore")

_CALLS = (
    "prepare",
    "prepare",
    "note",
    "note",
    "assign",
    "record_fills",
    "acquire",
    "living",
    "fills",
    "after",
    "renew",
)
_FATES = tuple(Mishap)
_MS_PER_S = 1_000


class _Undone(Exception):  # Ends a unit of work that somebody gave up.
    pass


def _think_better_of_it() -> NoReturn:
    raise _Undone


async def _do(deed: Callable[[], Awaitable[None]]) -> None:
    await deed()


class StoreTrouble:
    """Draws it beside what goes wrong on the way to the venue."""

    def __init__(self, scene: Scene, kinds: Collection[str]) -> None:
        self._scene = scene
        self._chance = scene.world.chance("store trouble")
        self._units = 0
        deeds: Mapping[str, Callable[[], Awaitable[None]]] = {
            "database": self._spoil_calls,
            "outages": self._go_down,
            "units": self._work_together,
            "revocation": self._revoke,
            "restore": self._restore,
            "disk": self._spoil_a_write,
        }
        self._deeds = [(kind, deeds[kind]) for kind in STORE_KINDS if kind in kinds]

    async def run(self) -> None:
        """Go on until cancelled; what takes time goes on beside the rest."""
        async with anyio.create_task_group() as tasks:
            while self._deeds:
                await self._wait(2_000, 20_000)
                kind, deed = self._chance.pick(self._deeds)
                if kind in _RARE and not self._chance.happens(300):
                    continue
                self._scene.counts[f"trouble {kind}"] += 1
                tasks.start_soon(_do, deed)

    def end(self) -> None:
        """Let everything be well from now on, but for what has to come to its end."""
        self._scene.database.calm()
        for machine in self._scene.machines:
            machine.disk.spoiled.clear()

    async def _spoil_calls(self) -> None:
        method = self._chance.pick(_CALLS)
        fate = self._chance.pick(_FATES) if method in WRITES else Mishap.FAILED
        self._scene.database.next.append(Mishaps(method, fate))

    async def _go_down(self) -> None:
        for_ms = self._chance.between(300, 8_000)
        self._scene.database.go_down(for_ms)
        self._scene.outages.append(Outage(self._scene.ms, self._scene.ms + for_ms))

    async def _spoil_a_write(self) -> None:
        disk = self._chance.pick(self._scene.machines).disk
        is_fatal = self._chance.happens(500)
        # A flush that fails may have kept everything; a machine that goes down in the middle has not.
        kept = self._chance.between(1, 999) if is_fatal else self._chance.pick((0, 300, 1_000))
        disk.spoiled.append(Spoiled(kept, is_fatal, zeros=self._chance.happens(250)))

    async def _revoke(self) -> None:
        # Whoever has the lease is not asked; somebody gives the account back a little later, whatever else ends.
        store = self._scene.store
        with anyio.CancelScope(shield=True):
            await store.leases.revoke(ACCOUNT)
            await self._wait(500, 5_000)
            await store.leases.allow(ACCOUNT)

    async def _restore(self) -> None:
        database = self._scene.database
        backup = database.back_up()
        await self._wait(3_000, 15_000)
        kept = await backup.journal.head(DEPLOYMENT)
        assert kept is not None, "the deployment has a journal"
        if database.is_restored or max(machine.seen for machine in self._scene.machines) <= kept.seq:
            return
        with anyio.CancelScope(shield=True):
            self._scene.counts["restored databases"] += 1
            database.restore(backup)
            await self._wait(6_000, 9_000)
            database.bring_back()

    async def _work_together(self) -> None:
        # Somebody at the control plane queues two commands in one unit of work, or thinks better of it.
        if self._scene.database.is_restored:  # what it holds now is lost in any case
            return
        self._units += 1
        name, is_stored = f"unit {self._units}", False
        gives_up = self._chance.happens(500)
        at = self._scene.clock.now()
        try:
            async with self._scene.store.unit() as unit:
                for part in ("1", "2"):
                    payload = {"unit": name, "part": part}
                    await unit.commands.queue(DEPLOYMENT, CommandKind.SNAPSHOT, payload=payload, at=at)
                    await self._wait(0, 40)
                if gives_up:
                    _think_better_of_it()
            is_stored = True
        except (_Undone, StoreUnavailable):
            pass
        finally:
            self._scene.units[name] = is_stored
            self._scene.counts["units stored" if is_stored else "units given up"] += 1

    async def _wait(self, low_ms: int, high_ms: int) -> None:
        await self._scene.clock.sleep(self._chance.between(low_ms, high_ms) / _MS_PER_S)
