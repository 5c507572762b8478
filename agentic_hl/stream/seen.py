"""What a log has brought already, so that a repeated snapshot brings nothing twice."""

from collections.abc import Hashable, Sequence

from agentic_hl.stream.arrivals import Entry, entry_key, entry_time

__all__ = ["SEEN_MAX", "Seen"]

SEEN_MAX = 20_000
"""Twice what the venue lets be read back; whoever books entries has a unique index besides."""


class Seen:
    """The keys of the newest entries of one log."""

    def __init__(self, limit: int = SEEN_MAX) -> None:
        """Remember so many."""
        self._limit = limit
        self._keys: dict[Hashable, None] = {}

    def admit(self, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """Return the entries that did not come before, oldest first, and remember them."""
        # Snapshots are newest first; turned round before sorting, what shares a millisecond keeps its order as well.
        turned = entries[::-1] if entries and entry_time(entries[0]) > entry_time(entries[-1]) else entries
        fresh: list[Entry] = []
        for entry in sorted(turned, key=entry_time):
            key = entry_key(entry)
            if key not in self._keys:
                self._keys[key] = None
                fresh.append(entry)
        while len(self._keys) > self._limit:
            del self._keys[next(iter(self._keys))]
        return tuple(fresh)
