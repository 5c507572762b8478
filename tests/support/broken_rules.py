"""For every rule of an open: the change of one scene that breaks it, whatever else is broken or not."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from agentic_core.domain import MarkSource, TradingState
from tests.support.risk_scenes import Scene

__all__ = ["BREAKING", "PLENTY", "pairs"]

D = Decimal

PLENTY = Scene(
    size=D("0.05"),
    held=D("0.25"),
    position_bps_max=1_000_000,
    exposure_bps_max=1_000_000,
    order_usd_min=D(0),
    drawdown_bps_max=2_500,
)
"""An open that passes: 2,500 dollars on top of 12,500, with 10,000 of equity at a leverage of two."""

BREAKING: dict[str, Mapping[str, object]] = {
    "R1_SIDE_MISSING": {"side": None},
    "R1_SIZE_AMBIGUOUS": {"size_usd": D(2_500)},
    "R1_SIZE_NOT_POSITIVE": {"size": D(0)},
    "R1_LIMIT_PRICE_NOT_POSITIVE": {"limit_price": D(0)},
    "R2_SYMBOL_NOT_ALLOWED": {"symbols_allowed": frozenset()},
    "R2_UNKNOWN_INSTRUMENT": {"listed": False},
    "R3_HALTED": {"state": TradingState.HALTED},
    "R3_REDUCING": {"state": TradingState.REDUCING},
    "R3_UNRESOLVED_ORDER": {"unresolved": 1},
    "R4_NO_MARK": {"mark": None},
    "R4_MARK_AHEAD": {"mark_age_ms": -1},
    "R4_STALE_MARK": {"mark_age_ms": 30_001},
    "R4_MARK_SOURCE": {"venue_marks_only": True, "mark_source": MarkSource.BOOK},
    "R4_STALE_ACCOUNT": {"account_age_ms": 60_001},
    "R5_NO_EQUITY": {"equity": D(0)},
    "R5_POSITION_CAP": {"position_bps_max": 1},
    "R5_EXPOSURE_CAP": {"exposure_bps_max": 1},
    "R5_BELOW_ORDER_MINIMUM": {"order_usd_min": D("2500.01")},
    "R6_LEVERAGE_CAP": {"leverage_max": 1},
    "R6_VENUE_LEVERAGE": {"venue_leverage": 1},
    "R7_ORDERS_PER_DAY": {"orders": 10},
    "R7_ORDERS_PER_MINUTE": {"minute_orders": 10},
    "R8_DAILY_LOSS": {"baseline": D(12_000)},
    "R8_DRAWDOWN": {"peak": D(20_000)},
    "R9_SIZE_ROUNDS_TO_ZERO": {"size_decimals": 0},
    "R9_BELOW_VENUE_MINIMUM": {"size": D("0.0001")},
    "R9_PRICE_STEP": {"limit_price": D("50000.5")},
    "R9_COLLAR": {"limit_price": D(50_501)},
    "R9_LIQUIDATION_BEFORE_STOP": {"stop_bps": 9_000},
}
"""In the order of the page. Two that change the same thing cannot both be broken this way."""


def pairs() -> Iterator[tuple[str, str]]:
    """Yield every pair of rules that can be broken at once, the earlier one first."""
    rules = list(BREAKING)
    for place, earlier in enumerate(rules):
        for later in rules[place + 1 :]:
            if BREAKING[earlier].keys().isdisjoint(BREAKING[later]):
                yield earlier, later
