"""Trading leases in memory."""

from collections.abc import Callable

from agentic_core.domain.ids import AccountKey
from agentic_core.domain.order import Fence
from agentic_core.domain.records import Lease
from agentic_core.domain.times import Instant
from agentic_core.errors import Fenced
from agentic_core.store import sentences

__all__ = ["MemoryLeases"]


class _Held:
    __slots__ = ("epoch", "expires_at", "holder")

    def __init__(self, epoch: int, holder: str, expires_at: int) -> None:
        self.epoch = epoch
        self.holder: str | None = holder
        self.expires_at = expires_at


class MemoryLeases:
    """Who may trade an account, by the clock given."""

    def __init__(self, now: Callable[[], Instant]) -> None:
        self._now = now
        self._held: dict[AccountKey, _Held] = {}

    async def acquire(self, account: AccountKey, holder: str, ttl_ms: int) -> Lease | None:
        """Take the lease with the next epoch, or return None while another holder's has not run out."""
        held, now = self._held.get(account), self._now()
        if held is not None and held.holder not in {None, holder} and held.expires_at >= now:
            return None
        epoch = 1 if held is None else held.epoch + 1
        self._held[account] = _Held(epoch, holder, now + ttl_ms)
        return Lease(account=account, epoch=epoch, holder=holder, ttl_ms=ttl_ms)

    async def renew(self, lease: Lease) -> bool:
        """Prolong the lease by its ttl; False means fenced."""
        try:
            self.check(Fence(account=lease.account, epoch=lease.epoch))
        except Fenced:
            return False
        self._held[lease.account].expires_at = self._now() + lease.ttl_ms
        return True

    async def release(self, lease: Lease) -> None:
        """Free the lease if it is still ours."""
        held = self._held.get(lease.account)
        if held is not None and held.epoch == lease.epoch:
            held.holder = None

    def check(self, fence: Fence) -> None:
        """Refuse a fence that is not the live lease.

        Raises:
            Fenced: it is not.
        """
        held = self._held.get(fence.account)
        if held is None or held.epoch != fence.epoch or held.holder is None or held.expires_at < self._now():
            raise sentences.fenced(fence.account, fence.epoch)
