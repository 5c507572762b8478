"""Verifies the journals of all deployments, and signs the heads of those that have grown where there is a key."""

from collections.abc import Mapping

from agentic_core.domain.ids import DeploymentId, TickId
from agentic_core.domain.journal import JournalHead
from agentic_core.domain.records import LogLine
from agentic_core.errors import ConfigError, JournalBroken
from agentic_core.journal.chain import Broken
from agentic_core.logevents import LogEvent, LogLevel, Say
from agentic_core.ops.outcomes import JobFigures
from agentic_core.ports.clock import Clock
from agentic_core.ports.journal import JournalStore
from agentic_core.ports.messages import LogStore

try:
    from agentic_core.journal.checkpoints import CheckpointKey, PublicKey
    from agentic_core.ops.journal_chain import audit_chain
    from agentic_core.store.journal_signing import JournalSigner
except ImportError as exc:
    _MISSING = "journals need cryptography: pip install 'agentic-perps[postgres]'"
    raise ConfigError(_MISSING) from exc

__all__ = ["JournalKeeper"]

_EVERYBODY = 0
"""How many records a head is past its checkpoint at least."""


class JournalKeeper:
    """Goes through journals record by record; what is broken is written into the log of its deployment."""

    def __init__(
        self,
        journal: JournalStore,
        logs: LogStore,
        clock: Clock,
        say: Say,
        *,
        keys: Mapping[str, PublicKey],
        signing: CheckpointKey | None = None,
    ) -> None:
        """Take the journals, the keys that are trusted by their ids, and the one to sign with where there is one."""
        self._journal = journal
        self._logs = logs
        self._clock = clock
        self._say = say
        self._keys = keys
        self._signer = None if signing is None else JournalSigner(journal, signing, clock.now)

    async def verify(self) -> JobFigures:
        """Follow every journal, and return how many are `whole` and how many `broken`.

        Raises:
            StoreUnavailable: the database was lost.
        """
        found = [
            await self._verified(head.deployment, await audit_chain(self._journal, head.deployment, self._keys))
            for head in await self._journal.due(_EVERYBODY)
        ]
        return {"whole": sum(found), "broken": len(found) - sum(found)}

    async def sign(self) -> JobFigures:
        """Sign every head that has grown since it was signed last, and return how many were, and how many are `broken`.

        Raises:
            StoreUnavailable: the database was lost.
        """
        if self._signer is None:
            return {"signed": 0, "broken": 0}
        signed = broken = 0
        for deployment in await self._signer.due(1):
            try:
                signed += await self._signer.sign(deployment) is not None
            except JournalBroken as error:
                broken += 1
                await self._tell(deployment, f"its head was not signed: {error}")
        return {"signed": signed, "broken": broken}

    async def _verified(self, deployment: DeploymentId, found: JournalHead | Broken) -> bool:
        if not isinstance(found, Broken):
            return True
        await self._tell(deployment, f"its journal does not hold together at {found.detail}")
        return False

    async def _tell(self, deployment: DeploymentId, what: str) -> None:
        now = self._clock.now()
        line = LogLine(
            deployment_id=deployment,
            ts=now,
            level=LogLevel.ERROR,
            event=LogEvent.HUMAN_NEEDED,
            message=f"deployment {deployment}: {what}; see: agentic journal verify {deployment}",
            trace_id=TickId(deployment=deployment, mark=now, cause="journal").trace,
        )
        self._say(LogEvent.HUMAN_NEEDED, line.message, level=LogLevel.ERROR, deployment=deployment)
        await self._logs.append([line])
