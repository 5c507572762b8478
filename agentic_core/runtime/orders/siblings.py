"""The protective stop that is prepared together with the order that opens a position."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from agentic_core.domain.ids import AccountKey, ClientOrderId, client_order_id
from agentic_core.domain.order import IntentKind, OrderIntent, TimeInForce
from agentic_core.execution.life import Life
from agentic_core.execution.stop_pricing import ProtectiveStop

__all__ = ["StopPlanner", "is_entry", "stop_id", "with_stops"]

StopPlanner: TypeAlias = Callable[[OrderIntent], ProtectiveStop | None]
"""Says which stop an opening order gets, from what is known before it executes; None where none is wanted."""


def stop_id(account: AccountKey, entry: ClientOrderId) -> ClientOrderId:
    """Return the client order id of the stop that is prepared together with an entry."""
    return client_order_id(account, f"stop:{entry}", leg=0, attempt=0)


def with_stops(account: AccountKey, intents: Sequence[OrderIntent], planner: StopPlanner) -> tuple[OrderIntent, ...]:
    """Return the intents, and after them the stops of those that open something."""
    stops = [_stop(account, entry, stop) for entry in intents if _opens(entry) and (stop := planner(entry)) is not None]
    return (*intents, *stops)


def is_entry(life: Life, stop: Life) -> bool:
    """Tell whether a stop was prepared together with this order."""
    same = life.prepared.decision == stop.prepared.decision and life.intent.leg == stop.intent.leg
    return same and _opens(life.intent)


def _opens(intent: OrderIntent) -> bool:
    return intent.kind is IntentKind.ORDER and not intent.reduce_only


def _stop(account: AccountKey, entry: OrderIntent, stop: ProtectiveStop) -> OrderIntent:
    return OrderIntent(
        cloid=stop_id(account, entry.cloid),
        symbol=entry.symbol,
        side=stop.side,
        size=entry.size,
        limit_price=stop.limit_price,
        reduce_only=True,
        time_in_force=TimeInForce.GTC,
        kind=IntentKind.STOP,
        leg=entry.leg,
        trigger=stop.trigger,
    )
