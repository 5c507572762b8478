"""Who may trade an account."""

from typing import Protocol

from agentic_core.domain.ids import AccountKey, DeploymentId
from agentic_core.domain.records import Lease, LeaseRecord
from agentic_core.domain.trading import Desired

__all__ = ["LeaseStore"]


class LeaseStore(Protocol):
    """Who may trade an account; times are the database's own.

    Epochs only grow, whoever writes, and a live lease goes to nobody but its holder.
    """

    async def acquire(
        self,
        account: AccountKey,
        holder: str,
        ttl_ms: int,
        *,
        deployment: DeploymentId | None = None,
        desired: Desired = Desired.RUNNING,
    ) -> Lease | None:
        """Take the lease with the next epoch for a deployment.

        None while another holder's has not run out, while it is revoked, and where the deployment shall come to
        something else than `desired`, or to its end. The deployment of a paper account need not be named.

        Raises:
            NotFound: no such deployment trades this account.
            UsageError: no deployment is named, and the account does not say which.
        """

    async def renew(self, lease: Lease) -> bool:
        """Prolong the lease by its ttl; False means fenced."""

    async def release(self, lease: Lease) -> None:
        """Free the lease if it is still ours."""

    async def revoke(self, account: AccountKey, *, desired: Desired | None = None) -> int:
        """Take the lease away together with the next epoch, and return that; nobody takes it until it is allowed.

        Where `desired` is given, the account's deployments shall come to it from the same moment on: those that have
        not ended, and the one that held the lease. Revoking again changes no epoch. Jobs order no deployment to run.
        """

    async def allow(self, account: AccountKey) -> None:
        """Give a revoked account back; one that is not revoked stays as it is."""

    async def raise_epoch(self, account: AccountKey, above: int) -> int:
        """Make the epoch greater than a number, which fences whoever holds less, and return it."""

    async def read(self, account: AccountKey) -> LeaseRecord | None:
        """Return the lease of an account, or None where there never was one."""
