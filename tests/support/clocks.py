"""A clock that stands still until a test moves it."""

import heapq
from itertools import count
from math import ceil

import anyio
from anyio.lowlevel import checkpoint

from agentic_core.domain.times import Instant
from tests.support.markets import AT

__all__ = ["VirtualClock", "settle"]

_TURNS = 20
"""How often others may run before everything that could go on is taken to have gone on."""


class VirtualClock:
    """Time that passes when the test says so; who sleeps wakes in order, each at its own instant."""

    def __init__(self, at: Instant = AT) -> None:
        self._at: int = at
        self._booted_at: int = at - 1_000
        self._order = count()
        self._sleepers: list[tuple[int, int, anyio.Event]] = []

    def now(self) -> Instant:
        """Return the present."""
        return Instant(self._at)

    def boottime_ms(self) -> int:
        """Return the time since a second before the beginning."""
        return self._at - self._booted_at

    async def sleep(self, seconds: float) -> None:
        """Wait until the test has let so much time pass; no time at all only lets others run."""
        if seconds <= 0:
            await checkpoint()
            return
        sleeper = (self._at + ceil(seconds * 1000), next(self._order), anyio.Event())
        heapq.heappush(self._sleepers, sleeper)
        try:
            await sleeper[2].wait()
        finally:
            if sleeper in self._sleepers:
                self._sleepers.remove(sleeper)
                heapq.heapify(self._sleepers)

    async def let_pass(self, milliseconds: int) -> None:
        """Let time pass, and everybody do what they wake up for."""
        until = self._at + milliseconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= until:
            due, _, event = heapq.heappop(self._sleepers)
            self._at = max(self._at, due)  # who slept through a freeze wakes after it
            event.set()
            await settle()
        self._at = until

    def freeze(self, milliseconds: int) -> None:
        """Let time pass while this whole process stands still: nobody wakes until it is over."""
        self._at += milliseconds


async def settle() -> None:
    """Let all others run until they wait for something that only this test can bring about."""
    for _ in range(_TURNS):
        await checkpoint()
