"""An order at the venue as the records about it show it; the database comes to the same by its own statements."""

from collections.abc import Collection

from agentic_core.domain.money import ZERO
from agentic_core.domain.placed_orders import PlacedStatus, average_price, placed_status
from agentic_core.journal.facts import FillFacts, IntentFacts, OrderFacts

__all__ = ["order_of"]

_SIZED = frozenset({"order", "stop"})


def order_of(intent: IntentFacts, fills: Collection[FillFacts]) -> OrderFacts | None:
    """Return the order, or None where nothing was sent.

    Args:
        intent: of a live account.
        fills: all that bear its client order id.
    """
    units = sum((fill.size for fill in fills), ZERO)
    status = placed_status(intent.noted, intent.size, units, intent.noted.venue_order_id)
    if status is None or intent.kind not in _SIZED:
        return None
    newest = max((fill.filled_at for fill in fills), default=None) if units >= intent.size else None
    is_open = status in {PlacedStatus.PLACED, PlacedStatus.UNKNOWN}
    return OrderFacts(
        cloid=intent.cloid,
        symbol=intent.symbol,
        side=intent.side,
        kind=intent.kind,
        reduce_only=intent.reduce_only,
        status=status.value,
        size_base=intent.size,
        filled_size_base=units,
        avg_fill_price=average_price((fill.size, fill.price) for fill in fills),
        fee_usd=sum((fill.fee for fill in fills), ZERO),
        limit_price=intent.limit_price,
        venue_order_id=intent.noted.venue_order_id,
        placed_at=intent.prepared_at,
        settled_at=None if is_open else newest if intent.noted.settled_at is None else intent.noted.settled_at,
    )
