"""What happened to a paper account, as a venue tells it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from agentic_core.brokers.paper.history import LogEntry, OrderEvent, OrderStatus, events_of
from agentic_core.brokers.paper.liquidation import Liquidation
from agentic_core.domain.account_events import LiquidationTold, OrderTold, ToldStatus
from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.money import ZERO, Usd
from agentic_core.domain.order import OrderIntent

__all__ = ["liquidation_told", "orders_told", "venue_number"]

_STANDING: Final = {
    OrderStatus.OPEN: ToldStatus.OPEN,
    OrderStatus.TRIGGERED: ToldStatus.TRIGGERED,
    OrderStatus.FILLED: ToldStatus.FILLED,
}


def venue_number(cloid: ClientOrderId) -> str:
    """Return the venue's number of an order.

    >>> venue_number(ClientOrderId("0x0123456789abcdef0123456789abcdef"))
    'paper-0123456789abcdef'
    """
    return f"paper-{cloid[2:18]}"


def orders_told(
    log: Sequence[LogEntry], intent_of: Callable[[ClientOrderId], OrderIntent | None]
) -> Iterator[OrderTold]:
    """Return what is told of orders that changed; `intent_of` knows those that rest or rested."""
    for entry in log:
        known = intent_of(entry.cloid) if isinstance(entry, OrderEvent) else entry.intent
        for event in events_of(entry):
            if known is not None and event.status is not OrderStatus.SENT:
                yield _told(event, known)


def liquidation_told(found: Liquidation) -> LiquidationTold:
    """Return what is told of a liquidation."""
    pot = "cross" if found.isolated is None else found.isolated
    return LiquidationTold(
        liquidation_id=f"paper:{pot}:{found.time}",
        equity=found.equity,
        notional=Usd(sum((fill.notional for fill in found.fills), ZERO)),
        at=found.time,
    )


def _told(event: OrderEvent, intent: OrderIntent) -> OrderTold:
    refused = ToldStatus.REJECTED if event.status.value.lower().endswith("rejected") else ToldStatus.CANCELED
    return OrderTold(
        cloid=intent.cloid,
        venue_order_id=venue_number(intent.cloid),
        symbol=intent.symbol,
        side=intent.side,
        status=_STANDING.get(event.status, refused),
        word=event.status.value,
        size=intent.size,
        left=event.left,
        reduce_only=intent.reduce_only,
        is_trigger=intent.trigger is not None,
        at=event.time,
    )
