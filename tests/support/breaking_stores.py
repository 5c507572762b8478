"""A store of which one method fails once the test says so."""

from typing import cast

from agentic_core.errors import StoreUnavailable
from agentic_core.ports.repositories import Store
from agentic_core.store.memory import MemoryStore

__all__ = ["BreakingStore"]

_PARTS = ("skills", "deployments", "leases", "intents", "ledger", "decisions", "states", "logs", "commands", "sim_runs")


class BreakingStore:
    """A store in memory; `broken` names a part and a method of it, such as `states.write`, which then fails."""

    def __init__(self, real: MemoryStore) -> None:
        self.real = real
        self.broken = ""
        for part in _PARTS:
            setattr(self, part, _Part(self, part))

    def as_store(self) -> Store:
        """Return it as what it pretends to be."""
        return cast("Store", self)


class _Part:
    def __init__(self, store: BreakingStore, name: str) -> None:
        self._store = store
        self._name = name

    def __getattr__(self, method: str) -> object:
        if self._store.broken == f"{self._name}.{method}":
            return self._refuse
        return getattr(getattr(self._store.real, self._name), method)

    async def _refuse(self, *arguments: object, **options: object) -> None:
        message = f"the database went away during {self._store.broken}"
        raise StoreUnavailable(message)
