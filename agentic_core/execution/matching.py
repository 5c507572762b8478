"""What a simulated order executes at."""

from decimal import Decimal

import msgspec

from agentic_core.domain.instrument import Instrument
from agentic_core.domain.market import Book
from agentic_core.domain.money import BPS_ONE, Price, Size
from agentic_core.domain.order import OrderIntent
from agentic_core.domain.side import Side

__all__ = ["Execution", "execute"]


class Execution(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Units executed at one price."""

    size: Size
    price: Price


def execute(intent: OrderIntent, book: Book, instrument: Instrument, slippage_bps: Decimal) -> tuple[Execution, ...]:
    """Walk the book with an immediate-or-cancel order; one execution per level taken, best first.

    Each level's price is moved against the order by the stated slippage and rounded against it to a legal price;
    levels beyond the limit are not taken.
    """
    buying = intent.side is Side.BUY
    factor = (BPS_ONE + slippage_bps if buying else BPS_ONE - slippage_bps) / BPS_ONE
    taken: list[Execution] = []
    left: Decimal = intent.size
    for level in book.asks if buying else book.bids:
        price = instrument.round_price(level.price * factor, up=buying)
        if price > intent.limit_price if buying else price < intent.limit_price:
            break
        size = min(level.size, left)
        if not size:  # a level that was emptied before it was removed
            continue
        taken.append(Execution(size=Size(size), price=price))
        left -= size
        if not left:
            break
    return tuple(taken)
