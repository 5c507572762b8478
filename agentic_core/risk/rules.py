"""The rules that stand between a wish and an order, in their fixed order.

Each rule looks at one thing and returns a refusal or nothing. Rules for a stage before POSITION see the request; the
later ones see its figures. Closing actions never come here: nothing blocks an order that only shrinks a position.
"""

from collections.abc import Callable
from typing import TypeAlias

from agentic_core.domain.decision import Denied, Number
from agentic_core.domain.instrument import VENUE_ORDER_USD_MIN
from agentic_core.domain.money import Usd, bps_of, plain
from agentic_core.domain.trading import TradingState
from agentic_core.risk.figures import Figures, Request, named_sizes

__all__ = [
    "FIGURE_RULES",
    "REQUEST_RULES",
    "RULES",
    "FigureRule",
    "RequestRule",
    "below_order_minimum",
    "below_venue_minimum",
    "daily_loss",
    "exposure_cap",
    "leverage_cap",
    "no_equity",
    "no_mark",
    "not_active",
    "orders_per_day",
    "position_cap",
    "side_missing",
    "size_ambiguous",
    "size_not_positive",
    "size_rounds_to_zero",
    "stale_mark",
    "symbol_not_allowed",
    "unknown_instrument",
    "unresolved_order",
]

RequestRule: TypeAlias = Callable[[Request], Denied | None]
FigureRule: TypeAlias = Callable[[Figures], Denied | None]


def _deny(rule: str, detail: str, **numbers: Number) -> Denied:
    return Denied(rule=rule, detail=detail, numbers=numbers)


def side_missing(request: Request) -> Denied | None:
    """R1_SIDE_MISSING: an open says whether it buys or sells."""
    if request.action.side is not None:
        return None
    return _deny("R1_SIDE_MISSING", f"an open of {request.action.symbol} has no side")


def size_ambiguous(request: Request) -> Denied | None:
    """R1_SIZE_AMBIGUOUS: an open names its size once, in dollars or in units."""
    action = request.action
    if (action.size is None) != (action.size_usd is None):
        return None
    return _deny(
        "R1_SIZE_AMBIGUOUS",
        f"an open of {action.symbol} must name exactly one of sizeUsd and size",
        **named_sizes(action),
    )


def size_not_positive(request: Request) -> Denied | None:
    """R1_SIZE_NOT_POSITIVE: a size is a finite number above zero."""
    action = request.action
    wanted = action.size if action.size is not None else action.size_usd
    if wanted is not None and wanted.is_finite() and wanted > 0:
        return None
    return _deny("R1_SIZE_NOT_POSITIVE", f"a size must be above zero, was {wanted}", **named_sizes(action))


def symbol_not_allowed(request: Request) -> Denied | None:
    """R2_SYMBOL_NOT_ALLOWED: the skill lists what it may open."""
    symbol = request.action.symbol
    if symbol in request.limits.symbols_allowed:
        return None
    allowed = ", ".join(sorted(request.limits.symbols_allowed))
    return _deny("R2_SYMBOL_NOT_ALLOWED", f"{symbol} is not among {allowed}")


def unknown_instrument(request: Request) -> Denied | None:
    """R2_UNKNOWN_INSTRUMENT: the venue lists the symbol."""
    if request.instrument is not None:
        return None
    symbol = request.action.symbol
    return _deny("R2_UNKNOWN_INSTRUMENT", f"the venue does not list {symbol}")


def not_active(request: Request) -> Denied | None:
    """R3_HALTED, R3_REDUCING: only the ACTIVE state lets positions grow."""
    match request.state:
        case TradingState.ACTIVE:
            return None
        case TradingState.HALTED:
            return _deny("R3_HALTED", "trading is halted; only reducing orders pass")
        case TradingState.REDUCING:
            return _deny("R3_REDUCING", "trading is reducing; only reducing orders pass")


def unresolved_order(request: Request) -> Denied | None:
    """R3_UNRESOLVED_ORDER: while an order's fate is unknown, nothing may be opened on top of it."""
    count = request.account.unresolved
    if count == 0:
        return None
    return _deny("R3_UNRESOLVED_ORDER", f"the fate of {count} earlier order(s) is not known", unresolved=count)


def no_mark(request: Request) -> Denied | None:
    """R4_NO_MARK: the symbol has a price."""
    if request.mark is not None:
        return None
    return _deny("R4_NO_MARK", f"no mark price is known for {request.action.symbol}")


def stale_mark(request: Request) -> Denied | None:
    """R4_STALE_MARK: the price is young enough."""
    if request.mark is None:
        return None
    age_ms = request.market.as_of - request.mark.as_of
    limit_ms = request.limits.mark_age_ms_max
    if age_ms <= limit_ms:
        return None
    detail = f"the mark of {request.action.symbol} is {age_ms} ms old, more than {limit_ms} ms"
    return _deny("R4_STALE_MARK", detail, mark=request.mark.price, age_ms=age_ms, age_ms_max=limit_ms)


def no_equity(figures: Figures) -> Denied | None:
    """R5_NO_EQUITY: there is something to trade with."""
    if figures.equity > 0:
        return None
    detail = f"equity is {plain(figures.equity)} USD"
    return _deny("R5_NO_EQUITY", detail, **figures.numbers())


def position_cap(figures: Figures) -> Denied | None:
    """R5_POSITION_CAP: one symbol's notional stays within its share of equity."""
    return _over_share("R5_POSITION_CAP", "position", figures, figures.position_usd, figures.limits.position_bps_max)


def exposure_cap(figures: Figures) -> Denied | None:
    """R5_EXPOSURE_CAP: all notionals together stay within their share of equity."""
    return _over_share("R5_EXPOSURE_CAP", "exposure", figures, figures.exposure_usd, figures.limits.exposure_bps_max)


def below_order_minimum(figures: Figures) -> Denied | None:
    """R5_BELOW_ORDER_MINIMUM: the skill's own smallest order."""
    limit = figures.limits.order_usd_min
    if figures.order_usd >= limit:
        return None
    detail = f"the order is {plain(figures.order_usd)} USD, below minOrderUsd {plain(limit)}"
    return _deny("R5_BELOW_ORDER_MINIMUM", detail, **figures.numbers(), order_usd_min=limit)


def leverage_cap(figures: Figures) -> Denied | None:
    """R6_LEVERAGE_CAP: exposure over equity stays within the skill's leverage."""
    share_bps = figures.limits.leverage_max * 10_000
    return _over_share("R6_LEVERAGE_CAP", "leverage", figures, figures.exposure_usd, share_bps)


def orders_per_day(figures: Figures) -> Denied | None:
    """R7_ORDERS_PER_DAY: a runaway loop burns only so many orders."""
    limit = figures.limits.orders_per_day_max
    if figures.orders_after <= limit:
        return None
    detail = f"this would be order {figures.orders_after} of the UTC day, more than {limit}"
    return _deny("R7_ORDERS_PER_DAY", detail, **figures.numbers())


def daily_loss(figures: Figures) -> Denied | None:
    """R8_DAILY_LOSS: after losing the day's allowance nothing is opened, even before the halt is latched."""
    limit = figures.limits.daily_loss_bps_max
    if figures.loss_bps < limit:
        return None
    detail = f"today's loss is {plain(figures.loss_bps)} bps of the day's baseline, the cap is {limit}"
    return _deny("R8_DAILY_LOSS", detail, **figures.numbers())


def size_rounds_to_zero(figures: Figures) -> Denied | None:
    """R9_SIZE_ROUNDS_TO_ZERO: something is left after rounding down to the venue's step."""
    if figures.size > 0:
        return None
    return _deny("R9_SIZE_ROUNDS_TO_ZERO", "the size is smaller than one step of the instrument", **figures.numbers())


def below_venue_minimum(figures: Figures) -> Denied | None:
    """R9_BELOW_VENUE_MINIMUM: the venue's smallest order."""
    if figures.order_usd >= VENUE_ORDER_USD_MIN:
        return None
    detail = f"the order is {plain(figures.order_usd)} USD, the venue takes {VENUE_ORDER_USD_MIN} or more"
    return _deny("R9_BELOW_VENUE_MINIMUM", detail, **figures.numbers(), venue_order_usd_min=VENUE_ORDER_USD_MIN)


def _over_share(rule: str, what: str, figures: Figures, amount: Usd, share_bps: int) -> Denied | None:
    cap = bps_of(figures.equity, share_bps)
    if amount <= cap:
        return None
    detail = f"the {what} would be {plain(amount)} USD, more than {share_bps} bps of equity {plain(figures.equity)}"
    return _deny(rule, detail, **figures.numbers(), cap_usd=cap)


REQUEST_RULES: tuple[RequestRule, ...] = (
    side_missing,
    size_ambiguous,
    size_not_positive,
    symbol_not_allowed,
    unknown_instrument,
    not_active,
    unresolved_order,
    no_mark,
    stale_mark,
)

FIGURE_RULES: tuple[FigureRule, ...] = (
    no_equity,
    position_cap,
    exposure_cap,
    below_order_minimum,
    leverage_cap,
    orders_per_day,
    daily_loss,
    size_rounds_to_zero,
    below_venue_minimum,
)

RULES: tuple[str, ...] = tuple(
    name.strip()
    for rule in (*REQUEST_RULES, *FIGURE_RULES)
    for name in (rule.__doc__ or "").partition(":")[0].split(",")
)
"""Every rule id of an open, in pipeline order."""
