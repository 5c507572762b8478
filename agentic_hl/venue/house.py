"""The house quotes every book, so that there is somebody to trade with; and what a depth of the book is worth."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, Decimal

from agentic_hl.venue.book import Quote
from agentic_hl.venue.exact import divided, rounded
from agentic_hl.venue.figures import Level
from agentic_hl.venue.markets import price_down, price_up, size_down
from agentic_hl.venue.matching import sweep_house
from agentic_hl.venue.model import Market, PublicTrade
from agentic_hl.venue.state import HOUSE, MarketState, State

__all__ = ["impact_prices", "mid_of", "print_trade", "quote", "quote_around"]

_ZERO = Decimal(0)
_ONE = Decimal(1)
_TWO = Decimal(2)
_PRICE_STEP = Decimal("0.000001")
_IMPACT_USD = Decimal(6_000)
_IMPACT_USD_LARGE = Decimal(20_000)
_LARGE = frozenset({"BTC", "ETH"})


def quote_around(state: State, ms: MarketState, mid: Decimal, spread: Decimal, levels: int) -> None:
    """Quote both sides around a mid, rounded away from it, and trade with the orders that are crossed."""
    options, market = state.options, ms.market
    ms.centre = mid
    bids: list[Quote] = []
    asks: list[Quote] = []
    for rank in range(levels):
        away = spread / _TWO + options.level_gap * rank
        usd = options.level_usd * (rank + 1)
        bid = price_down(mid * (_ONE - away), market)
        if bids and bid >= bids[-1].px:
            bid = price_down(bids[-1].px - _step_below(bids[-1].px, market), market)
        if bid > 0:
            bids.append(Quote(px=bid, sz=_units(usd, bid, market)))
        ask = price_up(mid * (_ONE + away), market)
        if asks and ask <= asks[-1].px:
            ask = price_up(asks[-1].px + _step_below(asks[-1].px, market), market)
        asks.append(Quote(px=ask, sz=_units(usd, ask, market)))
    quote(state, ms, bids, asks)


def quote(state: State, ms: MarketState, bids: Sequence[Quote], asks: Sequence[Quote]) -> None:
    """Quote exactly this, best first, and trade with the orders that are crossed."""
    ms.bids.quote(bids)
    ms.asks.quote(asks)
    ms.touched += 1
    sweep_house(state, ms)


def print_trade(state: State, ms: MarketState, px: Decimal, sz: Decimal, *, is_buy: bool) -> None:
    """Print a trade of the house with itself: what others do, as far as candles and the tape show it."""
    if sz <= 0:
        return
    printed = PublicTrade(
        asset=ms.market.index,
        px=px,
        sz=sz,
        is_buy=is_buy,
        time=state.now,
        tid=state.next_tid(),
        hash=state.hash,
        buyer=HOUSE,
        seller=HOUSE,
    )
    ms.trades.append(printed)
    ms.candles.add(state.now, px, sz)
    ms.last_px = px
    state.events.append(printed)


def mid_of(ms: MarketState) -> Decimal | None:
    """Find the middle between best bid and best ask; None where a side is empty."""
    bid, ask = ms.bids.best_px(), ms.asks.best_px()
    return None if bid is None or ask is None else (bid + ask) / _TWO


def impact_prices(ms: MarketState) -> tuple[Decimal, Decimal] | None:
    """Work out what selling and buying the impact notional would fetch on average, to 6 decimals (assumed).

    None where a side has not that much.
    """
    usd = _IMPACT_USD_LARGE if ms.market.name in _LARGE else _IMPACT_USD
    bid, ask = _average(ms.bids.levels(), usd), _average(ms.asks.levels(), usd)
    return None if bid is None or ask is None else (bid, ask)


def _average(levels: Iterable[Level], usd: Decimal) -> Decimal | None:
    left, units = usd, _ZERO
    for level in levels:
        notional = level.px * level.sz
        if notional >= left:
            last = divided(left, level.px, Decimal("1E-18"))
            return divided(usd, units + last, _PRICE_STEP)
        left -= notional
        units += level.sz
    return None


def _units(usd: Decimal, px: Decimal, market: Market) -> Decimal:
    return size_down(divided(usd, px, _PRICE_STEP), market)


def _step_below(px: Decimal, market: Market) -> Decimal:
    # One tick at this price: a fifth significant digit, or the last decimal, never more than 1.
    places = min(6 - market.sz_decimals, 4 - px.adjusted())
    return rounded(_ONE.scaleb(-max(places, 0)), _PRICE_STEP, ROUND_CEILING)
