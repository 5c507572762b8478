"""The real clock."""

import time

import anyio

from agentic_core.domain.times import Instant

__all__ = ["SystemClock"]

_NS_PER_MS = 1_000_000


class SystemClock:
    """Tells the time of this machine."""

    def now(self) -> Instant:
        """Return the present as UTC wall time."""
        return Instant(time.time_ns() // _NS_PER_MS)

    def boottime_ms(self) -> int:
        """Return milliseconds since boot, sleep included."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // _NS_PER_MS

    async def sleep(self, seconds: float) -> None:
        """Wait at least this long."""
        await anyio.sleep(seconds)
