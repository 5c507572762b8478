"""Plays one seed: a story in trouble, processes that die and overlap, then calm, an end at flat, and the verdict."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import anyio

from agentic_core.domain import IntentState
from agentic_core.errors import AgenticError
from agentic_core.simulation.world import World
from tests.lifecycles.bugs import Bug
from tests.lifecycles.furnishing import furnish
from tests.lifecycles.judge import Verdict, judge
from tests.lifecycles.process import Outage, Steps
from tests.lifecycles.runner import Runner
from tests.lifecycles.scene import SCARCE, Scene
from tests.lifecycles.station import take_station
from tests.lifecycles.story import Story
from tests.lifecycles.trouble import KINDS, Trouble

__all__ = ["Played", "play"]

_SETTLED = frozenset({IntentState.REJECTED, IntentState.DEAD, IntentState.BOOKED})
_SETTLE_S = 60
_LOOK_S = 0.25
_IN_HAND_MS = 3_000
"""What a process began to ask so shortly before its end, the next asks again."""


class Played(NamedTuple):
    """How a seed ended."""

    seed: int
    kinds: tuple[str, ...]
    verdict: Verdict
    scene: Scene


class _Stage:
    # The processes of a story, one after the other, some of them side by side.
    def __init__(self, scene: Scene, kinds: Sequence[str], turns: int, bug: Bug) -> None:
        self.scene = scene
        self._bug = bug
        self._chance = scene.world.chance("processes")
        self._story = Story(scene, turns)
        self._trouble = Trouble(scene, kinds, self._story)
        self._crashes = self._chance.between(1, 4) if "crash" in kinds else 0
        self._overlaps = self._chance.between(1, 2) if "overlap" in kinds else 0
        self._is_over = False

    async def play(self) -> None:
        async with anyio.create_task_group() as self._everybody:
            trouble = anyio.CancelScope()
            self._everybody.start_soon(self._make_trouble, trouble)
            while not self._is_over:
                await self._take_over(trouble)
            self._everybody.cancel_scope.cancel()

    async def _make_trouble(self, scope: anyio.CancelScope) -> None:
        with scope:
            await self._trouble.run()

    async def _take_over(self, trouble: anyio.CancelScope) -> None:
        scene, chance, began = self.scene, self._chance, self.scene.ms
        station = await take_station(scene, chance, self._bug)
        if station is None:
            await self._wait_a_little(began)
            return
        scope, dies_at = anyio.CancelScope(), None
        if self._crashes and self._story.turns_left:
            self._crashes -= 1
            dies_at = chance.between(20, 900)
        steps = Steps(scope, dies_at)
        clock = scene.world.clock_ahead(chance.between(-3_000, 3_000))
        runner = Runner(scene, steps, clock, station, self._bug)
        station.machine.disk.on_crash = scope.cancel
        ended = anyio.Event()
        self._everybody.start_soon(self._live, runner, scope, ended, trouble)
        patience = chance.between(1_000, 40_000) / 1_000 if self._overlaps and self._story.turns_left else None
        with anyio.move_on_after(patience):
            while not runner.has_booted and not ended.is_set():
                await scene.clock.sleep(_LOOK_S / 5)
            scene.outages.append(Outage(began, scene.ms))
            await ended.wait()
        if ended.is_set():
            await self._wait_a_little(scene.ms)
        else:
            self._overlaps -= 1
            scene.counts["overlaps"] += 1
            scene.world.after(chance.pick((1_000, 20_000)), scope.cancel)

    async def _wait_a_little(self, since: int) -> None:
        await self.scene.clock.sleep(self._chance.pick((50, 300, 1_500)) / 1_000)
        self.scene.outages.append(Outage(since, self.scene.ms))

    async def _live(
        self, runner: Runner, scope: anyio.CancelScope, ended: anyio.Event, trouble: anyio.CancelScope
    ) -> None:
        with scope:
            try:
                await runner.boot()
                await self._play_on(runner, trouble)
            except AgenticError as error:
                self.scene.ended_by(error)
        if scope.cancelled_caught:
            self.scene.counts["crashes"] += 1
        now = self.scene.ms
        began = runner.station.session.failed_at or now
        self.scene.repeated.append(Outage(min(began, now - _IN_HAND_MS), now))
        runner.station.copy.close()  # as the end of a process does
        ended.set()

    async def _play_on(self, runner: Runner, trouble: anyio.CancelScope) -> None:
        failures: list[AgenticError] = []

        async def do(work: Callable[[], Awaitable[None]]) -> None:
            try:
                await work()
            except AgenticError as error:
                failures.append(error)
            tasks.cancel_scope.cancel()

        async def tell() -> None:
            await runner.has_started.wait()
            failure = await self._story.go_on(runner)
            if failure is not None:
                raise failure
            trouble.cancel()
            self._trouble.end()
            await self._finish(runner)
            self._is_over = True

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(do, runner.run)
            tasks.start_soon(do, tell)
        if failures:
            raise failures[0]

    async def _finish(self, runner: Runner) -> None:
        # A story ends at flat, with everything in the books.
        await self._story.end(runner)
        for _ in range(int(_SETTLE_S / _LOOK_S)):
            await runner.clock.sleep(_LOOK_S)
            if all(noted.state in _SETTLED or not noted.signed_at for noted in self.scene.notes.intents.values()):
                break
        await runner.watch.drain()


def play(seed: int, *, kinds: Sequence[str] = KINDS, turns: int | None = None, bug: Bug | None = None) -> Played:
    """Play one seed to its end; which of the kinds of trouble come is drawn from it too."""
    world = World(seed)
    chance = world.chance("kinds")
    drawn = tuple(kind for kind in kinds if chance.happens(_share(kinds, kind)))
    mistake = bug or Bug()

    async def main(world: World) -> Played:
        scene = Scene(world, drawn, mistake.disk)
        await furnish(scene.store)
        stage = _Stage(scene, drawn, turns or chance.between(30, 60), mistake)
        await stage.play()
        return Played(seed, drawn, await judge(scene), scene)

    return world.run(main)


def _share(kinds: Sequence[str], kind: str) -> int:
    # Of a thousand seeds; what is asked for alone always comes.
    if len(kinds) == 1:
        return 1_000
    return 100 if kind == SCARCE else 600
