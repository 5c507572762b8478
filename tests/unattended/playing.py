"""Plays one seed: a deployment in trouble, then calm, a human's last orders, and the verdict."""

from collections.abc import Sequence
from typing import NamedTuple

import anyio

from agentic_core.domain import DeploymentStatus
from agentic_core.domain.records import CommandKind
from agentic_core.simulation.world import World
from tests.unattended.chat.plan import CHAT, plan_of, start_of
from tests.unattended.judge import Verdict, judge
from tests.unattended.mistakes import Mistake
from tests.unattended.owner import Owner
from tests.unattended.process import Process
from tests.unattended.scene import Scene
from tests.unattended.trouble import KINDS, Trouble

__all__ = ["Played", "play"]

_ENDED = frozenset({DeploymentStatus.STOPPED, DeploymentStatus.ERROR})
_RECOVERY_S = 150
"""Within so long of the last trouble somebody trades again."""
_PATIENCE_S = 300
_LASTING_S = 120
_S = 1_000


class Played(NamedTuple):
    """How a seed ended."""

    seed: int
    kinds: tuple[str, ...]
    verdict: Verdict
    scene: Scene


class _Stage:
    def __init__(self, scene: Scene, kinds: Sequence[str], minutes: int, mistake: Mistake) -> None:
        self.scene = scene
        self.processes: list[Process] = []
        self._kinds = kinds
        self._minutes = minutes
        self._mistake = mistake
        self._chance = scene.world.chance("processes")
        self._wanted = self._chance.pick((1, 2)) if "twins" in kinds else 1
        self._owner = Owner(scene, kinds)
        self._trouble = Trouble(scene, kinds, self)
        self._is_calm = False

    @property
    def living(self) -> Sequence[Process]:
        return [process for process in self.processes if not process.is_over and not process.vitals.is_dead]

    def status(self) -> DeploymentStatus:
        return self.scene.standings[-1].status

    def start(self) -> None:
        ahead_ms = self._chance.between(-2_000, 2_000) if "clocks" in self._kinds else 0
        process = Process(self.scene, len(self.processes) + 1, ahead_ms=ahead_ms, mistake=self._mistake)
        self.processes.append(process)
        self._everybody.start_soon(process.run)

    async def play(self) -> None:
        async with anyio.create_task_group() as self._everybody:
            scopes = [anyio.CancelScope() for _ in range(3)]
            works = (self._host, self._trouble.run, self._owner.run)
            for scope, work in zip(scopes, works, strict=True):
                self._everybody.start_soon(self._within, scope, work)
            await self._wait_for_the_end()
            scopes[1].cancel()
            scopes[2].cancel()
            await self._end()
            scopes[0].cancel()
            await self._look_once_more()
            self._everybody.cancel_scope.cancel()

    @staticmethod
    async def _within(scope: anyio.CancelScope, work: object) -> None:
        with scope:
            assert callable(work)
            await work()

    async def _wait_for_the_end(self) -> None:
        for _ in range(self._minutes * 12):
            await self.scene.clock.sleep(5)
            if self.status() in _ENDED:
                return

    async def _host(self) -> None:
        # As a platform does: whoever is gone is started again after a while.
        while True:
            if self.status() not in _ENDED and len(self.living) < self._wanted:
                if not self._is_calm:
                    await self.scene.clock.sleep(self._chance.pick((100, 2_000, 5_000, 25_000)) / _S)
                self.start()
            await self.scene.clock.sleep(0.5)

    # ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _end(self) -> None:
        scene = self.scene
        scene.world.record("story", "calm")
        self._is_calm = True
        self._trouble.end()
        await scene.clock.sleep(_LASTING_S)  # until what lasts has ended
        scene.calm_at = scene.ms
        await self._until_answered()
        if self.status() not in _ENDED and self.status() is not DeploymentStatus.STOPPING:
            await self._go_on()
            await self._owner.order(self._chance.pick((CommandKind.KILL, CommandKind.KILL, CommandKind.STOP)))
        for _ in range(_PATIENCE_S):
            if self.status() in _ENDED and not self.living:
                break
            await scene.clock.sleep(1)
        scene.is_over_in_time = self.status() in _ENDED and not self.living

    async def _until_answered(self) -> None:
        # Somebody is there, has taken up what was ordered, and has brought it to its end.
        for _ in range(_RECOVERY_S):
            await self.scene.clock.sleep(1)
            all_final = all(answer.finished is not None for answer in self.scene.answers.values())
            if self.status() in _ENDED or (all_final and any(each.holds for each in self.living)):
                return
        self.scene.broken.append(f"{_RECOVERY_S} s after the last trouble something that was ordered is not done")

    async def _go_on(self) -> None:
        # A human who has seen everything lets it trade again, and it does.
        kind = CommandKind.CLEAR_HALT if self.status() is DeploymentStatus.HALTED else CommandKind.RESUME
        await self._owner.order(kind, payload={"expects_seq": str(len(self.scene.answers))})
        await self.scene.clock.sleep(2)
        if self.status() is DeploymentStatus.HALTED:
            return  # the loss is still there
        if self.status() is not DeploymentStatus.RUNNING and not (self.scene.chat and self.scene.chat.plan.is_tight):
            self.scene.broken.append(f"a human's last {kind} left it {self.status()}")
        if self.scene.chat is not None and self.scene.chat.plan.is_tight:
            return  # there may be no money left to decide with
        turns = self.scene.decided
        for _ in range(_PATIENCE_S):
            if self.scene.decided > turns + 1 or self.status() is DeploymentStatus.HALTED:
                return
            await self.scene.clock.sleep(1)
        self.scene.broken.append("nothing was decided any more, though it was running")

    async def _look_once_more(self) -> None:
        # Whoever is started now finds that there is nothing to run.
        if self.status() in _ENDED:
            self.start()
            await self.scene.clock.sleep(5)
            ended = self.processes[-1].ended
            if ended is None or ended.reason != "stopped":
                self.scene.broken.append(f"a process of a deployment that has ended did not end: {ended}")


def play(
    seed: int, *, kinds: Sequence[str] = KINDS, minutes: int | None = None, mistake: Mistake | None = None
) -> Played:
    """Play one seed to its end; which of the kinds of trouble come is drawn from it too."""
    chance = World(seed).chance("kinds")
    has_chat = not CHAT.isdisjoint(kinds)
    drawn = tuple(kind for kind in kinds if chance.happens(_share(kind, len(kinds), has_chat=has_chat)))
    world = World(seed, start=start_of(chance, drawn)) if has_chat else World(seed)

    async def main(world: World) -> Played:
        scene = Scene(world, plan_of(chance, drawn, is_alone=len(kinds) <= _FEW) if has_chat else None)
        await scene.furnish()
        stage = _Stage(scene, drawn, minutes or chance.between(8, 25), mistake or Mistake())
        await stage.play()
        return Played(seed, drawn, await judge(scene, stage.processes), scene)

    return world.run(main)


_FEW = 4
"""What is asked for alone always comes."""


def _share(kind: str, count: int, *, has_chat: bool) -> int:
    # Of a thousand stories; where a chat model decides there has to be time to ask it.
    if count <= _FEW:
        return 1_000
    if kind == "losses":
        return 100 if has_chat else 200
    return 550 if kind in CHAT or not has_chat else 180
