"""How a venue begins."""

from collections.abc import Sequence
from decimal import Decimal

from agentic_hl.venue.engine.book import BookSide
from agentic_hl.venue.engine.candles import CandleStore
from agentic_hl.venue.engine.markets import START_PRICES
from agentic_hl.venue.engine.options import Options
from agentic_hl.venue.engine.prices import start_price
from agentic_hl.venue.engine.state import MarketState, State
from agentic_hl.venue.engine.tiers import tier_table
from agentic_hl.venue.terms import Market

__all__ = ["open_state"]

_DEFAULT_START = Decimal(100)


def open_state(markets: Sequence[Market], options: Options, seed: int, now: int) -> State:
    """Make a venue with empty books and nobody in it."""
    opened: list[MarketState] = []
    for market in markets:
        known = START_PRICES.get(market.index, _DEFAULT_START)
        price = start_price(market.index, options, known, now)
        opened.append(
            MarketState(
                market=market,
                tiers=tier_table(market.tiers),
                oracle=price,
                mark=price,
                centre=price,
                bids=BookSide(is_bid=True),
                asks=BookSide(is_bid=False),
                candles=CandleStore(),
            )
        )
    return State(opened, options, seed, now)
