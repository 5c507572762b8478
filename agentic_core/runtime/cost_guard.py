"""Pauses a deployment whose chat models have cost what they may cost in a month."""

from collections.abc import Callable

from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.money import ZERO, Usd, plain
from agentic_core.domain.times import Instant
from agentic_core.logevents import LogEvent
from agentic_core.runtime.own_pauses import OwnPauses
from agentic_core.runtime.session import SessionContext

__all__ = ["CostGuard"]


class CostGuard:
    """Compares what the month cost with the cap as it was read last.

    Calls count whose turn left no decision, and decisions do as their rows say it, whichever comes to more.
    """

    def __init__(self, context: SessionContext, pauses: OwnPauses, limits: Callable[[], RiskLimits]) -> None:
        """Guard one deployment; `limits` are the caps as they were read last."""
        self._context = context
        self._pauses = pauses
        self._limits = limits

    async def __call__(self, mark: Instant) -> str | None:
        """Return why nothing more may be spent in the month of a mark, and order the pause; None while it may."""
        store, deployment = self._context.store, self._context.deployment.id
        decided = await store.decisions.month_to_date(deployment, mark)
        called = await store.costs.standing(deployment, mark)
        reason = self._reason(max(decided.cost_usd, called.month_settled), decided.unknown_costs)
        if reason is not None:
            await self._pauses.order(reason, LogEvent.COST_GUARD_TRIPPED)
        return reason

    def _reason(self, spent: Usd, unknown: int) -> str | None:
        cap = self._limits().cost_usd_month_max
        if spent >= cap and spent > ZERO:
            return f"cost_guard: {plain(spent)} USD were spent this month, the cap is {plain(cap)}"
        if unknown:
            return f"cost_guard: nobody knows what {unknown} decision(s) of this month cost"
        return None
