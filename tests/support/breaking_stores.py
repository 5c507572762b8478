"""A store of which one method fails once the test says so."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import cast

from agentic_core.domain import DeploymentId, Fence
from agentic_core.errors import StoreUnavailable
from agentic_core.ports.clock import Clock
from agentic_core.ports.notices import CommandNotices
from agentic_core.ports.runner_store import RunnerStore
from agentic_core.store.memory import MemoryStore

__all__ = ["BreakingStore"]

_PARTS = (
    "skills",
    "deployments",
    "leases",
    "intents",
    "ledger",
    "journal",
    "decisions",
    "states",
    "logs",
    "commands",
    "sim_runs",
    "wallets",
    "days",
    "platform",
)


class BreakingStore:
    """A store in memory; `broken` names a part and a method of it, such as `states.write`, which then fails.

    A name that ends in `.` breaks the whole part, and `.` all of them.
    """

    def __init__(self, real: MemoryStore, root: "BreakingStore | None" = None) -> None:
        self.real = real
        self.broken = ""
        self._root = root or self
        for part in _PARTS:
            setattr(self, part, _Part(self._root, real, part))

    def as_store(self) -> RunnerStore:
        """Return it as what it pretends to be."""
        return cast("RunnerStore", self)

    def breaks(self, method: str) -> bool:
        """Tell whether a method fails now."""
        return bool(self.broken) and (
            self.broken in {method, "."} or (self.broken.endswith(".") and method.startswith(self.broken))
        )

    @asynccontextmanager
    async def unit(self, fence: Fence | None = None) -> AsyncGenerator["BreakingStore"]:
        """Open a unit of work whose methods fail likewise."""
        if self.broken == ".":
            raise StoreUnavailable("the database went away before a unit of work")
        async with self.real.unit(fence) as after:
            yield BreakingStore(after, self._root)

    def command_notices(self, deployment: DeploymentId, clock: Clock) -> AbstractAsyncContextManager[CommandNotices]:
        """Poll, as the store in memory does."""
        return self.real.command_notices(deployment, clock)


class _Part:
    def __init__(self, root: BreakingStore, real: MemoryStore, name: str) -> None:
        self._root = root
        self._real = real
        self._name = name

    def __getattr__(self, method: str) -> object:
        if self._root.breaks(f"{self._name}.{method}"):
            return self._refuse
        return getattr(getattr(self._real, self._name), method)

    async def _refuse(self, *arguments: object, **options: object) -> None:
        message = f"the database went away during {self._root.broken}"
        raise StoreUnavailable(message)
