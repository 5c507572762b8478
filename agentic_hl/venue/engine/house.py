"""The house quotes every book, so that there is somebody to trade with; and what a depth of the book is worth."""

from collections.abc import Iterable, Iterator
from decimal import ROUND_CEILING, Decimal

from agentic_hl.venue.engine.book import Quote
from agentic_hl.venue.engine.markets import price_down, price_up, size_down
from agentic_hl.venue.engine.matching import sweep_house
from agentic_hl.venue.engine.options import Options
from agentic_hl.venue.engine.state import HOUSE, MarketState, State
from agentic_hl.venue.entities import PublicPrint
from agentic_hl.venue.exact import divided, rounded
from agentic_hl.venue.figures import Level
from agentic_hl.venue.terms import Market

__all__ = ["impact_prices", "mid_of", "print_own_execution", "quote", "quote_around"]

_ZERO = Decimal(0)
_ONE = Decimal(1)
_TWO = Decimal(2)
_PRICE_STEP = Decimal("0.000001")
_IMPACT_USD = Decimal(6_000)
_IMPACT_USD_LARGE = Decimal(20_000)
_LARGE = frozenset({"BTC", "ETH"})


def quote_around(state: State, ms: MarketState, mid: Decimal, spread: Decimal, levels: int) -> None:
    """Quote both sides around a mid, rounded away from it, and trade with the orders that are crossed."""
    ms.centre = mid
    bids = _ladder(state.options, ms.market, mid, spread, levels, is_bid=True)
    asks = _ladder(state.options, ms.market, mid, spread, levels, is_bid=False)
    quote(state, ms, bids, asks)


def quote(state: State, ms: MarketState, bids: Iterable[Quote], asks: Iterable[Quote]) -> None:
    """Quote exactly this, best first, and trade with the orders that are crossed."""
    ms.bids.quote(bids)
    ms.asks.quote(asks)
    ms.touched += 1
    sweep_house(state, ms)


def print_own_execution(state: State, ms: MarketState, px: Decimal, sz: Decimal, *, is_buy: bool) -> None:
    """Print a trade of the house with itself: what others do, as far as candles and the tape show it."""
    if sz <= 0:
        return
    printed = PublicPrint(
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
    ms.prints.append(printed)
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


def _ladder(
    options: Options, market: Market, mid: Decimal, spread: Decimal, levels: int, *, is_bid: bool
) -> Iterator[Quote]:
    last: Decimal | None = None
    for rank in range(levels):
        away = spread / _TWO + options.level_gap * rank
        px = price_down(mid * (_ONE - away), market) if is_bid else price_up(mid * (_ONE + away), market)
        if last is not None:
            tick = _tick(last, market)
            px = min(px, price_down(last - tick, market)) if is_bid else max(px, price_up(last + tick, market))
        if px <= 0:
            return
        last = px
        yield Quote(px=px, sz=_units(options.level_usd * (rank + 1), px, market))


def _units(usd: Decimal, px: Decimal, market: Market) -> Decimal:
    return size_down(divided(usd, px, _PRICE_STEP), market)


def _tick(px: Decimal, market: Market) -> Decimal:
    # A fifth significant digit, or the last decimal, never more than 1.
    places = min(6 - market.sz_decimals, 4 - px.adjusted())
    return rounded(_ONE.scaleb(-max(places, 0)), _PRICE_STEP, ROUND_CEILING)
