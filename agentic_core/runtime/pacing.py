"""The marks of a deployment in the present: multiples of its interval in the venue's time."""

from collections.abc import Callable
from typing import Final

from agentic_core.domain.times import Instant, Interval
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.clock import Clock

__all__ = ["VenuePace", "deadline_ms", "grace_ms"]

_GRACE_MS_MAX: Final = 30_000
_GRACES_PER_INTERVAL: Final = 10
_LOOK_EVERY_MS: Final = 1_000
"""The venue's time may jump, so nobody sleeps until a mark in one go."""

_ASK_AGAIN_MS: Final = 250


def grace_ms(interval: Interval) -> int:
    """Return how long after its mark a turn may still begin: a tenth of the interval, at most half a minute.

    >>> grace_ms(Interval.M1), grace_ms(Interval.H1)
    (6000, 30000)
    """
    return min(_GRACE_MS_MAX, interval.ms // _GRACES_PER_INTERVAL)


def deadline_ms(interval: Interval) -> int:
    """Return how long after its mark whoever decides is waited for: four fifths of the interval.

    >>> deadline_ms(Interval.M5)
    240000
    """
    return interval.ms * 4 // 5


class VenuePace:
    """Waits for one mark after the other; a mark that nobody came to in time is passed over, and never two at once."""

    def __init__(self, now: Callable[[], Instant], clock: Clock, interval: Interval) -> None:
        """Pace by the venue's time.

        Args:
            now: the venue's time; raises `VenueUnavailable` while it is not known, and may stand still, jump and step.
            clock: what waits.
            interval: from mark to mark.
        """
        self._now = now
        self._clock = clock
        self._step_ms = interval.ms
        self._grace_ms = grace_ms(interval)
        self._newest: Instant | None = None

    @property
    def now(self) -> Instant:
        """The venue's present.

        Raises:
            VenueUnavailable: it is not known.
        """
        return self._now()

    @property
    def is_last(self) -> bool:
        """Never: the present goes on."""
        return False

    async def next_mark(self) -> Instant:
        """Wait for a mark later than any before, and return it while a turn may still begin."""
        while True:
            wait_ms = self._wait_ms()
            if wait_ms is None:
                assert self._newest is not None, "a mark that is reached is the newest one"
                return self._newest
            await self._clock.sleep(wait_ms / 1_000)

    def _wait_ms(self) -> int | None:
        # How long to wait before looking again; None where a new mark is reached, which then is the newest.
        try:
            now = self._now()
        except VenueUnavailable:
            return _ASK_AGAIN_MS
        mark = Instant(now // self._step_ms * self._step_ms)
        is_new = self._newest is None or mark > self._newest
        if is_new and now - mark <= self._grace_ms:
            self._newest = mark
            return None
        return min(mark + self._step_ms - now, _LOOK_EVERY_MS)
