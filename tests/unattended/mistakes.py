"""What can be put in the place of a shipped part, so that its absence is noticed."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Protocol, TypeAlias, cast

import anyio

from agentic_core.chat.toolbox import Toolbox
from agentic_core.chat.transport import ChatTransport
from agentic_core.domain import DeploymentId, Fence
from agentic_core.ports.runner_store import RunnerStore
from agentic_core.ports.tape import Tape
from agentic_core.runtime import Mandate
from agentic_core.runtime.runner import Ended
from agentic_core.runtime.runner_ports import RunnerPorts
from agentic_core.runtime.session import OpenSession
from tests.unattended.wire import WatchedLink

__all__ = ["Call", "Change", "Mistake", "Run", "changed_store"]

Call: TypeAlias = Callable[..., Awaitable[object]]
Change: TypeAlias = Callable[..., Awaitable[object]]
"""Called in place of a method of the database, with the repository it is of and the method before its arguments."""


class Run(Protocol):
    """Runs a deployment, as the library does."""

    def __call__(self, deployment: DeploymentId, ports: RunnerPorts, *, stop: anyio.Event) -> Awaitable[Ended]:
        """Run it until it ends, or until `stop` is set."""


class Mistake:
    """No mistake; those that are some replace one of these."""

    changes: Mapping[str, Change] = {}
    """What becomes of methods of the database, by `part.method`."""

    def ports(self, ports: RunnerPorts) -> RunnerPorts:
        """Return what stands behind the runner."""
        return ports

    def session(self, opened: OpenSession) -> OpenSession:
        """Return what opens sessions."""
        return opened

    def link(self, link: WatchedLink) -> WatchedLink:
        """Return the way to the venue."""
        return link

    def transport(self, link: ChatTransport) -> ChatTransport:
        """Return the way to the provider of the chat model."""
        return link

    def mandate(self, mandate: Mandate, box: Toolbox) -> Mandate:
        """Return what the deployment runs under; the box holds every tool of the host."""
        del box
        return mandate

    def tape(self, tape: Tape) -> Tape:
        """Return the tape of the deployment."""
        return tape

    def store(self, store: RunnerStore) -> RunnerStore:
        """Return the database as the runner sees it."""
        return changed_store(store, self.changes) if self.changes else store

    async def run(self, run: Run, deployment: DeploymentId, ports: RunnerPorts, stop: anyio.Event) -> Ended:
        """Run."""
        return await run(deployment, ports, stop=stop)


def changed_store(store: RunnerStore, changes: Mapping[str, Change]) -> RunnerStore:
    """Return a database some of whose methods are others, inside units of work too."""
    return cast("RunnerStore", _Store(store, changes))


class _Store:
    def __init__(self, inner: RunnerStore, changes: Mapping[str, Change]) -> None:
        self._inner = inner
        self._changes = changes

    def __getattr__(self, name: str) -> object:
        part = getattr(self._inner, name)
        is_changed = any(key.startswith(f"{name}.") for key in self._changes)
        return _Part(part, name, self._changes) if is_changed else part

    @asynccontextmanager
    async def unit(self, fence: Fence | None = None) -> AsyncGenerator["_Store"]:
        async with self._inner.unit(fence) as unit:
            yield _Store(unit, self._changes)


class _Part:
    def __init__(self, inner: object, name: str, changes: Mapping[str, Change]) -> None:
        self._inner = inner
        self._name = name
        self._changes = changes

    def __getattr__(self, method: str) -> object:
        work: Call = getattr(self._inner, method)
        change = self._changes.get(f"{self._name}.{method}")
        return work if change is None else partial(change, self._inner, work)
