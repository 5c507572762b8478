"""Keeping the trading lease of an account, and knowing by our own clock when it may be relied on no longer."""

from typing import Final, NoReturn, Protocol, Self

from agentic_core.domain.order import Fence
from agentic_core.domain.records import DeploymentRecord, Lease
from agentic_core.errors import Fenced, StoreUnavailable
from agentic_core.ports.clock import Clock
from agentic_core.ports.leases import LeaseStore
from agentic_core.runtime.timings import Timings
from agentic_core.runtime.together import first_of

__all__ = ["LeaseKeeper", "TellStoreLost"]

_MS_PER_S: Final = 1_000
_AGAIN_MS: Final = 500
"""How soon a renewal that the database did not answer is asked for again."""


class TellStoreLost(Protocol):
    """Whoever wants to know whether the database answers."""

    def __call__(self, *, is_lost: bool) -> None:
        """Hear whether it does not; must not wait."""


class LeaseKeeper:
    """A lease from the moment it was given.

    It is relied on until `lease_ms - margin_ms` after the last renewal that succeeded was asked for, by the time since
    this machine booted, which goes on while the machine is suspended. What was lost is never had again.
    """

    def __init__(self, clock: Clock, leases: LeaseStore, lease: Lease, timings: Timings, *, asked_ms: int) -> None:
        """Take a lease over that was asked for at `asked_ms` since boot."""
        self.lease: Final = lease
        self._clock = clock
        self._leases = leases
        self._timings = timings
        self._asked_ms = asked_ms
        self._lost: str | None = None

    @classmethod
    async def take(
        cls,
        deployment: DeploymentRecord,
        holder: str,
        *,
        leases: LeaseStore,
        clock: Clock,
        timings: Timings,
    ) -> Self | None:
        """Ask for the lease of a deployment's account, for what it shall come to; None while it is not given.

        Raises:
            NotFound: no such deployment trades this account.
            StoreUnavailable: the database does not answer.
        """
        asked_ms = clock.boottime_ms()
        account, desired = deployment.account_key, deployment.desired
        lease = await leases.acquire(account, holder, timings.lease_ms, deployment=deployment.id, desired=desired)
        return None if lease is None else cls(clock, leases, lease, timings, asked_ms=asked_ms)

    @property
    def fence(self) -> Fence:
        """What everything is written under."""
        return Fence(account=self.lease.account, epoch=self.lease.epoch)

    @property
    def left_ms(self) -> int:
        """How long the lease may still be relied on."""
        return self._asked_ms + self._timings.lease_ms - self._timings.margin_ms - self._clock.boottime_ms()

    def is_expired(self) -> bool:
        """Tell whether the lease may not be relied on any more."""
        return self._lost is not None or self.left_ms <= 0

    def check(self) -> None:
        """Refuse to go on without the lease.

        Raises:
            Fenced: it may not be relied on any more.
        """
        if self._lost is None and self.left_ms <= 0:
            self._lost = (
                f"the trading lease of {self.lease.account} could not be renewed for {-self.left_ms} ms longer than it "
                "may be relied on"
            )
        if self._lost is not None:
            raise Fenced(self._lost)

    async def run(self, tell: TellStoreLost) -> NoReturn:
        """Renew the lease until it is lost; what does not succeed at once is tried again as long as there is time.

        Args:
            tell: told after each try whether the database answered.

        Raises:
            Fenced: the lease is lost: somebody took it, or it could not be renewed in time.
        """
        wait_ms = self._timings.renew_ms
        while True:
            await self._clock.sleep(min(wait_ms, max(0, self.left_ms)) / _MS_PER_S)
            self.check()
            try:
                await first_of(self._renew, self._until_expired)
            except StoreUnavailable:
                tell(is_lost=True)
                wait_ms = min(_AGAIN_MS, self._timings.renew_ms)
            else:
                self.check()
                tell(is_lost=False)
                wait_ms = self._timings.renew_ms

    async def release(self) -> None:
        """Give the lease back, where it is still ours."""
        self._lost = self._lost or f"the trading lease of {self.lease.account} was given back"
        await self._leases.release(self.lease)

    async def _renew(self) -> None:
        asked_ms = self._clock.boottime_ms()
        if await self._leases.renew(self.lease):
            self._asked_ms = asked_ms
        else:
            self._lost = f"the trading lease of {self.lease.account} was lost; another process may hold it"

    async def _until_expired(self) -> None:
        # An answer that does not come until then would come too late.
        await self._clock.sleep(max(0, self.left_ms) / _MS_PER_S)
