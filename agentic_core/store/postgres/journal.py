"""The journals: read here, appended to by the database itself."""

import msgspec

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.journal import Checkpoint, JournalEntry, JournalHead, JournalPayload
from agentic_core.store import sentences
from agentic_core.store.postgres.connection import Database

__all__ = ["PostgresJournal"]


class _Answer(msgspec.Struct):
    answer: bool


class _Added(msgspec.Struct):
    is_known: bool
    is_new: bool


class PostgresJournal:
    """One chain of records for each deployment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def head(self, deployment: DeploymentId) -> JournalHead | None:
        """Return the newest record's number and hash, or None where there is no such deployment."""
        return await self._database.row("journal_head", JournalHead, {"deployment": deployment})

    async def after(self, deployment: DeploymentId, seq: int, limit: int) -> tuple[JournalEntry, ...]:
        """Return the records after one of them, oldest first; all there are after 0."""
        values = {"deployment": deployment, "seq": seq, "limit": limit}
        return await self._database.rows("journal_after", JournalEntry, values)

    async def payload(self, deployment: DeploymentId, seq: int) -> JournalPayload | None:
        """Return the private text of a record; None where it has none, or where it was erased."""
        return await self._database.row("journal_payload", JournalPayload, {"deployment": deployment, "seq": seq})

    async def erase_payload(self, deployment: DeploymentId, seq: int) -> bool:
        """Erase the private text of a record and of the decision it tells of; tell whether there was any."""
        answer = await self._database.row("erase_journal_payload", _Answer, {"deployment": deployment, "seq": seq})
        return answer is not None and answer.answer

    async def checkpoints(self, deployment: DeploymentId) -> tuple[Checkpoint, ...]:
        """Return the signed heads, oldest first."""
        return await self._database.rows("journal_checkpoints", Checkpoint, {"deployment": deployment})

    async def add_checkpoint(self, checkpoint: Checkpoint) -> bool:
        """Keep a signed head; False where one of that record is there already, which stays.

        Raises:
            Conflict: the chain has no record of that number and hash; nothing was written.
        """
        values = msgspec.structs.asdict(checkpoint)
        added = await self._database.row("add_journal_checkpoint", _Added, values)
        if added is None or not added.is_known:
            raise sentences.no_link(checkpoint.deployment, checkpoint.seq, checkpoint.hash)
        return added.is_new

    async def due(self, every: int) -> tuple[JournalHead, ...]:
        """Return the heads that are at least so many records past their newest checkpoint."""
        return await self._database.rows("journals_due", JournalHead, {"every": every})
