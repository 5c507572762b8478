"""What a simulated order executes at."""

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from agentic_core.domain.instrument import Instrument
from agentic_core.domain.market import Book, Level
from agentic_core.domain.money import BPS_ONE, ZERO, Price, Size
from agentic_core.domain.order import OrderIntent
from agentic_core.domain.side import Side

__all__ = ["Execution", "crossing_units", "deplete", "execute", "show_best", "slippage_factor", "walk"]

_BUY = Side.BUY


class Execution(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Units executed at one price."""

    size: Size
    price: Price


def execute(intent: OrderIntent, book: Book, instrument: Instrument, slippage_bps: Decimal) -> tuple[Execution, ...]:
    """Walk the book with an immediate-or-cancel order; one execution per level taken, best first.

    Each level's price is moved against the order by the stated slippage and rounded against it to a legal price;
    levels beyond the limit are not taken.
    """
    factor = slippage_factor(intent.side, slippage_bps)
    return walk(intent.side, intent.size, intent.limit_price, book, instrument, factor)


def slippage_factor(side: Side, slippage_bps: Decimal) -> Decimal:
    """Return what the price of a level is multiplied with.

    >>> slippage_factor(Side.BUY, Decimal(10)), slippage_factor(Side.SELL, Decimal(10))
    (Decimal('1.001'), Decimal('0.999'))
    """
    return (BPS_ONE + side.sign * slippage_bps) / BPS_ONE


def walk(
    side: Side, left: Decimal, limit: Decimal | None, book: Book, instrument: Instrument, factor: Decimal
) -> tuple[Execution, ...]:
    """Take so many units from a side of the book as `execute` does; without a limit any price is taken."""
    buying = side is _BUY
    taken: list[Execution] = []
    for level in book.asks if buying else book.bids:
        price = instrument.round_price(level.price * factor, up=buying)
        if limit is not None and (price > limit if buying else price < limit):
            break
        size = min(level.size, left)
        if not size:  # a level that was emptied before it was removed
            continue
        taken.append(Execution(size=Size(size), price=price))
        left -= size
        if not left:
            break
    return tuple(taken)


def crossing_units(side: Side, limit: Decimal, book: Book) -> Decimal:
    """Return the units on the other side of the book that meet a limit price."""
    levels = book.asks if side is Side.BUY else book.bids
    return sum((level.size for level in levels if (level.price - limit) * side.sign <= 0), ZERO)


def deplete(book: Book, *, bought: Decimal, sold: Decimal) -> Book:
    """Return what a snapshot still holds after so many units were taken from the best of its asks and bids.

    >>> from agentic_core.domain.ids import Symbol
    >>> from agentic_core.domain.times import Instant
    >>> asks = tuple(Level(price=Price(Decimal(at)), size=Size(Decimal(2))) for at in (100, 101))
    >>> book = Book(symbol=Symbol("BTC"), bids=(), asks=asks, as_of=Instant(0))
    >>> [(level.price, level.size) for level in deplete(book, bought=Decimal(3), sold=Decimal(0)).asks]
    [(Decimal('101'), Decimal('1'))]
    """
    asks, bids = tuple(_beyond(book.asks, bought)), tuple(_beyond(book.bids, sold))
    return Book(symbol=book.symbol, bids=bids, asks=asks, as_of=book.as_of)


def show_best(book: Book) -> str:
    """Write the best bid and offer as the venue does, 0 for an empty side.

    >>> from agentic_core.domain.ids import Symbol
    >>> from agentic_core.domain.times import Instant
    >>> asks = (Level(price=Price(Decimal("100.5")), size=Size(Decimal(2))),)
    >>> show_best(Book(symbol=Symbol("BTC"), bids=(), asks=asks, as_of=Instant(0)))
    '0@100.5'
    """
    bid, ask = ((levels[0].price if levels else ZERO) for levels in (book.bids, book.asks))
    return f"{bid}@{ask}"


def _beyond(levels: tuple[Level, ...], units: Decimal) -> Iterator[Level]:
    for level in levels:
        if units >= level.size:
            units -= level.size
            continue
        yield Level(price=level.price, size=Size(level.size - units)) if units else level
        units = ZERO
