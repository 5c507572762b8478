"""What time does to open orders: the book reaches their price, and the mark their trigger."""

import msgspec

from agentic_core.brokers.paper.floor import Floor
from agentic_core.brokers.paper.history import OrderStatus, status_of_refusal
from agentic_core.brokers.paper.orders import OpenOrder
from agentic_core.brokers.paper.placing import Placing
from agentic_core.domain.fill import Liquidity
from agentic_core.domain.ids import Symbol
from agentic_core.domain.market import Book
from agentic_core.domain.money import Size
from agentic_core.domain.order import IntentState, TimeInForce
from agentic_core.execution.matching import Execution, crossing_units
from agentic_core.execution.triggers import is_reached

__all__ = ["match_open_orders"]


async def match_open_orders(floor: Floor, placing: Placing) -> None:
    """Execute what rests against the books of this moment, then fire the triggers that the marks have reached.

    Limit orders go first, at the prices on the way to the mark. A market that stands still, or that has no book, is
    passed over; a trigger reached meanwhile fires once there is one.
    """
    for symbol in floor.orders.symbols():
        if floor.is_out(symbol):
            continue
        book = await floor.books.book(symbol)
        if book is None or not floor.ledger.has_mark(symbol):
            continue
        for order in floor.orders.limits(symbol):
            _match(floor, placing, order, book)
        for order in floor.orders.triggers(symbol):
            _fire(floor, placing, order, book)
        floor.show_orders()


def _match(floor: Floor, placing: Placing, order: OpenOrder, book: Book) -> None:
    # Only as much as the book brings to the order's price, at that price, as maker.
    intent, ledger = order.intent, floor.ledger
    units = min(order.left, crossing_units(intent.side, intent.limit_price, floor.depth.left(book)))
    if order.state is not IntentState.RESTING or units <= 0:
        return
    held = ledger.position(intent.symbol)
    executions = (Execution(size=Size(units), price=intent.limit_price),)
    fills, after = floor.make_fills(intent, held, executions, Liquidity.MAKER, first=len(order.fills))
    if not intent.reduce_only and placing.lacks_margin(intent.symbol, after.size, fills[0].fee, resting=False):
        reason = f"Insufficient margin to place order. asset={intent.symbol}"
        floor.orders.end(order, OrderStatus.MARGIN_CANCELED, ledger.as_of, reason)
        floor.show_orders()  # what comes after it need not leave it any margin
        return
    floor.depth.take(book, intent.side, units)
    floor.book(fills, after)
    floor.orders.fill(order, fills[0])
    _finish(floor, order, intent.symbol)


def _fire(floor: Floor, placing: Placing, order: OpenOrder, book: Book) -> None:
    intent, ledger, trigger = order.intent, floor.ledger, order.waiting
    if trigger is None or order.state is not IntentState.RESTING:
        return
    if not is_reached(trigger, intent.side, ledger.price(intent.symbol)):
        return
    floor.orders.fire(order, ledger.as_of)
    # As the venue's market triggers do: what does not execute at once rests no longer.
    now = msgspec.structs.replace(intent, size=Size(order.left), time_in_force=TimeInForce.IOC)
    attempt = placing.attempt(now, book, fired=order)
    if isinstance(attempt, str):
        floor.orders.end(order, status_of_refusal(attempt), ledger.as_of, attempt)
        return
    sized, fills, _, _ = attempt
    order.left = sized.size
    placing.commit(attempt, book)
    for fill in fills:
        floor.orders.fill(order, fill)
    floor.orders.end(order, OrderStatus.CANCELED, ledger.as_of, "the book held no more within its limit")
    _finish(floor, order, intent.symbol)


def _finish(floor: Floor, order: OpenOrder, symbol: Symbol) -> None:
    if order.intent.trigger is not None and order.state is IntentState.FILLED:
        floor.orders.end_siblings(order, floor.ledger.as_of)
    floor.follow(symbol)
