"""What happened in a world, in order, with a hash that two runs of one seed share."""

from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from typing import TypeAlias

import msgspec

__all__ = ["Fact", "Trace", "TraceEvent"]

Fact: TypeAlias = str | int | Decimal | None

_FIELD = "\x1f"
_RECORD = "\x1e"


class TraceEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line of a trace."""

    at_ms: int
    """Since the world began."""
    who: str
    what: str
    facts: tuple[tuple[str, Fact], ...] = ()

    def __str__(self) -> str:
        """Write the event for people."""
        told = " ".join(f"{name}={value}" for name, value in self.facts)
        return f"{self.at_ms / 1000:>10.3f} s  {self.who:<12} {self.what}{' ' if told else ''}{told}"


class Trace:
    """An ordered record that is hashed as it grows."""

    def __init__(self) -> None:
        """Begin empty."""
        self._events: list[TraceEvent] = []
        self._digest = sha256()

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[TraceEvent]:
        return iter(self._events)

    @property
    def digest(self) -> str:
        """64 hex digits that name this sequence of events."""
        return self._digest.hexdigest()

    def add(self, event: TraceEvent) -> None:
        """Append an event."""
        self._events.append(event)
        told = (f"{name}={type(value).__name__}:{value}" for name, value in event.facts)
        line = _FIELD.join((str(event.at_ms), event.who, event.what, *told))
        self._digest.update(f"{line}{_RECORD}".encode())
