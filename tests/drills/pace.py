"""A clock that runs some times faster than life, the same in every process of this machine."""

import msgspec

from agentic_core.domain import Instant
from agentic_core.system import SystemClock

__all__ = ["Pace", "ScaledClock"]


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """From which moment on time runs how much faster; processes hand it to each other as JSON."""

    factor: int
    wall_ms: int
    boot_ms: int
    """Both of the moment at which it begins to run faster."""

    @classmethod
    def beginning_now(cls, factor: int) -> "Pace":
        """Begin at this moment."""
        clock = SystemClock()
        return cls(factor=factor, wall_ms=clock.now(), boot_ms=clock.boottime_ms())

    def real_s(self, ms: int) -> float:
        """Return how many seconds of life so many milliseconds of the drill are."""
        return ms / 1_000 / self.factor


class ScaledClock:
    """Time by the machine's own count since it booted, so that nobody who sets the wall clock is noticed."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self._real = SystemClock()

    def now(self) -> Instant:
        """Return the drill's wall time."""
        return Instant(self.pace.wall_ms + self._passed())

    def boottime_ms(self) -> int:
        """Return the drill's milliseconds since boot."""
        return self.pace.boot_ms + self._passed()

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds of the drill."""
        await self._real.sleep(seconds / self.pace.factor)

    def _passed(self) -> int:
        return (self._real.boottime_ms() - self.pace.boot_ms) * self.pace.factor
