"""Hints that come by the clock, because nobody tells."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from agentic_core.ports.clock import Clock
from agentic_core.ports.notices import POLL_MS, Hint, Polling

__all__ = ["PollingNotices", "polling"]

_MS_PER_S = 1_000


class PollingNotices:
    """One hint at once, and one every so often."""

    def __init__(self, clock: Clock, why: str, *, every_ms: int = POLL_MS) -> None:
        """Take the clock that waits, and why there is nothing better."""
        self._clock = clock
        self._is_new = True
        self.delivery = Polling(every_ms=every_ms, why=why)

    def __aiter__(self) -> "PollingNotices":
        """Return itself."""
        return self

    async def __anext__(self) -> Hint:
        """Wait until it is time to look again."""
        if self._is_new:
            self._is_new = False
            return Hint.STARTED
        await self._clock.sleep(self.delivery.every_ms / _MS_PER_S)
        return Hint.DUE


@asynccontextmanager
async def polling(clock: Clock, why: str) -> AsyncGenerator[PollingNotices]:
    """Open what needs no opening, as the others are opened."""
    yield PollingNotices(clock, why)
