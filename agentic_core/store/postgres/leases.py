"""Trading leases."""

import msgspec

from agentic_core.domain.ids import AccountKey
from agentic_core.domain.records import Lease
from agentic_core.store.postgres.connection import Database

__all__ = ["PostgresLeases"]


class _EpochRow(msgspec.Struct):
    epoch: int


class PostgresLeases:
    """Who may trade an account, by the database's clock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def acquire(self, account: AccountKey, holder: str, ttl_ms: int) -> Lease | None:
        """Take the lease with the next epoch, or return None while another holder's has not run out."""
        values = {"account": account, "holder": holder, "ttl_ms": ttl_ms}
        taken = await self._database.row("acquire_lease", _EpochRow, values)
        return None if taken is None else Lease(account=account, epoch=taken.epoch, holder=holder, ttl_ms=ttl_ms)

    async def renew(self, lease: Lease) -> bool:
        """Prolong the lease by its ttl; False means fenced."""
        values = {"account": lease.account, "epoch": lease.epoch, "ttl_ms": lease.ttl_ms}
        return await self._database.row("renew_lease", _EpochRow, values) is not None

    async def release(self, lease: Lease) -> None:
        """Free the lease if it is still ours."""
        await self._database.run("release_lease", {"account": lease.account, "epoch": lease.epoch})
