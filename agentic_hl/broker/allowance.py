"""How many actions the account may still send: asked for sparingly, and counted meanwhile."""

from typing import Final

import anyio

from agentic_core.domain.order import OrderIntent
from agentic_core.domain.times import MINUTE_MS
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.clock import Clock
from agentic_hl.broker.asking import Asking
from agentic_hl.broker.intent_actions import opens
from agentic_hl.rest.address_budget import AddressBudget, AddressDenied, AddressVerdict, Purpose
from agentic_hl.rest.queries import rate_limit
from agentic_hl.rest.transport import HttpOutcome, NeverLeft
from agentic_hl.wire.addresses import Address
from agentic_hl.wire.errors import ErrorClass, Refusal
from agentic_hl.wire.weights import ADDRESS_LIMITS

__all__ = ["Allowance"]

_STALE_MS: Final = 15 * MINUTE_MS
"""How old the figures may grow: the owner's own actions count too, and volume adds to what is allowed."""
_LOW_MS: Final = MINUTE_MS
"""How old they may be where they forbid something."""


class Allowance:
    """Stands before what opens only: closes, stops, cancels and burns always pass, and the venue judges them."""

    def __init__(self, asking: Asking, clock: Clock, account: Address) -> None:
        """Take where to ask; nothing is known yet, so nothing opens."""
        self._asking: Final = asking
        self._clock: Final = clock
        self._account: Final = account
        self._budget: Final = AddressBudget()
        self._asked_at: int | None = None
        self._lock: Final = anyio.Lock()

    @property
    def remaining(self) -> int | None:
        """The actions that are left, the reserve included; None before the venue told."""
        return self._budget.remaining

    async def refresh(self) -> None:
        """Ask for the figures.

        Raises:
            VenueUnavailable: the venue does not answer.
        """
        asked_at = self._clock.boottime_ms()
        self._budget.asked()
        told = await self._asking.ask(rate_limit(self._account))
        self._budget.learned(used=told.n_requests_used, cap=told.n_requests_cap)
        self._asked_at = asked_at

    async def denial(self, intent: OrderIntent) -> str | None:
        """Return why an intent may not leave now, or None."""
        if not opens(intent):
            return None
        async with self._lock:
            unread = await self._keep_fresh(_STALE_MS)
            verdict = self._judge()
            if isinstance(verdict, AddressDenied) and unread is None:
                unread = await self._keep_fresh(_LOW_MS)
                verdict = self._judge()
        if not isinstance(verdict, AddressDenied):
            return None
        if unread is not None:
            return f"{verdict.message}: {unread}"
        return f"{verdict.message}; the venue is asked again in {self._next_in()} ms at the earliest"

    def sent(self) -> None:
        """Count an action that is about to leave."""
        self._budget.sent(1, self._clock.boottime_ms())

    def came_back(self, outcome: HttpOutcome, refusal: Refusal | None) -> None:
        """Correct the count by what became of the action that was counted last, and why it was refused."""
        if isinstance(outcome, NeverLeft):
            self._budget.not_counted(1)
        if refusal is None:
            return
        now = self._clock.boottime_ms()
        if refusal.error_class is ErrorClass.EXPIRED:
            self._budget.sent(ADDRESS_LIMITS.stale_cost - 1, now)
            return
        self._budget.not_counted(1)
        if refusal.error_class is ErrorClass.ADDRESS_LIMIT:
            self._budget.exhausted(now)

    def _next_in(self) -> int:
        age = 0 if self._asked_at is None else self._clock.boottime_ms() - self._asked_at
        return max(0, _LOW_MS - age)

    def _judge(self) -> AddressVerdict:
        return self._budget.permits(Purpose.OPEN, 1, self._clock.boottime_ms())

    async def _keep_fresh(self, age_max: int) -> str | None:
        # Old figures serve where no newer ones can be had; where there are none, the reason why is told.
        if self._asked_at is not None and self._clock.boottime_ms() - self._asked_at < age_max:
            return None
        try:
            await self.refresh()
        except VenueUnavailable as exc:
            return str(exc)
        return None
