"""A market moves: prices are set, the house quotes anew, triggers fire, margins are looked at."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from agentic_hl.venue.engine.book import Quote
from agentic_hl.venue.engine.house import mid_of, print_own_execution, quote, quote_around
from agentic_hl.venue.engine.liquidation import settle
from agentic_hl.venue.engine.markets import price_at, size_down
from agentic_hl.venue.engine.state import MarketState, State
from agentic_hl.venue.engine.triggers import fire_triggers
from agentic_hl.venue.exact import divided

__all__ = ["Move", "move_market", "quote_market", "requote", "set_mark"]

_SIZE_STEP = Decimal("0.000001")


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """Where a market goes."""

    oracle: Decimal
    mid: Decimal
    spread: Decimal
    levels: int
    last: Decimal | None = None
    """Price of the trade that is printed; None is the mid, to the nearest price the market takes."""
    units: Decimal | None = None
    """Size of that trade; None is what the options say."""


def move_market(state: State, ms: MarketState, move: Move, mark: Decimal) -> None:
    """Carry out a move, and set the mark."""
    quote_market(state, ms, move)
    set_mark(state, ms, mark)


def quote_market(state: State, ms: MarketState, move: Move) -> None:
    """Carry out a move as far as oracle and book go; the mark has to follow."""
    state.begin_block()
    is_up = move.mid >= ms.centre
    ms.oracle = move.oracle
    quote_around(state, ms, move.mid, move.spread, move.levels)
    last = price_at(move.mid, ms.market) if move.last is None else move.last
    units = move.units
    if units is None:
        units = size_down(divided(state.options.print_usd, last, _SIZE_STEP), ms.market)
    print_own_execution(state, ms, last, units, is_buy=is_up)


def set_mark(state: State, ms: MarketState, mark: Decimal) -> None:
    """Move the mark: triggers fire, margins are looked at."""
    ms.mark = mark
    fire_triggers(state, ms)
    state.unsettled.update(ms.holders)
    settle(state)


def requote(state: State, ms: MarketState, bids: Sequence[Quote], asks: Sequence[Quote]) -> None:
    """Let the house quote exactly this; prices stand."""
    state.begin_block()
    quote(state, ms, bids, asks)
    ms.centre = mid_of(ms) or ms.centre
    settle(state)
