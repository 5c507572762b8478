"""Actions that are no order against the book: resting a trigger, cancelling, setting leverage."""

from decimal import Decimal

import msgspec

from agentic_core.brokers.paper.floor import Floor
from agentic_core.brokers.paper.history import OrderStatus
from agentic_core.brokers.paper.margins import LeverageSetting
from agentic_core.brokers.paper.orders import OpenOrder
from agentic_core.brokers.paper.placing import Placing, bad_price, cannot_rest, no_mark
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.money import ZERO, Size
from agentic_core.domain.order import OrderIntent, PreparedIntent, TimeInForce
from agentic_core.domain.side import Side
from agentic_core.execution.margining import initial_margin
from agentic_core.execution.triggers import is_reached

__all__ = ["cancel", "rest_trigger", "set_leverage"]


def rest_trigger(floor: Floor, placing: Placing, prepared: PreparedIntent) -> str | None:
    """Let a trigger wait for the mark; return why the venue refuses it."""
    intent = prepared.intent
    trigger, held = intent.trigger, floor.ledger.position(intent.symbol)
    rules = floor.instruments.get(intent.symbol)
    if rules is None or not floor.ledger.has_mark(intent.symbol):
        return no_mark(intent)
    if trigger is None or intent.time_in_force is TimeInForce.POST_ONLY:
        return f"paper broker: {intent.cloid} is no stop; it needs a trigger, and to be immediate-or-cancel or GTC"
    if trigger.position_sized:
        if not intent.reduce_only:
            return f"paper broker: {intent.cloid} follows a position, so it has to be reduce-only"
        intent = msgspec.structs.replace(intent, size=Size(abs(held.size)))
    sized = placing.sized(intent, rules, held)
    if isinstance(sized, str):
        return sized
    refusal = _unfit(floor, placing, sized, rules)
    if refusal is None:
        order = OpenOrder(prepared.intent, prepared.decision, left=sized.size, fills=())
        floor.orders.add(order)
        floor.orders.note(order, OrderStatus.OPEN, floor.ledger.as_of)
        floor.show_orders()
    return refusal


def cancel(floor: Floor, intent: OrderIntent) -> str | None:
    """End the order that is named; return why the venue cannot."""
    order = floor.orders.live.get(intent.target) if intent.target is not None else None
    if order is None:
        return f"Order was never placed, already canceled, or filled. asset={intent.symbol}"
    floor.orders.end(order, OrderStatus.CANCELED, floor.ledger.as_of, f"cancelled by {intent.cloid}")
    floor.show_orders()
    return None


def set_leverage(floor: Floor, intent: OrderIntent) -> str | None:
    """Set leverage and margin mode of a symbol; return why the venue refuses it."""
    symbol, leverage, ledger = intent.symbol, intent.leverage, floor.ledger
    rules = floor.instruments.get(symbol)
    if rules is None or not ledger.has_mark(symbol):
        return no_mark(intent)
    held = ledger.position(symbol).size
    highest = rules.leverage_at(abs(held) * ledger.price(symbol))
    if leverage is None or not 1 <= leverage <= highest:
        return f"Invalid leverage value. asset={symbol}"
    if held and intent.isolated is not ledger.margins.is_isolated(symbol):
        return f"Cannot switch leverage type with open position. asset={symbol}"
    if _lacks_margin(floor, symbol_rules=rules, held=held, leverage=leverage):
        kind = "Isolated" if intent.isolated else "Cross"
        return f"{kind} position does not have sufficient margin available to decrease leverage. asset={symbol}"
    ledger.margins.set(symbol, LeverageSetting(leverage=leverage, isolated=intent.isolated))
    return None


def _unfit(floor: Floor, placing: Placing, intent: OrderIntent, rules: Instrument) -> str | None:
    trigger, symbol, ledger = intent.trigger, intent.symbol, floor.ledger
    assert trigger is not None, "asked about triggers only"
    if not rules.is_legal_price(trigger.price):
        return bad_price(trigger.price, symbol)
    if is_reached(trigger, intent.side, ledger.price(symbol)):
        return f"Invalid TP/SL price. asset={symbol}"
    after = ledger.position(symbol).size + (intent.size if intent.side is Side.BUY else -intent.size)
    if placing.is_too_small(intent, trigger.price, after):
        return f"Order must have minimum value of $10. asset={symbol}"
    return cannot_rest(floor, intent)


def _lacks_margin(floor: Floor, *, symbol_rules: Instrument, held: Decimal, leverage: int) -> bool:
    # Lowering leverage needs margin that is there already; raising it is always possible.
    ledger, symbol = floor.ledger, symbol_rules.symbol
    price = ledger.price(symbol)
    pocket = ledger.margins.pockets.get(symbol)
    if pocket is not None:
        notional = abs(held) * price
        if leverage >= ledger.margins.leverage(symbol_rules, notional):
            return False
        needed = ledger.margin_at(symbol, LeverageSetting(leverage=leverage, isolated=True))
        lacks_more = needed > max(ledger.margin_for(ledger.worst_sizes()), ledger.equity)
        return lacks_more or pocket.worth(price) < initial_margin(notional, leverage)
    sizes = ledger.worst_sizes()
    notional = abs(sizes.get(symbol, held)) * price
    before = ledger.margins.leverage(symbol_rules, notional)
    if leverage >= before or not notional:
        return False
    more = initial_margin(notional, leverage) - initial_margin(notional, before)
    return ledger.margin_for(sizes) + max(ZERO, more) > ledger.equity
