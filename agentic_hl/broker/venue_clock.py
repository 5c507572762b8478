"""The venue's time, as far as its answers prove it."""

from typing import Final

from agentic_core.domain.times import Instant
from agentic_core.errors import UsageError
from agentic_core.ports.clock import Clock
from agentic_hl.broker.asking import Asking
from agentic_hl.broker.boot import ClockReading
from agentic_hl.rest.hyperliquid_rest import HyperliquidRest
from agentic_hl.rest.queries import exchange_status

__all__ = ["VenueClock"]

_QUESTION_MS: Final = 10_000


class VenueClock:
    """Goes on from the newest time the venue told, by the time since boot, so our own clock may be set meanwhile.

    What was told is some way old when it arrives, so the time here is never later than the venue's own.
    """

    def __init__(self, venue: HyperliquidRest, clock: Clock, *, deadline_ms: int = _QUESTION_MS) -> None:
        """Take where to ask, and what measures the time that passes."""
        self._clock: Final = clock
        self._asking: Final = Asking(venue, deadline_ms)
        self._ahead: int | None = None
        self._newest = Instant(0)

    @property
    def is_known(self) -> bool:
        """Whether the venue told its time at all."""
        return self._ahead is not None

    @property
    def offset_ms(self) -> int:
        """By how much the venue's time is ahead of our clock.

        Raises:
            UsageError: the venue told no time yet.
        """
        return self.now() - self._clock.now()

    def now(self) -> Instant:
        """Return the venue's time; it never goes back.

        Raises:
            UsageError: the venue told no time yet.
        """
        if self._ahead is None:
            message = "the venue told no time yet; await `sync` before the first use"
            raise UsageError(message)
        self._newest = max(self._newest, Instant(self._clock.boottime_ms() + self._ahead))
        return self._newest

    def heard(self, time: Instant) -> None:
        """Take a time that the venue wrote just now, or a while ago: it counts only where it is news."""
        ahead = time - self._clock.boottime_ms()
        self._ahead = ahead if self._ahead is None else max(self._ahead, ahead)

    async def sync(self) -> ClockReading:
        """Ask for the venue's time, and correct what the two clocks drifted apart.

        Raises:
            VenueUnavailable: the venue does not answer.
        """
        asked, asked_at = self._clock.boottime_ms(), self._clock.now()
        status = await self._asking.ask(exchange_status())
        answered, answered_at = self._clock.boottime_ms(), self._clock.now()
        # The venue looked at its clock somewhere between the two, so only what lies outside is wrong.
        least, most = status.time - answered, status.time - asked
        self._ahead = least if self._ahead is None else min(max(self._ahead, least), most)
        return ClockReading(venue_time=Instant(status.time), asked_at=asked_at, answered_at=answered_at)
