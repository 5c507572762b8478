"""Trading leases as the design has them, in plain words and minutes, and nothing of either store."""

from dataclasses import dataclass, field

__all__ = ["LeaseReference", "Seen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A lease as everybody may see it."""

    epoch: int
    holder: str
    state: str
    deployment: str | None
    is_live: bool


@dataclass(slots=True, kw_only=True)
class _Lease:
    epoch: int
    state: str
    holder: str = ""
    deployment: str | None = None
    until: float = 0


@dataclass(slots=True, kw_only=True)
class _Deployment:
    account: str
    desired: str = "running"
    has_ended: bool = False


@dataclass(slots=True)
class LeaseReference:
    """Accounts, their deployments, and who may trade them."""

    now: float = 0
    leases: dict[str, _Lease] = field(default_factory=dict)
    deployments: dict[str, _Deployment] = field(default_factory=dict)

    def deploy(self, deployment: str, account: str) -> None:
        """Deploy something that trades an account."""
        self.deployments[deployment] = _Deployment(account=account)

    def end(self, deployment: str) -> None:
        """End a deployment for good."""
        self.deployments[deployment].has_ended = True

    def want(self, deployment: str, desired: str) -> None:
        """Say what a deployment shall come to."""
        self.deployments[deployment].desired = desired

    def trades(self, deployment: str, account: str) -> bool:
        """Tell whether a deployment is one of the account."""
        return self.deployments[deployment].account == account

    def acquire(self, account: str, holder: str, *, ttl: float, deployment: str, desired: str) -> int | None:
        """Give the next epoch to whoever may have it.

        A runner where the deployment shall run, one who flattens where it shall be flat; nobody where it shall be
        stopped or the account was taken away, and nobody but the holder while it is live.
        """
        lease = self.leases.get(account)
        if desired == "stopped" or self.deployments[deployment].desired != desired:
            return None
        if lease is not None and lease.state == "revoked":
            return None
        if lease is not None and self._is_live(lease) and lease.holder != holder:
            return None
        epoch = 1 if lease is None else lease.epoch + 1
        self.leases[account] = _Lease(
            epoch=epoch, state="held", holder=holder, deployment=deployment, until=self.now + ttl
        )
        return epoch

    def holds(self, account: str, epoch: int) -> bool:
        """Tell whether this epoch may write: it is the newest, held, and has not run out."""
        lease = self.leases.get(account)
        return lease is not None and lease.epoch == epoch and self._is_live(lease)

    def renew(self, account: str, epoch: int, *, ttl: float) -> bool:
        """Prolong what still holds."""
        if not self.holds(account, epoch):
            return False
        self.leases[account].until = self.now + ttl
        return True

    def release(self, account: str, epoch: int) -> None:
        """Give back what nobody has taken since."""
        lease = self.leases.get(account)
        if lease is not None and lease.epoch == epoch and lease.state == "held":
            lease.state = "free"

    def revoke(self, account: str, desired: str | None) -> int:
        """Take the account away from whoever has it, with the next epoch, once; and say what its deployments come to.

        Those that have not ended, and the one that had it last, which may have died with positions open.
        """
        lease = self.leases.setdefault(account, _Lease(epoch=0, state="free"))
        if lease.state != "revoked":
            lease.epoch += 1
            lease.state = "revoked"
        if desired is not None:
            for name, deployment in self.deployments.items():
                if deployment.account == account and (not deployment.has_ended or name == lease.deployment):
                    deployment.desired = desired
        return lease.epoch

    def allow(self, account: str) -> None:
        """Give back what was taken away."""
        lease = self.leases.get(account)
        if lease is not None and lease.state == "revoked":
            lease.state = "free"

    def raise_epoch(self, account: str, above: int) -> int:
        """Make every epoch up to a number one that nobody holds."""
        lease = self.leases.setdefault(account, _Lease(epoch=0, state="free"))
        if lease.epoch <= above:
            lease.epoch = above + 1
            if lease.state == "held":
                lease.state = "free"
        return lease.epoch

    def see(self, account: str) -> Seen | None:
        """Look at the lease of an account."""
        lease = self.leases.get(account)
        if lease is None:
            return None
        return Seen(
            epoch=lease.epoch,
            holder=lease.holder,
            state=lease.state,
            deployment=lease.deployment,
            is_live=self._is_live(lease),
        )

    def _is_live(self, lease: _Lease) -> bool:
        return lease.state == "held" and self.now <= lease.until
