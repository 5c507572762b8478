"""What only the owner of an account remembers of it, because the venue does not keep it."""

from typing import Protocol

import msgspec

from agentic_core.domain.account import DayCounters
from agentic_core.domain.money import Usd
from agentic_core.domain.order import OpenIntent
from agentic_core.domain.times import Instant

__all__ = ["AccountMemory", "Remembered"]


class Remembered(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the venue cannot know of an account."""

    day: DayCounters
    peak: Usd
    unresolved: int = 0
    open_intents: tuple[OpenIntent, ...] = ()


class AccountMemory(Protocol):
    """Keeps what outlives a process: counters of the day, the peak, and the intents that have not ended."""

    def recall(self, as_of: Instant, equity: Usd) -> Remembered:
        """Return what is remembered as of an instant at which the account had this value."""
        ...
