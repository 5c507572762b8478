"""Being told that a deployment's commands are worth a look; the commands themselves stand in their table only."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from typing import Protocol, TypeAlias

import msgspec

from agentic_core.domain.ids import DeploymentId
from agentic_core.ports.clock import Clock

__all__ = ["POLL_MS", "CommandNotices", "Delivery", "Hint", "Listening", "NoticeStore", "Polling"]

POLL_MS = 250
"""How often the table is looked at where nobody can be told."""


class Hint(StrEnum):
    """Why the table of commands should be read now."""

    STARTED = "started"
    """The database began to tell, at first or again; what came before that it did not."""
    TOLD = "told"
    """Somebody said that there is something new, which need not be so."""
    DUE = "due"
    """It was not looked at for a while."""


class Listening(msgspec.Struct, frozen=True, kw_only=True):
    """The database tells, and was heard to."""


class Polling(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody tells, so there is a hint every so often."""

    every_ms: int
    why: str


Delivery: TypeAlias = Listening | Polling
"""How hints come at present."""


class CommandNotices(Protocol):
    """Hints without end: `async for hint in notices`, and read the table at each, the first included."""

    @property
    def delivery(self) -> Delivery:
        """How hints come at present."""

    def __aiter__(self) -> AsyncIterator[Hint]:
        """Return itself."""

    async def __anext__(self) -> Hint:
        """Wait until the table is worth a look; a database that is away is waited for, and never raised."""


class NoticeStore(Protocol):
    """A store that tells of commands."""

    def command_notices(self, deployment: DeploymentId, clock: Clock) -> AbstractAsyncContextManager[CommandNotices]:
        """Listen for the commands of a deployment, and find out whether the database can be heard at all."""
