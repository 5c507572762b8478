"""Killing runner after runner, each followed by the next, until the last is told to take the account to flat."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from tests.drills.cuts import Cut
from tests.drills.ending import flat_at_last
from tests.drills.seeding import Seeded
from tests.drills.stage import LogLineSeen, Runner, Stage
from tests.support.by_hand import execute

__all__ = ["READY", "Cycle", "Played", "instant_of", "play"]

_UNRESOLVED = """
    select cloid, state from order_intents
    where account_key = %s and kind in ('order', 'stop') and state in ('prepared', 'sent', 'unknown')
"""
READY = "entering tick loop"
"""What a runner says, among other words, once the account is clear."""
_KILLED = -9
_AHEAD_MS = 1_000
"""So long before the last mark of a life the venue is told what to do to the next order."""


class Cycle(msgspec.Struct, frozen=True, kw_only=True):
    """One life, as it went."""

    cut: Cut
    name: str
    """The runner's."""
    killed_at: int
    unresolved: dict[str, str]
    """Orders and stops whose fate was open when it died, and what was written down of them."""


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, and the runner that came last and ended by itself."""

    cycles: tuple[Cycle, ...]
    takeovers_ms: tuple[int, ...]
    """From each kill until the account was traded again, where the next one lived to see it."""
    leases_at: tuple[int, ...]
    """When the lease was taken."""
    faults: tuple[str, ...]


async def play(stage: Stage, seeded: Seeded, dsn: str, drawn: Iterable[Cut]) -> Played:
    """Kill one runner for each cut, and end with a kill command."""
    return await _Drill(stage, seeded, dsn).play(tuple(drawn))


def instant_of(line: LogLineSeen) -> int:
    """Return when a line was said."""
    moment = datetime.fromisoformat(line["ts"])
    return round(moment.timestamp() * 1_000)


class _Drill:
    def __init__(self, stage: Stage, seeded: Seeded, dsn: str) -> None:
        self._stage, self._seeded, self._dsn = stage, seeded, dsn
        self._takeovers: list[int] = []
        self._leases: list[int] = []
        self._killed_at: int | None = None

    async def play(self, drawn: tuple[Cut, ...]) -> Played:
        cycles: list[Cycle] = []
        runner = await self._start(drawn[0].machine)
        for cut, then in zip(drawn, (*drawn[1:], drawn[0]), strict=True):
            follower = await self._live(runner, cut, then)
            cycles.append(await self._kill(runner, cut))
            runner = follower or await self._start(then.machine)
        await self._ready(runner)
        faults = await flat_at_last(self._stage, self._seeded, self._dsn, runner)
        self._note(runner)
        return Played(
            cycles=tuple(cycles),
            takeovers_ms=tuple(self._takeovers),
            leases_at=tuple(self._leases),
            faults=tuple(faults),
        )

    async def _live(self, runner: Runner, cut: Cut, then: Cut) -> Runner | None:
        if cut.while_booting:
            await self._stage.pause(cut.after_ms)
            return None
        await self._ready(runner)
        follower = await self._start(then.machine) if cut.is_followed_early else None
        await self._stage.until_after_mark(-_AHEAD_MS, marks=cut.marks)
        if cut.fault is not None:
            await self._stage.inject(cut.fault)
        if cut.at_order:
            await self._stage.order_of(runner, past=self._stage.clock.now())
        else:
            await self._stage.until_after_mark(cut.after_ms)
        return follower

    async def _kill(self, runner: Runner, cut: Cut) -> Cycle:
        runner.kill()
        self._killed_at = self._stage.clock.now()
        assert await runner.gone() == _KILLED, f"{runner.name} ended by itself: {runner}"
        self._note(runner)
        found = execute(self._dsn, _UNRESOLVED, self._seeded.account)
        unresolved = {str(cloid): str(state) for cloid, state in found}
        return Cycle(cut=cut, name=runner.name, killed_at=self._killed_at, unresolved=unresolved)

    async def _ready(self, runner: Runner) -> None:
        line = await runner.says("runner_started", READY, within_s=self._stage.patience_s)
        if self._killed_at is not None:
            self._takeovers.append(instant_of(line) - self._killed_at)

    def _note(self, runner: Runner) -> None:
        self._leases += map(instant_of, runner.said("lease_taken"))

    async def _start(self, machine: str) -> Runner:
        return await self._stage.start(self._seeded, machine)
