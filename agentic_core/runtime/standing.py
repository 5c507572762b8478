"""What a running deployment stands at: its status, and everything that holds its trading back."""

from collections.abc import Callable
from typing import Final

import anyio

from agentic_core.domain.deployment_states import DeploymentEvent, status_after
from agentic_core.domain.order import Fence
from agentic_core.domain.records import DeploymentRecord
from agentic_core.domain.trading import DeploymentStatus, Restriction, TradingState, trading_state
from agentic_core.ports.clock import Clock
from agentic_core.ports.units import UnitStore

__all__ = ["Standing"]


class Standing:
    """The status is in the database before it is here; restrictions are computed and never stored."""

    def __init__(
        self,
        deployment: DeploymentRecord,
        fence: Fence,
        store: UnitStore,
        clock: Clock,
        *,
        is_fenced: Callable[[], bool] = lambda: False,
    ) -> None:
        """Begin at what the database says; `is_fenced` tells, by our own clock, whether the lease has run out."""
        self.deployment = deployment
        self.fence = fence
        self._store = store
        self._clock = clock
        self._is_fenced = is_fenced
        self._held: set[Restriction] = set()
        self._is_braced = False
        self.changing: Final = anyio.Lock()
        """Held by whoever moves the status, from the look at what it is on: a resume must not meet a newer halt."""

    @property
    def status(self) -> DeploymentStatus:
        """The deployment's status."""
        return self.deployment.status

    @property
    def restrictions(self) -> frozenset[Restriction]:
        """What holds trading back besides the status, the account's own restrictions not among it."""
        return frozenset({*self._held, Restriction.FENCED} if self._is_fenced() else self._held)

    def hold(self, restriction: Restriction) -> None:
        """Hold trading back from now on."""
        self._held.add(restriction)

    def lift(self, restriction: Restriction) -> None:
        """Hold it back no longer for this reason."""
        self._held.discard(restriction)

    def trading(self, others: frozenset[Restriction] = frozenset()) -> TradingState:
        """Return what may be traded now, `others` being what the account itself holds back."""
        allowed = trading_state(self.status, self.restrictions | others)
        return TradingState.REDUCING if self._is_braced and allowed is TradingState.ACTIVE else allowed

    def after(self, event: DeploymentEvent) -> DeploymentStatus:
        """Return the status an event leads to.

        Raises:
            IllegalTransition: the event is refused in the present status.
        """
        return status_after(self.status, event)

    def brace(self) -> None:
        """Let no open pass until a row is taken over: what is about to be stored holds before this process knows it."""
        self._is_braced = True

    def adopt(self, deployment: DeploymentRecord) -> None:
        """Take over a row that was just stored or read."""
        self.deployment = deployment
        self._is_braced = False

    async def follow(self, event: DeploymentEvent, reason: str | None = None) -> bool:
        """Go where an event leads, in the database first; tell whether that is somewhere else.

        Raises:
            IllegalTransition: the event is refused in the present status.
            Fenced: the lease is lost; nothing was written.
        """
        async with self.changing:
            target = self.after(event)
            if target is self.status:
                return False
            self.brace()
            async with self._store.unit(self.fence) as unit:
                moved = await unit.deployments.move(self.deployment.id, target, at=self._clock.now(), reason=reason)
            self.adopt(moved)
            return True
