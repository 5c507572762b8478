"""Pauses a deployment whose chat models have cost what they may cost in a month."""

from collections.abc import Callable

from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.money import ZERO, plain
from agentic_core.domain.records import MonthCost
from agentic_core.domain.times import Instant
from agentic_core.logevents import LogEvent
from agentic_core.runtime.own_pauses import OwnPauses
from agentic_core.runtime.session import SessionContext

__all__ = ["CostGuard"]


class CostGuard:
    """Compares what the decisions of the month cost with the cap as it was read last."""

    def __init__(self, context: SessionContext, pauses: OwnPauses, limits: Callable[[], RiskLimits]) -> None:
        """Guard one deployment; `limits` are the caps as they were read last."""
        self._context = context
        self._pauses = pauses
        self._limits = limits

    async def __call__(self, mark: Instant) -> str | None:
        """Return why nothing more may be spent in the month of a mark, and order the pause; None while it may."""
        cost = await self._context.store.decisions.month_to_date(self._context.deployment.id, mark)
        reason = self._reason(cost)
        if reason is not None:
            await self._pauses.order(reason, LogEvent.COST_GUARD_TRIPPED)
        return reason

    def _reason(self, cost: MonthCost) -> str | None:
        cap = self._limits().cost_usd_month_max
        if cost.cost_usd >= cap and cost.cost_usd > ZERO:
            return f"cost_guard: {plain(cost.cost_usd)} USD were spent this month, the cap is {plain(cap)}"
        if cost.unknown_costs:
            return f"cost_guard: nobody knows what {cost.unknown_costs} decision(s) of this month cost"
        return None
