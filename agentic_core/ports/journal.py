"""The journals in the database. Nothing appends through this port: every effect appends its record by itself."""

from typing import Protocol

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.journal import Checkpoint, JournalEntry, JournalHead, JournalPayload

__all__ = ["JournalStore"]


class JournalStore(Protocol):
    """One chain of records for each deployment."""

    async def head(self, deployment: DeploymentId) -> JournalHead | None:
        """Return the newest record's number and hash, or None where there is no such deployment."""

    async def after(self, deployment: DeploymentId, seq: int, limit: int) -> tuple[JournalEntry, ...]:
        """Return the records after one of them, oldest first; all there are after 0."""

    async def payload(self, deployment: DeploymentId, seq: int) -> JournalPayload | None:
        """Return the private text of a record; None where it has none, or where it was erased."""

    async def erase_payload(self, deployment: DeploymentId, seq: int) -> bool:
        """Erase the private text of a record and of the decision it tells of; tell whether there was any."""

    async def checkpoints(self, deployment: DeploymentId) -> tuple[Checkpoint, ...]:
        """Return the signed heads, oldest first."""

    async def add_checkpoint(self, checkpoint: Checkpoint) -> bool:
        """Keep a signed head; False where one of that record is there already, which stays.

        Raises:
            Conflict: the chain has no record of that number and hash; nothing was written.
        """

    async def due(self, every: int) -> tuple[JournalHead, ...]:
        """Return the heads that are at least so many records past their newest checkpoint."""
