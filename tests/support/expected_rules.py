"""The rules of an open worked out again in exact fractions, apart from the code they judge.

Written from `docs/reference/simulation-rules.md`.
"""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from math import floor

from agentic_core.domain import MarginTier, MarkSource, Side, Symbol, TradingState, plain
from tests.support.markets import ETH, LISTED
from tests.support.risk_scenes import Scene

__all__ = ["first_broken", "venue_takes"]

_BPS = 10_000


def venue_takes(price: Decimal, size_decimals: int) -> bool:
    """Tell from the digits as written whether the venue takes a price."""
    whole, _, decimals = plain(price).partition(".")
    figures = (whole + decimals).lstrip("0")
    return price > 0 and (not decimals or (len(figures) <= 5 and len(decimals) <= 6 - size_decimals))


def first_broken(asked: Scene) -> str | None:
    """Return the first rule that an open breaks, or None where it breaks none."""
    return next((rule for rule, broken in _rules(asked) if broken), None)


def _rules(asked: Scene) -> Iterator[tuple[str, bool]]:
    yield from _shape(asked)
    yield "R2_SYMBOL_NOT_ALLOWED", asked.symbol not in asked.symbols_allowed
    yield "R2_UNKNOWN_INSTRUMENT", not asked.listed
    yield "R3_HALTED", asked.state is TradingState.HALTED
    yield "R3_REDUCING", asked.state is TradingState.REDUCING
    yield "R3_UNRESOLVED_ORDER", asked.unresolved > 0
    yield "R4_NO_MARK", asked.mark is None
    yield "R4_MARK_AHEAD", asked.mark_age_ms < 0
    yield "R4_STALE_MARK", asked.mark_age_ms > asked.mark_age_ms_max
    yield "R4_MARK_SOURCE", asked.venue_marks_only and asked.mark_source is not MarkSource.VENUE
    yield "R4_STALE_ACCOUNT", asked.account_age_ms > asked.account_age_ms_max or asked.account_age_ms < 0
    yield from _sums(asked)


def _shape(asked: Scene) -> Iterator[tuple[str, bool]]:
    yield "R1_SIDE_MISSING", asked.side is None
    named = [size for size in (asked.size, asked.size_usd) if size is not None]
    yield "R1_SIZE_AMBIGUOUS", len(named) != 1
    yield "R1_SIZE_NOT_POSITIVE", not all(size.is_finite() and size > 0 for size in named)
    limit = asked.limit_price
    yield "R1_LIMIT_PRICE_NOT_POSITIVE", limit is not None and not (limit.is_finite() and limit > 0)


def _sums(asked: Scene) -> Iterator[tuple[str, bool]]:
    mark, equity = Fraction(asked.mark or 0), Fraction(asked.equity)
    order, position, legs = _order(asked), _position(asked), 2 if _opposed(asked) else 1
    exposure = position + _elsewhere(asked)
    yield "R5_NO_EQUITY", equity <= 0
    yield "R5_POSITION_CAP", position * _BPS > asked.position_bps_max * equity
    yield "R5_EXPOSURE_CAP", exposure * _BPS > asked.exposure_bps_max * equity
    yield "R5_BELOW_ORDER_MINIMUM", order * mark < Fraction(asked.order_usd_min)
    yield "R6_LEVERAGE_CAP", exposure > asked.leverage_max * equity
    yield "R6_VENUE_LEVERAGE", position > equity * _leverage(asked, position)
    yield "R7_ORDERS_PER_DAY", asked.orders + legs > asked.orders_per_day_max
    this_minute = 0 if asked.minutes_ago else asked.minute_orders
    yield "R7_ORDERS_PER_MINUTE", this_minute + legs > asked.orders_per_minute_max
    reserve = exposure * asked.reserve_bps / _BPS
    baseline, peak = Fraction(asked.baseline), Fraction(asked.peak)
    lost = baseline - equity + reserve
    yield "R8_DAILY_LOSS", lost * _BPS >= asked.daily_loss_bps_max * baseline or baseline <= 0
    share = asked.drawdown_bps_max
    yield "R8_DRAWDOWN", share is not None and (peak - equity + reserve) * _BPS >= share * peak
    yield "R9_SIZE_ROUNDS_TO_ZERO", order == 0
    yield "R9_BELOW_VENUE_MINIMUM", order * mark < 10
    yield "R9_PRICE_STEP", not _has_price(asked, mark)
    yield "R9_COLLAR", asked.limit_price is not None and _beyond(asked, mark)
    yield "R9_LIQUIDATION_BEFORE_STOP", asked.stop_bps is not None and equity < _needed(asked, position)


def _order(asked: Scene) -> Fraction:
    steps = 10**asked.size_decimals
    wanted = Fraction(asked.size_usd or 0) / Fraction(asked.mark or 1) if asked.size is None else Fraction(asked.size)
    return Fraction(floor(wanted * steps), steps)


def _opposed(asked: Scene) -> Fraction:
    sign = 1 if asked.side is Side.BUY else -1
    return max(-sign * Fraction(asked.held), Fraction(0))


def _still(asked: Scene, symbol: Symbol, side: Side) -> Fraction:
    orders = [one for one in asked.open_intents if not one.reduce_only and one.symbol == symbol and one.side is side]
    return sum((Fraction(one.size) for one in orders), Fraction(0))


def _position(asked: Scene) -> Fraction:
    side = asked.side or Side.BUY
    along = max(side.sign * Fraction(asked.held), Fraction(0)) + _still(asked, asked.symbol, side)
    against = _opposed(asked) + _still(asked, asked.symbol, side.opposite)
    return max(along + _order(asked), against) * Fraction(asked.mark or 0)


def _holdings(asked: Scene) -> dict[Symbol, tuple[Fraction, Fraction | None]]:
    ordered = {one.symbol: (Fraction(0), None) for one in asked.open_intents if one.symbol != asked.symbol}
    held = {
        one.symbol: (Fraction(one.size), None if one.mark is None else Fraction(one.mark)) for one in asked.elsewhere
    }
    return {**ordered, ETH: (Fraction(asked.elsewhere_usd), Fraction(1)), **held}


def _elsewhere(asked: Scene) -> Fraction:
    total = Fraction(0)
    for symbol, (held, mark) in _holdings(asked).items():
        buys, sells = (_still(asked, symbol, side) for side in Side)
        limits = [Fraction(one.limit_price) for one in asked.open_intents if one.symbol == symbol]
        price = max(limits, default=Fraction(0)) if mark is None else mark
        total += max(abs(held + buys), abs(held - sells)) * price
    return total


def _tier(tiers: tuple[MarginTier, ...], notional: Fraction) -> int:
    return min(tier.leverage_max for tier in tiers if notional >= tier.lower_bound)


def _leverage(asked: Scene, position: Fraction) -> int:
    return _tier(asked.tiers, position) if asked.tiers else asked.venue_leverage


def _maintenance(asked: Scene, notional: Fraction) -> Fraction:
    """Half of the initial margin, dollar by dollar: each part of the notional at the rate of its own tier."""
    if not asked.tiers:
        return notional / (2 * asked.venue_leverage)
    bounds = [Fraction(tier.lower_bound) for tier in asked.tiers]
    parts = zip(asked.tiers, bounds, [*bounds[1:], max(notional, bounds[-1])], strict=True)
    slices = ((max(min(notional, upper) - lower, Fraction(0)), tier.leverage_max) for tier, lower, upper in parts)
    return sum((part / (2 * leverage) for part, leverage in slices), Fraction(0))


def _needed(asked: Scene, position: Fraction) -> Fraction:
    stop = Fraction(asked.stop_bps or 0, _BPS)
    moved = position * (1 - stop if asked.side is Side.BUY else 1 + stop)
    others = Fraction(0)
    for symbol, (held, mark) in _holdings(asked).items():
        leverage = LISTED[symbol].leverage_max if symbol == ETH else 3
        others += abs(held) * (mark or 0) / (2 * leverage)
    return position * stop + _maintenance(asked, moved) + others


def _edge(asked: Scene, mark: Fraction) -> Fraction:
    sign = 1 if asked.side is Side.BUY else -1
    return mark * (_BPS + sign * asked.collar_bps) / _BPS


def _has_price(asked: Scene, mark: Fraction) -> bool:
    if asked.limit_price is not None:
        return venue_takes(asked.limit_price, asked.size_decimals)
    edge = _edge(asked, mark)
    if asked.side is Side.BUY:
        return _grid(edge, asked.size_decimals, up=False) >= mark
    return _grid(edge, asked.size_decimals, up=True) <= mark


def _grid(price: Fraction, size_decimals: int, *, up: bool) -> Fraction:
    """Return the nearest price the venue takes, zero included."""
    figures, ten = 0, Fraction(10)
    while price < ten**figures:
        figures -= 1
    while price >= ten ** (figures + 1):
        figures += 1
    decimals = max(0, min(4 - figures, 6 - size_decimals))
    units = price * 10**decimals
    return Fraction(-floor(-units) if up else floor(units), 10**decimals)


def _beyond(asked: Scene, mark: Fraction) -> bool:
    limit, edge = Fraction(asked.limit_price or 0), _edge(asked, mark)
    return limit > edge if asked.side is Side.BUY else limit < edge
