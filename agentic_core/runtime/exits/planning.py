"""Which stop is prepared together with an entry, before anybody knows at which price that executes."""

from collections.abc import Callable
from decimal import Decimal

from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import Size, Usd
from agentic_core.domain.order import OrderIntent
from agentic_core.domain.position import Position
from agentic_core.execution.stop_pricing import ProtectiveStop, stop_distance, stop_of
from agentic_core.runtime.exits.terms import ExitTerms
from agentic_core.runtime.orders import StopPlanner

__all__ = ["stop_planner"]


def stop_planner(terms: ExitTerms, mark: Callable[[Symbol], Decimal | None]) -> StopPlanner:
    """Return a planner that measures from the mark, or from the order's worst price where there is none.

    Where the entry executes too far from there, another stop takes the place of the planned one.
    """

    def plan(entry: OrderIntent) -> ProtectiveStop | None:
        if not terms.rests_stops:
            return None
        price = mark(entry.symbol) or entry.limit_price
        held = Position(
            symbol=entry.symbol, size=Size(entry.size * entry.side.sign), entry_cost=Usd(entry.size * price)
        )
        distance = stop_distance(terms.limits(entry.symbol), terms.assumed)
        return stop_of(held, terms.instrument(entry.symbol), distance, terms.rules.protection)

    return plan
