"""Something that is opened again and again until it opens, while others ask for it meanwhile."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final, Generic, TypeVar

import anyio

from agentic_core.errors import StoreUnavailable
from agentic_core.logevents import LogEvent, LogLevel, Say
from agentic_core.ports.clock import Clock

__all__ = ["KeptOpen"]

_Opened = TypeVar("_Opened")

_AGAIN_S: Final = 2.0


class KeptOpen(Generic[_Opened]):
    """A database that may be away when a process starts."""

    def __init__(self, open_it: Callable[[], AbstractAsyncContextManager[_Opened]], clock: Clock, say: Say) -> None:
        """Take what opens it; nothing is opened yet."""
        self._open = open_it
        self._clock = clock
        self._say = say
        self._opened: _Opened | None = None
        self._is_open = anyio.Event()
        self._why = "the database was not reached yet"

    async def keep(self) -> None:
        """Open it as soon as that goes, and keep it open until cancelled.

        Raises:
            AgenticError: opening it failed for another reason than that it is away.
        """
        while True:
            try:
                async with self._open() as opened:
                    self._opened = opened
                    self._is_open.set()
                    await anyio.sleep_forever()
            except StoreUnavailable as error:
                self._tell(str(error))
            finally:
                self._opened = None
            await self._clock.sleep(_AGAIN_S)

    async def opened(self) -> None:
        """Wait until it was opened for the first time."""
        await self._is_open.wait()

    def get(self) -> _Opened:
        """Return it.

        Raises:
            StoreUnavailable: it is away.
        """
        if self._opened is None:
            raise StoreUnavailable(self._why)
        return self._opened

    def _tell(self, why: str) -> None:
        if why != self._why:
            self._say(LogEvent.DATABASE_AWAY, why, level=LogLevel.WARN)
        self._why = why
