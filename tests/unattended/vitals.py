"""Whether a process lives, stands still or sleeps with its machine, and the time it is told."""

from collections.abc import Callable
from math import ceil
from typing import NamedTuple

import anyio

from agentic_core.domain import Instant
from agentic_core.ports.clock import Clock
from agentic_core.simulation.world import WorldClock

__all__ = ["ProcessClock", "Span", "Steps", "Vitals"]

_MS_PER_S = 1_000


class Span(NamedTuple):
    """A piece of the world's time."""

    began: int
    ended: int


class Vitals:
    """What the outside did to one process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.died_at: int | None = None
        self.suspended_ms = 0
        """How long its machine has slept, which only the time since boot knows of."""
        self.stood: list[Span] = []
        """When it stood still."""
        self._froze_at: int | None = None
        self._thawed = anyio.Event()

    @property
    def is_dead(self) -> bool:
        """Whether it was killed."""
        return self.died_at is not None

    @property
    def is_frozen(self) -> bool:
        """Whether it stands still now."""
        return self._froze_at is not None

    @property
    def is_well(self) -> bool:
        """Whether it lives and goes on."""
        return not self.is_dead and not self.is_frozen

    async def awake(self) -> bool:
        """Wait until it goes on, and tell whether it had stood still."""
        stood = False
        while self.is_frozen and not self.is_dead:
            stood = True
            await self._thawed.wait()
        return stood

    def freeze(self) -> None:
        """Let it stand still while the world goes on."""
        if self._froze_at is None:
            self._froze_at = self._clock.boottime_ms()
            self._thawed = anyio.Event()

    def thaw(self, *, has_slept: bool = False) -> None:
        """Let it go on; its machine may have slept with it, so that waiting goes on where it was."""
        if self._froze_at is None:
            return
        now = self._clock.boottime_ms()
        self.stood.append(Span(self._froze_at, now))
        if has_slept:
            self.suspended_ms += now - self._froze_at
        self._froze_at = None
        self._thawed.set()

    def die(self) -> None:
        """End it as a kill does: nothing it still does has any effect."""
        if self.died_at is None:
            self.died_at = self._clock.boottime_ms()
        self._thawed.set()


class ProcessClock:
    """The clock as one process reads it."""

    def __init__(self, wall: WorldClock, vitals: Vitals) -> None:
        self._wall = wall
        self._vitals = vitals

    def now(self) -> Instant:
        """Return the present as this machine has it."""
        return self._wall.now()

    def boottime_ms(self) -> int:
        """Return milliseconds since the machine booted, the time it slept among them."""
        return self._wall.boottime_ms()

    async def sleep(self, seconds: float) -> None:
        """Wait so long by a clock that stops while the machine sleeps."""
        target_ms = self._waited_ms() + ceil(seconds * _MS_PER_S)
        left_ms = target_ms - self._waited_ms()
        while True:
            await self._wall.sleep(left_ms / _MS_PER_S)
            await self._vitals.awake()
            left_ms = target_ms - self._waited_ms()
            if left_ms <= 0 or self._vitals.is_dead:
                return

    def _waited_ms(self) -> int:
        return self._wall.boottime_ms() - self._vitals.suspended_ms


class Steps:
    """Counts what a process asks of the outside, and kills it at one of these."""

    def __init__(self, vitals: Vitals, scope: anyio.CancelScope) -> None:
        self._vitals = vitals
        self._scope = scope
        self.dies_after: int | None = None
        self.stalls_after: int | None = None
        self.on_stall: Callable[[], None] = lambda: None
        self.count = 0
        self.writes = 0

    def step(self) -> None:
        """Take a step; from the fatal one on nothing reaches anybody."""
        self.count += 1
        if self.count == self.dies_after:
            self.kill()

    def wrote(self) -> None:
        """Take note that something of an order is stored, which is known in the process when it goes on."""
        self.writes += 1
        if self.writes == self.stalls_after:
            self.on_stall()

    def kill(self) -> None:
        """Kill the process here and now."""
        self._vitals.die()
        self._scope.cancel()
