"""What the database says of the things a runner remembers."""

from collections.abc import Collection

from agentic_core.domain.continuity import Found
from agentic_core.domain.ids import DeploymentId
from agentic_core.store.postgres.connection import Database

__all__ = ["PostgresContinuity"]


class PostgresContinuity:
    """Asked before a lease is taken."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, deployment: DeploymentId, seq: int, signers: Collection[str]) -> Found:
        """Return the epoch of the deployment's account, its record of that number, and the nonces of these signers."""
        values = {"deployment": deployment, "seq": seq, "signers": sorted(signers)}
        found = await self._database.row("find_remembered", Found, values)
        assert found is not None
        return found
