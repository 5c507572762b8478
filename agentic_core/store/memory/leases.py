"""Trading leases in memory."""

from collections.abc import Callable

from agentic_core.domain.ids import AccountKey, DeploymentId
from agentic_core.domain.order import Fence
from agentic_core.domain.records import Lease, LeaseRecord, LeaseState
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import Desired
from agentic_core.errors import Fenced
from agentic_core.store import sentences
from agentic_core.store.checks import deployment_of
from agentic_core.store.memory.deployments import MemoryDeployments

__all__ = ["MemoryLeases"]


class _Row:
    __slots__ = ("deployment", "epoch", "expires_at", "holder", "state", "taken_at")

    def __init__(self, epoch: int, state: LeaseState, expires_at: Instant) -> None:
        self.epoch = epoch
        self.state = state
        self.expires_at = expires_at
        self.holder = ""
        self.deployment: DeploymentId | None = None
        self.taken_at: Instant | None = None


class MemoryLeases:
    """Who may trade an account, by the clock given."""

    def __init__(self, now: Callable[[], Instant], deployments: MemoryDeployments) -> None:
        self._now = now
        self._deployments = deployments
        self._rows: dict[AccountKey, _Row] = {}

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

        Where no deployment is named and the account's own is none that was created, it is taken all the same: a
        backtest writes under an id of its own.

        Raises:
            NotFound: the deployment named does not trade this account.
        """
        if not self._is_desired(account, deployment, desired):
            return None
        row, now = self._rows.get(account), self._now()
        if row is None:
            row = self._rows[account] = _Row(0, LeaseState.FREE, now)
        is_live = row.state is LeaseState.HELD and row.expires_at >= now
        if row.state is LeaseState.REVOKED or (is_live and row.holder != holder):
            return None
        row.epoch += 1
        row.state, row.holder, row.expires_at, row.taken_at = LeaseState.HELD, holder, Instant(now + ttl_ms), now
        row.deployment = deployment or deployment_of(account)
        return Lease(account=account, epoch=row.epoch, holder=holder, ttl_ms=ttl_ms)

    async def renew(self, lease: Lease) -> bool:
        """Prolong the lease by its ttl; False means fenced."""
        try:
            self.check(Fence(account=lease.account, epoch=lease.epoch))
        except Fenced:
            return False
        self._rows[lease.account].expires_at = Instant(self._now() + lease.ttl_ms)
        return True

    async def release(self, lease: Lease) -> None:
        """Free the lease if it is still ours."""
        row = self._rows.get(lease.account)
        if row is not None and row.epoch == lease.epoch and row.state is LeaseState.HELD:
            row.state = LeaseState.FREE

    async def revoke(self, account: AccountKey, *, desired: Desired | None = None) -> int:
        """Take the lease away together with the next epoch, and return that."""
        row = self._rows.get(account)
        if desired is not None:
            self._deployments.steer(account, desired, also=None if row is None else row.deployment)
        if row is None:
            row = self._rows[account] = _Row(0, LeaseState.FREE, self._now())
        if row.state is not LeaseState.REVOKED:
            row.epoch += 1
            row.state = LeaseState.REVOKED
        return row.epoch

    async def allow(self, account: AccountKey) -> None:
        """Give a revoked account back; one that is not revoked stays as it is."""
        row = self._rows.get(account)
        if row is not None and row.state is LeaseState.REVOKED:
            row.state = LeaseState.FREE

    async def raise_epoch(self, account: AccountKey, above: int) -> int:
        """Make the epoch greater than a number, which fences whoever holds less, and return it."""
        row = self._rows.get(account)
        if row is None:
            row = self._rows[account] = _Row(above, LeaseState.FREE, self._now())
        if row.epoch <= above:
            row.epoch = above + 1
            row.state = LeaseState.FREE if row.state is LeaseState.HELD else row.state
        return row.epoch

    async def read(self, account: AccountKey) -> LeaseRecord | None:
        """Return the lease of an account, or None where there never was one."""
        row = self._rows.get(account)
        if row is None:
            return None
        return LeaseRecord(
            account=account,
            deployment=row.deployment,
            epoch=row.epoch,
            holder=row.holder,
            state=row.state,
            expires_at=row.expires_at,
            taken_at=row.taken_at,
            is_live=row.state is LeaseState.HELD and row.expires_at >= self._now(),
        )

    def check(self, fence: Fence) -> None:
        """Refuse a fence that is not the live lease.

        Raises:
            Fenced: it is not.
        """
        row = self._rows.get(fence.account)
        is_live = row is not None and row.state is LeaseState.HELD and row.expires_at >= self._now()
        if row is None or row.epoch != fence.epoch or not is_live:
            raise sentences.fenced(fence.account, fence.epoch)

    def _is_desired(self, account: AccountKey, named: DeploymentId | None, desired: Desired) -> bool:
        deployment = named or deployment_of(account)
        if deployment is None or (named is None and deployment not in self._deployments):
            return True
        return self._deployments.trading(deployment, account).desired is desired is not Desired.STOPPED
