"""What the loop of a deployment needs besides the library's ports."""

from typing import Protocol

from agentic_core.domain.times import Instant

__all__ = ["Pace"]


class Pace(Protocol):
    """The rhythm of a deployment: one mark after the other, by the venue's time."""

    @property
    def now(self) -> Instant:
        """The venue's present."""

    @property
    def is_last(self) -> bool:
        """Whether no turn is taken at the present mark because nothing follows it."""

    async def next_mark(self) -> Instant | None:
        """Wait for the next mark and return it, or None when there is none."""
