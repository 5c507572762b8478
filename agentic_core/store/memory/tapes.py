"""Exchanges with chat models, in memory."""

from operator import attrgetter

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.likeness import most_alike
from agentic_core.ports.tape import TapeEntry, TapeKey
from agentic_core.store.checks import check_tape_entry

__all__ = ["MemoryTape", "MemoryTapes"]

_OLDEST_FIRST = attrgetter("recorded_at", "key")


class MemoryTape:
    """The exchanges of one deployment."""

    def __init__(self, entries: dict[TapeKey, TapeEntry]) -> None:
        self._entries = entries

    async def find(self, key: TapeKey) -> TapeEntry | None:
        """Return the exchange of a key, or None."""
        return self._entries.get(key)

    async def keep(self, entry: TapeEntry) -> None:
        """Keep an exchange; one that is there already under its key stays.

        Raises:
            UsageError: its key is not that of its request.
        """
        check_tape_entry(entry)
        self._entries.setdefault(entry.key, entry)

    async def nearest(self, request: bytes) -> TapeEntry | None:
        """Return the kept exchange that resembles a request most, the newest of several; None on an empty tape."""
        kept = sorted(self._entries.values(), key=_OLDEST_FIRST)
        return most_alike(request, ((entry.request, entry) for entry in kept))


class MemoryTapes:
    """A tape for each deployment."""

    def __init__(self) -> None:
        self._tapes: dict[DeploymentId, dict[TapeKey, TapeEntry]] = {}

    def of(self, deployment: DeploymentId) -> MemoryTape:
        """Return the tape of a deployment, which is empty at first."""
        return MemoryTape(self._tapes.setdefault(deployment, {}))

    async def entries(
        self, deployment: DeploymentId, *, after: TapeKey | None = None, limit: int = 100
    ) -> tuple[TapeEntry, ...]:
        """Return exchanges of a deployment by their keys, those that come after one of them."""
        kept = self._tapes.get(deployment, {})
        keys = sorted(key for key in kept if after is None or key > after)
        return tuple(kept[key] for key in keys[:limit])
