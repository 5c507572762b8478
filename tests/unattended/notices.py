"""Hints that there are commands, as a process hears them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio

from agentic_core.ports.notices import Delivery, Hint, Listening

__all__ = ["Notices", "listening"]


class Notices:
    """Hears every hint, and says so once."""

    def __init__(self) -> None:
        self._told = anyio.Event()
        self._told.set()
        self._is_new = True
        self.delivery: Delivery = Listening()

    def __aiter__(self) -> "Notices":
        """Return itself."""
        return self

    async def __anext__(self) -> Hint:
        """Wait for the next hint."""
        await self._told.wait()
        self._told = anyio.Event()
        is_new, self._is_new = self._is_new, False
        return Hint.STARTED if is_new else Hint.TOLD

    def hint(self) -> None:
        """Tell that there is something."""
        self._told.set()


@asynccontextmanager
async def listening(listeners: set[Notices]) -> AsyncGenerator[Notices]:
    """Listen among others for as long as the context lasts."""
    notices = Notices()
    listeners.add(notices)
    try:
        yield notices
    finally:
        listeners.discard(notices)
