"""When a resting trigger fires. Hyperliquid compares triggers with the mark price, never with the last price."""

from decimal import Decimal

from agentic_core.domain.order import Trigger, TriggerKind
from agentic_core.domain.side import Side

__all__ = ["fires_above", "is_reached"]


def fires_above(kind: TriggerKind, side: Side) -> bool:
    """Tell whether a trigger waits for the mark to rise: a stop that buys does, and a take-profit that sells.

    >>> [fires_above(kind, side) for kind in TriggerKind for side in Side]
    [True, False, False, True]
    """
    return (kind is TriggerKind.STOP) == (side is Side.BUY)


def is_reached(trigger: Trigger, side: Side, mark: Decimal) -> bool:
    """Tell whether the mark has reached the trigger's price.

    >>> from agentic_core.domain.money import Price
    >>> stop = Trigger(kind=TriggerKind.STOP, price=Price(Decimal(95)))
    >>> [is_reached(stop, Side.SELL, Decimal(mark)) for mark in (96, 95, 94)]
    [False, True, True]
    """
    return mark >= trigger.price if fires_above(trigger.kind, side) else mark <= trigger.price
