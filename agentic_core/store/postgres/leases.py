"""Trading leases."""

import msgspec

from agentic_core.domain.deployment_states import FINAL_STATUSES
from agentic_core.domain.ids import AccountKey, DeploymentId
from agentic_core.domain.records import Lease, LeaseRecord
from agentic_core.domain.trading import Desired
from agentic_core.store import sentences
from agentic_core.store.checks import deployment_of
from agentic_core.store.postgres.connection import Database, Values

__all__ = ["PostgresLeases"]


class _EpochRow(msgspec.Struct):
    epoch: int


class _DeploymentRow(msgspec.Struct):
    id: DeploymentId


class PostgresLeases:
    """Who may trade an account, by the database's clock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def acquire(
        self,
        account: AccountKey,
        holder: str,
        ttl_ms: int,
        *,
        deployment: DeploymentId | None = None,
        desired: Desired = Desired.RUNNING,
    ) -> Lease | None:
        """Take the lease with the next epoch, or return None while it may not be taken.

        Raises:
            NotFound: no such deployment trades this account.
            UsageError: no deployment is named, and the account does not say which.
        """
        deployment = deployment or deployment_of(account)
        if deployment is None:
            raise sentences.unnamed_deployment(account)
        values = {
            "account": account,
            "deployment": deployment,
            "desired": desired,
            "holder": holder,
            "ttl_ms": ttl_ms,
        }
        taken = await self._database.row("acquire_lease", _EpochRow, values)
        if taken is not None:
            return Lease(account=account, epoch=taken.epoch, holder=holder, ttl_ms=ttl_ms)
        if await self._database.row("trades_account", _DeploymentRow, values) is None:
            raise sentences.no_deployment_on(deployment, account)
        return None

    async def renew(self, lease: Lease) -> bool:
        """Prolong the lease by its ttl; False means fenced."""
        values = {"account": lease.account, "epoch": lease.epoch, "ttl_ms": lease.ttl_ms}
        return await self._database.row("renew_lease", _EpochRow, values) is not None

    async def release(self, lease: Lease) -> None:
        """Free the lease if it is still ours."""
        await self._database.run("release_lease", {"account": lease.account, "epoch": lease.epoch})

    async def revoke(self, account: AccountKey, *, desired: Desired | None = None) -> int:
        """Take the lease away together with the next epoch, and return that."""
        values = {"account": account, "desired": desired, "final": sorted(FINAL_STATUSES)}
        return await self._epoch("revoke_lease", values)

    async def allow(self, account: AccountKey) -> None:
        """Give a revoked account back; one that is not revoked stays as it is."""
        await self._database.run("allow_lease", {"account": account})

    async def raise_epoch(self, account: AccountKey, above: int) -> int:
        """Make the epoch greater than a number, which fences whoever holds less, and return it."""
        return await self._epoch("raise_epoch", {"account": account, "above": above})

    async def read(self, account: AccountKey) -> LeaseRecord | None:
        """Return the lease of an account, or None where there never was one."""
        return await self._database.row("read_lease", LeaseRecord, {"account": account})

    async def _epoch(self, name: str, values: Values) -> int:
        (changed,) = await self._database.rows(name, _EpochRow, values)
        return changed.epoch
