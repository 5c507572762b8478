"""What a refusal says: one sentence with its numbers, for people."""

from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

from agentic_core.domain.decision import ProposedAction
from agentic_core.domain.figures import Figures
from agentic_core.domain.instrument import VENUE_ORDER_USD_MIN
from agentic_core.domain.money import ZERO, plain

__all__ = ["DETAILS"]

_Sentence: TypeAlias = Callable[[ProposedAction, Figures], str]


def _usd(value: Decimal | None) -> str:
    return "unknown" if value is None else plain(value)


def _symbol_not_allowed(action: ProposedAction, _figures: Figures) -> str:
    return f"{action.symbol} is not among the symbols this skill may open"


def _over(what: str, amount: Decimal | None, cap: str, figures: Figures) -> str:
    return f"the {what} would be {_usd(amount)} USD, more than {cap} of equity {_usd(figures.equity)}"


def _lost(since: str, reference: Decimal | None, bps: int | None, figures: Figures) -> str:
    equity, reserve = figures.equity or ZERO, figures.reserve_usd or ZERO
    lost = (reference or ZERO) - equity
    return (
        f"{_usd(lost)} USD are lost since {since} and {_usd(reserve)} are kept back for leaving the positions, "
        f"together at least {bps} bps of {_usd(reference)}"
    )


DETAILS: dict[str, _Sentence] = {
    "R1_SIDE_MISSING": lambda a, _: f"an open of {a.symbol} has no side",
    "R1_CLOSE_HAS_SIDE": lambda a, _: f"a close of {a.symbol} names a side; the position decides it",
    "R1_SIZE_AMBIGUOUS": lambda a, _: f"a size of {a.symbol} must be named once, as sizeUsd or as size",
    "R1_SIZE_NOT_POSITIVE": lambda a, _: (
        f"a size must be a finite number above zero, was {a.size if a.size is not None else a.size_usd}"
    ),
    "R1_LIMIT_PRICE_NOT_POSITIVE": lambda a, _: (
        f"a limit price must be a finite number above zero, was {a.limit_price}"
    ),
    "R2_SYMBOL_NOT_ALLOWED": _symbol_not_allowed,
    "R2_UNKNOWN_INSTRUMENT": lambda a, _: f"the venue does not list {a.symbol}",
    "R3_HALTED": lambda _a, _f: "trading is halted; only reducing orders pass",
    "R3_REDUCING": lambda _a, _f: "trading is reducing; only reducing orders pass",
    "R3_UNRESOLVED_ORDER": lambda _, f: f"the fate of {f.unresolved} earlier order(s) is not known",
    "R3_STATE_MOVED": lambda a, f: (
        f"{a.symbol}: its open orders are no longer those that the decision saw"
        if f.position_before is None
        else f"{a.symbol}: the decision saw {_usd(f.position_before)} units, now it is {_usd(f.held)}"
    ),
    "R3_OFF_LEASH": lambda a, _: f"{a.symbol}: the rules of the skill do not wish this open now",
    "R4_NO_MARK": lambda a, _: f"no mark price is known for {a.symbol}",
    "R4_MARK_AHEAD": lambda a, f: f"the mark of {a.symbol} is {-(f.mark_age_ms or 0)} ms ahead of the decision",
    "R4_STALE_MARK": lambda a, f: f"the mark of {a.symbol} is {f.mark_age_ms} ms old, more than {f.mark_age_ms_max} ms",
    "R4_MARK_SOURCE": lambda a, _: f"the mark of {a.symbol} is not the venue's own; it may value and close, not open",
    "R4_STALE_ACCOUNT": lambda _, f: (
        f"the account is {f.account_age_ms} ms old, it must be 0 to {f.account_age_ms_max} ms"
    ),
    "R4_NO_ACCOUNT": lambda a, _: f"the account could not be read, so nothing is opened in {a.symbol}",
    "R4_TOO_LATE": lambda a, _: f"the order in {a.symbol} has too little time left before it expires",
    "R5_NO_EQUITY": lambda _, f: f"equity is {_usd(f.equity)} USD",
    "R5_POSITION_CAP": lambda _, f: _over("position", f.position_usd, f"{f.position_bps_max} bps", f),
    "R5_EXPOSURE_CAP": lambda _, f: _over("exposure", f.exposure_usd, f"{f.exposure_bps_max} bps", f),
    "R5_BELOW_ORDER_MINIMUM": lambda _, f: (
        f"the order is {_usd(f.order_usd)} USD, below minOrderUsd {_usd(f.order_usd_min)}"
    ),
    "R6_LEVERAGE_CAP": lambda _, f: _over("exposure", f.exposure_usd, f"{f.leverage_max} times", f),
    "R6_VENUE_LEVERAGE": lambda a, f: (
        f"a position of {_usd(f.position_usd)} USD in {a.symbol} is more than {f.venue_leverage} times equity "
        f"{_usd(f.equity)}, which is all the venue gives it"
    ),
    "R6_LEVERAGE_CHANGE": lambda a, f: (
        f"the leverage of {a.symbol} is set while it is flat and nothing is unresolved, to {f.leverage_max} at most; "
        f"it holds {_usd(f.held)} units and {f.unresolved} order(s) are unresolved"
    ),
    "R7_ORDERS_PER_DAY": lambda _, f: (
        f"this would be order {f.orders_after} of the UTC day, more than {f.orders_per_day_max}"
    ),
    "R7_ORDERS_PER_MINUTE": lambda _, f: (
        f"this would be order {f.minute_orders_after} of the UTC minute, more than {f.orders_per_minute_max}"
    ),
    "R8_DAILY_LOSS": lambda _, f: _lost("the day's first mark", f.baseline, f.daily_loss_bps_max, f),
    "R8_DRAWDOWN": lambda _, f: _lost("the highest equity", f.peak, f.drawdown_bps_max, f),
    "R9_SIZE_ROUNDS_TO_ZERO": lambda _a, _f: "the size is smaller than one step of the instrument",
    "R9_BELOW_VENUE_MINIMUM": lambda _, f: (
        f"the order is {_usd(f.order_usd)} USD, the venue takes {VENUE_ORDER_USD_MIN} or more"
    ),
    "R9_PRICE_STEP": lambda a, f: (
        f"no legal price of {a.symbol} lies between the mark {_usd(f.mark)} and {f.collar_bps} bps beyond it"
        if f.limit_price is None
        else f"{_usd(f.limit_price)} is no price {a.symbol} can have"
    ),
    "R9_COLLAR": lambda _, f: (
        f"the limit {_usd(f.limit_price)} is more than {f.collar_bps} bps beyond the mark {_usd(f.mark)}"
    ),
    "R9_LIQUIDATION_BEFORE_STOP": lambda _, f: (
        f"with the mark {f.stop_bps} bps against it the account would be below its maintenance margin "
        f"{_usd(f.maintenance_usd)}"
    ),
}
"""The sentence of every rule."""
