"""Prices and sizes of closing orders, from a read of the close's own."""

from decimal import Decimal

import msgspec

from agentic_core.domain.instrument import VENUE_ORDER_USD_MIN, Instrument
from agentic_core.domain.money import ZERO, Price, Size
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant
from agentic_core.execution.planner import limit_price

__all__ = ["CloseView", "close_size", "peg_price", "sized_at", "taking_price"]


class CloseView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a close reads for itself before each order."""

    instrument: Instrument
    read_at: Instant
    """When the oldest part of it was true."""
    mark: Price
    bid: Price | None
    """The highest price bid; None where nobody bids."""
    ask: Price | None
    held: Size
    """Signed units of the position."""

    def held_against(self, side: Side) -> Size:
        """Return how many units an order of that side can close."""
        return Size(max(ZERO, -self.held * side.sign))


def taking_price(view: CloseView, side: Side, collar_bps: int) -> Price:
    """Return the worst price of an immediate order: a collar beyond the mark."""
    return limit_price(view.instrument, side, view.mark, collar_bps)


def peg_price(view: CloseView, side: Side, collar_bps: int) -> Price:
    """Return the price of a post-only order: with the best of its own side, or at the mark where that is nearer.

    It never meets the other side of the book, and never gives away more than a collar.
    """
    instrument, mark, worst = view.instrument, view.mark, taking_price(view, side, collar_bps)
    if side is Side.SELL:
        near = min(instrument.round_price(mark, up=True), mark if view.ask is None else view.ask)
        clear = worst if view.bid is None else view.bid + instrument.price_step(view.bid)
        return Price(max(instrument.round_price(near, up=True), worst, instrument.round_price(clear, up=True)))
    near = max(instrument.round_price(mark, up=False), mark if view.bid is None else view.bid)
    clear = worst if view.ask is None else view.ask - instrument.price_step(view.ask)
    return Price(min(instrument.round_price(near, up=False), worst, instrument.round_price(clear, up=False)))


def sized_at(view: CloseView, price: Price) -> Decimal:
    """Return the price at which the venue's minimum is met whichever price it counts by."""
    return min(view.mark, price)


def close_size(wanted: Size, held: Size, price: Decimal, instrument: Instrument) -> Size:
    """Return what to close of a position so that neither the order nor what it leaves is too small for the venue.

    Closing all of a position is exempt from the minimum, whatever it is worth.

    >>> from agentic_core.domain.ids import Symbol
    >>> eth = Instrument(symbol=Symbol("ETH"), size_decimals=4, leverage_max=25)
    >>> sizes = [Size(Decimal(size)) for size in ("0.001", "0.02", "0.996")]
    >>> [str(close_size(size, Size(Decimal(1)), Decimal(2_000), eth)) for size in sizes]
    ['0.0050', '0.0200', '1']
    """
    if wanted >= held:
        return held
    size = instrument.size_down(wanted)
    if size * price < VENUE_ORDER_USD_MIN:
        size = instrument.size_up(VENUE_ORDER_USD_MIN / price)
    return held if (held - size) * price < VENUE_ORDER_USD_MIN else size
