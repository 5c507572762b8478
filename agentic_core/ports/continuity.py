"""What a database says of the things a runner remembers."""

from collections.abc import Collection
from typing import Protocol

from agentic_core.domain.continuity import Found
from agentic_core.domain.ids import DeploymentId

__all__ = ["ContinuityReads"]


class ContinuityReads(Protocol):
    """Asked before a lease is taken: taking it hides an epoch that was lost."""

    async def find(self, deployment: DeploymentId, seq: int, signers: Collection[str]) -> Found:
        """Return the epoch of the deployment's account, its record of that number, and the nonces of these signers."""
