"""Where time comes from."""

from typing import Protocol

from agentic_core.domain.times import Instant

__all__ = ["Clock"]


class Clock(Protocol):
    """Wall time for what is recorded, time since boot for deadlines, and waiting."""

    def now(self) -> Instant:
        """Return the present as UTC wall time; it can jump when the machine's clock is set."""

    def boottime_ms(self) -> int:
        """Return milliseconds since the machine booted, sleep included; it never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Wait at least this long; cancellation ends the wait at once."""
