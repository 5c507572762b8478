"""Placing orders: the venue's checks in its words, and what executes at once."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias

import msgspec

from agentic_core.brokers.paper.floor import Floor
from agentic_core.brokers.paper.history import OrderStatus
from agentic_core.brokers.paper.orders import OpenOrder
from agentic_core.domain.fill import Fill, Liquidity
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import VENUE_ORDER_USD_MIN, Instrument
from agentic_core.domain.market import Book
from agentic_core.domain.money import ZERO, Size
from agentic_core.domain.order import OrderIntent, TimeInForce
from agentic_core.domain.position import Position
from agentic_core.domain.side import Side
from agentic_core.execution.matching import Execution, crossing_units, show_best, walk

__all__ = ["Attempt", "Placing", "bad_price", "cannot_rest", "is_legal_price", "no_mark", "off_step"]

_TAKER = Liquidity.TAKER
_IOC, _POST_ONLY = TimeInForce.IOC, TimeInForce.POST_ONLY
_BUY = Side.BUY
_FIGURES_MAX = 5
_DECIMALS_MAX = 6
_PRICE_BAND = Decimal("0.8")


Attempt: TypeAlias = tuple[OrderIntent, tuple[Fill, ...], Position, Decimal]
"""What an order would do: the order as the venue has shrunk it, its fills, the position after them, and what is left.

A bare tuple, because every order of a backtest makes one.
"""


class Placing:
    """Judges orders against an account and a book."""

    def __init__(self, floor: Floor) -> None:
        """Work on an account."""
        self._floor = floor

    def attempt(self, intent: OrderIntent, book: Book | None, *, fired: OpenOrder | None = None) -> Attempt | str:
        """Return what an order would execute, or why the venue refuses it; nothing is booked.

        Args:
            intent: the order.
            book: the snapshot as it was delivered; what this account took from it is left out here.
            fired: the trigger it comes from, which the venue has accepted before.
        """
        floor = self._floor
        rules = floor.instruments.get(intent.symbol)
        if book is None or rules is None or not floor.ledger.has_mark(intent.symbol):
            return no_mark(intent)
        held = floor.ledger.position(intent.symbol)
        sized = self.sized(intent, rules, held)
        if isinstance(sized, str):
            return sized
        book = floor.depth.left(book)
        executions: tuple[Execution, ...] = ()
        if sized.time_in_force is not _POST_ONLY:
            executions = walk(sized.side, sized.size, sized.limit_price, book, rules, floor.factors[sized.side])
        elif self._would_match(sized, book):
            return f"Post only order would have immediately matched, bbo was {show_best(book)}. asset={sized.symbol}"
        fills, after = floor.make_fills(sized, held, executions, _TAKER, first=len(fired.fills) if fired else 0)
        refusal = self._refusal(sized, fills, held, rules, is_new=fired is None)
        return refusal or (sized, fills, after, sized.size - abs(after.size - held.size))

    def commit(self, attempt: Attempt, book: Book) -> None:
        """Enter what an order executes, and end the orders of our own that it ran into."""
        floor = self._floor
        intent, fills, after, left = attempt
        if floor.orders.live:
            self._end_own(intent, floor.depth.left(book))
        if fills:
            floor.depth.take(book, intent.side, intent.size - left)
            floor.book(fills, after)

    def sized(self, intent: OrderIntent, rules: Instrument, held: Position) -> OrderIntent | str:
        """Return the order as the venue takes it, shrunk to the position where it may only reduce, or its refusal."""
        if self._floor.rules.outages and self._floor.is_out(intent.symbol):
            return f"Trading is halted. asset={intent.symbol}"
        if not intent.reduce_only:
            return off_step(intent, intent.size, rules) or intent
        if not held.size or intent.side is not held.closing_side:
            return f"Reduce only order would increase position. asset={intent.symbol}"
        units = abs(held.size)
        if intent.size != units:  # whatever is held can be closed
            refusal = off_step(intent, intent.size, rules)
            if refusal is not None:
                return refusal
        elif not is_legal_price(intent.limit_price, rules):
            return bad_price(intent.limit_price, intent.symbol)
        return intent if intent.size <= units else msgspec.structs.replace(intent, size=Size(units))

    def lacks_margin(self, symbol: Symbol, size: Decimal, fees: Decimal, *, resting: bool = True) -> bool:
        """Tell whether the account cannot carry a signed size of a symbol, and what resting orders may add to it."""
        ledger = self._floor.ledger
        sizes: Mapping[Symbol, Decimal] = {symbol: size}
        if resting and ledger.reserving:
            sizes = ledger.worst_sizes(sizes)
        return ledger.margin_for(sizes) > ledger.equity - fees

    def is_too_small(self, intent: OrderIntent, price: Decimal, after: Decimal) -> bool:
        """Tell whether an order is worth less than the venue's minimum, unless it closes a whole position."""
        if intent.size * price >= VENUE_ORDER_USD_MIN:
            return False
        return bool(after) or not (intent.reduce_only or intent.time_in_force is _IOC)

    def _refusal(
        self, intent: OrderIntent, fills: tuple[Fill, ...], held: Position, rules: Instrument, *, is_new: bool
    ) -> str | None:
        symbol = intent.symbol
        if not fills and intent.time_in_force is _IOC:
            return f"Order could not immediately match against any resting orders. asset={symbol}"
        after = held.size + (intent.size if intent.side is _BUY else -intent.size)
        price = fills[0].price if fills else intent.limit_price
        if intent.size * price < VENUE_ORDER_USD_MIN and is_new and self.is_too_small(intent, price, after):
            return f"Order must have minimum value of $10. asset={symbol}"
        if intent.reduce_only:
            return None
        ledger = self._floor.ledger
        settings = ledger.margins.settings
        if symbol in settings and settings[symbol].leverage > rules.leverage_at(abs(after) * ledger.price(symbol)):
            return f"Order would cause position to exceed margin tier limit at current leverage. asset={symbol}"
        fees = fills[0].fee if len(fills) == 1 else sum((fill.fee for fill in fills), ZERO)
        if self.lacks_margin(symbol, after, fees):
            return f"Insufficient margin to place order. asset={symbol}"
        return None

    def _would_match(self, intent: OrderIntent, book: Book) -> bool:
        if crossing_units(intent.side, intent.limit_price, book):
            return True
        return any(_crosses(intent, own) for own in self._floor.orders.limits(intent.symbol, intent.side.opposite))

    def _end_own(self, intent: OrderIntent, book: Book) -> None:
        # The venue ends the resting one of two orders of one account that meet; others at its price come first.
        if intent.time_in_force is _POST_ONLY:
            return
        floor = self._floor
        for own in floor.orders.limits(intent.symbol, intent.side.opposite):
            if _crosses(intent, own) and intent.size > crossing_units(intent.side, own.limit, book):
                reason = f"met {intent.cloid} of the same account"
                floor.orders.end(own, OrderStatus.SELF_FILL_CANCELED, floor.ledger.as_of, reason)


def no_mark(intent: OrderIntent) -> str:
    """Say that nobody knows what an order's symbol is worth."""
    return f"paper broker: no mark price for {intent.symbol}; fetch its candles or refresh the marks first"


def off_step(intent: OrderIntent, size: Decimal, rules: Instrument) -> str | None:
    """Return the venue's words for a size or price it does not take, or None where it takes both."""
    if not rules.is_legal_size(size):
        return f"Order has {'zero' if size == 0 else 'invalid'} size. asset={intent.symbol}"
    if not is_legal_price(intent.limit_price, rules):
        return bad_price(intent.limit_price, intent.symbol)
    return None


def is_legal_price(price: Decimal, rules: Instrument) -> bool:
    """Tell whether the venue takes a price; a shorter way to the same answer for prices of few digits.

    Few enough digits, and few enough of them behind the point, are always legal, and that is the usual case.
    """
    whole, _, decimals = str(price).partition(".")
    short = len(whole) + len(decimals) <= _FIGURES_MAX and len(decimals) <= _DECIMALS_MAX - rules.size_decimals
    return (short and whole.isdecimal() and price > 0) or rules.is_legal_price(price)


def bad_price(price: Decimal, symbol: Symbol) -> str:
    """Return the venue's words for a price it does not take."""
    if price > 0:
        return f"Price must be divisible by tick size. asset={symbol}"
    return f"Order has invalid price. asset={symbol}"


def cannot_rest(floor: Floor, intent: OrderIntent) -> str | None:
    """Return the venue's words for one order too many, or for a price far from any that could execute."""
    if len(floor.orders.live) >= floor.rules.open_orders_max:
        return f"Too many open orders. asset={intent.symbol}"
    mark = floor.ledger.price(intent.symbol)
    if abs(intent.limit_price - mark) > mark * _PRICE_BAND:
        return f"Order price cannot be more than 80% away from the reference price. asset={intent.symbol}"
    return None


def _crosses(intent: OrderIntent, own: OpenOrder) -> bool:
    return (own.limit - intent.limit_price) * intent.side.sign <= 0
