"""What the store says of the things a runner remembers."""

from collections.abc import Collection

from agentic_core.domain.continuity import Found
from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.journal import JournalKind
from agentic_core.ports.journal import JournalStore
from agentic_core.store.memory.deployments import MemoryDeployments
from agentic_core.store.memory.intents import MemoryIntents
from agentic_core.store.memory.leases import MemoryLeases

__all__ = ["MemoryContinuity"]


class MemoryContinuity:
    """Asked before a lease is taken."""

    def __init__(
        self, journal: JournalStore, deployments: MemoryDeployments, leases: MemoryLeases, intents: MemoryIntents
    ) -> None:
        """Take what is asked."""
        self._journal = journal
        self._deployments = deployments
        self._leases = leases
        self._intents = intents

    async def find(self, deployment: DeploymentId, seq: int, signers: Collection[str]) -> Found:
        """Return the epoch of the deployment's account, its record of that number, and the nonces of these signers."""
        head = await self._journal.head(deployment)
        entries = () if head is None else await self._journal.after(deployment, 0, head.seq)
        restored = [entry for entry in entries if entry.kind == JournalKind.RESTORED]
        lease = None
        if deployment in self._deployments:
            row = await self._deployments.load(deployment)
            lease = await self._leases.read(row.account_key)
        return Found(
            hash_at_head=entries[seq - 1].hash if 0 < seq <= len(entries) else None,
            epoch=None if lease is None else lease.epoch,
            nonces=self._intents.last_nonces(signers),
            restored_seq=restored[-1].seq if restored else None,
            restored_hash=restored[-1].hash if restored else None,
        )
