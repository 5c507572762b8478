"""Every rule at its exact boundary: one case that passes, one that is the smallest step beyond."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import MarginTier, MarkSource, Side, Symbol, Usd
from tests.support.broken_rules import BREAKING
from tests.support.expected_rules import first_broken
from tests.support.markets import BTC, ETH
from tests.support.risk_scenes import Elsewhere, Scene, approved, denied

D = Decimal
SELL = {"side": Side.SELL}
WIDE = {"position_bps_max": 10**9, "exposure_bps_max": 10**9, "leverage_max": 10**5, "venue_leverage": 10**5}
"""Caps so wide that they never refuse."""

NO_RESERVE = {"reserve_bps": 0}
HALVES = (
    MarginTier(lower_bound=Usd(D(0)), leverage_max=4),
    MarginTier(lower_bound=Usd(D(5_000)), leverage_max=1),
)
"""Leverage four below 5,000 dollars, one from there on."""

Changes = Mapping[str, object]

CASES: list[tuple[str, str, Changes, Changes, Changes]] = [
    ("R1_SIDE_MISSING", "a-side", {}, SELL, {"side": None}),
    ("R1_SIZE_AMBIGUOUS", "two", {}, {}, {"size_usd": D(500)}),
    ("R1_SIZE_AMBIGUOUS", "none", {}, {"size": None, "size_usd": D(500)}, {"size": None}),
    (
        "R1_SIZE_NOT_POSITIVE",
        "smallest",
        {"order_usd_min": D(0), "mark": D(1_000_000)},
        {"size": D("0.00001")},
        {"size": D(0)},
    ),
    ("R1_SIZE_NOT_POSITIVE", "negative", {}, {}, {"size": D("-0.01")}),
    ("R1_SIZE_NOT_POSITIVE", "dollars", {"size": None}, {"size_usd": D(500)}, {"size_usd": D(0)}),
    ("R1_SIZE_NOT_POSITIVE", "debt", {"size": None}, {"size_usd": D(500)}, {"size_usd": D(-500)}),
    ("R1_SIZE_NOT_POSITIVE", "not-a-number", {}, {}, {"size": D("NaN")}),
    ("R1_SIZE_NOT_POSITIVE", "signalling", {}, {}, {"size": D("sNaN")}),
    ("R1_SIZE_NOT_POSITIVE", "endless", {}, {}, {"size": D("Infinity")}),
    ("R1_SIZE_NOT_POSITIVE", "endless-dollars", {"size": None}, {"size_usd": D(500)}, {"size_usd": D("Infinity")}),
    ("R1_LIMIT_PRICE_NOT_POSITIVE", "zero", SELL, {"limit_price": D(60_000)}, {"limit_price": D(0)}),
    (
        "R1_LIMIT_PRICE_NOT_POSITIVE",
        "one",
        {"mark": D(1), "size": D(500)},
        {"limit_price": D(1)},
        {"limit_price": D(-1)},
    ),
    ("R1_LIMIT_PRICE_NOT_POSITIVE", "not-a-number", {}, {}, {"limit_price": D("NaN")}),
    ("R1_LIMIT_PRICE_NOT_POSITIVE", "signalling", {}, {}, {"limit_price": D("sNaN")}),
    ("R1_LIMIT_PRICE_NOT_POSITIVE", "endless", {}, {}, {"limit_price": D("Infinity")}),
    (
        "R2_SYMBOL_NOT_ALLOWED",
        "one-of-two",
        {},
        {"symbols_allowed": frozenset({BTC, ETH})},
        {"symbols_allowed": frozenset({ETH})},
    ),
    ("R2_SYMBOL_NOT_ALLOWED", "case", {}, {}, {"symbol": Symbol("btc")}),
    ("R2_UNKNOWN_INSTRUMENT", "listed", {}, {}, {"listed": False}),
    ("R3_UNRESOLVED_ORDER", "one", {}, {"unresolved": 0}, {"unresolved": 1}),
    ("R4_NO_MARK", "no-mark", {}, {}, {"mark": None}),
    ("R4_MARK_AHEAD", "a-millisecond", {}, {"mark_age_ms": 0}, {"mark_age_ms": -1}),
    ("R4_STALE_MARK", "default", {}, {"mark_age_ms": 30_000}, {"mark_age_ms": 30_001}),
    ("R4_STALE_MARK", "none-at-all", {"mark_age_ms_max": 0}, {"mark_age_ms": 0}, {"mark_age_ms": 1}),
    (
        "R4_MARK_SOURCE",
        "book",
        {"mark_source": MarkSource.BOOK},
        {"venue_marks_only": False},
        {"venue_marks_only": True},
    ),
    (
        "R4_MARK_SOURCE",
        "candle",
        {"venue_marks_only": True},
        {"mark_source": MarkSource.VENUE},
        {"mark_source": MarkSource.CANDLE_CLOSE},
    ),
    ("R4_STALE_ACCOUNT", "old", {}, {"account_age_ms": 60_000}, {"account_age_ms": 60_001}),
    ("R4_STALE_ACCOUNT", "newer", {"account_age_ms_max": 0}, {"account_age_ms": 0}, {"account_age_ms": -1}),
    (
        "R5_NO_EQUITY",
        "a-cent",
        {**WIDE, "baseline": D("0.01"), "daily_loss_bps_max": 10**9},
        {"equity": D("0.01")},
        {"equity": D(0)},
    ),
    ("R5_NO_EQUITY", "in-debt", WIDE, {}, {"equity": D("-0.01")}),
    ("R5_POSITION_CAP", "half", {}, {"size": D("0.1")}, {"size": D("0.10001")}),
    ("R5_POSITION_CAP", "short", SELL, {"size": D("0.1")}, {"size": D("0.10001")}),
    ("R5_POSITION_CAP", "added", {"held": D("0.09")}, {"size": D("0.01")}, {"size": D("0.01001")}),
    ("R5_POSITION_CAP", "added-short", {**SELL, "held": D("-0.09")}, {"size": D("0.01")}, {"size": D("0.01001")}),
    ("R5_POSITION_CAP", "a-bp", {"size": D("0.1")}, {"position_bps_max": 5_000}, {"position_bps_max": 4_999}),
    ("R5_POSITION_CAP", "a-cent", {"size": D("0.1")}, {"equity": D(10_000)}, {"equity": D("9999.99")}),
    ("R5_EXPOSURE_CAP", "a-cent", {"size": D("0.1")}, {"elsewhere_usd": D(5_000)}, {"elsewhere_usd": D("5000.01")}),
    ("R5_EXPOSURE_CAP", "a-short", {"size": D("0.1")}, {"elsewhere_usd": D(-5_000)}, {"elsewhere_usd": D("-5000.01")}),
    ("R5_EXPOSURE_CAP", "a-bp", {"size": D("0.05")}, {"exposure_bps_max": 2_500}, {"exposure_bps_max": 2_499}),
    (
        "R5_EXPOSURE_CAP",
        "two-others",
        {"size": D("0.1"), "elsewhere_usd": D(2_000)},
        {"elsewhere": (Elsewhere(symbol=Symbol("SOL"), size=D(-30)),)},
        {"elsewhere": (Elsewhere(symbol=Symbol("SOL"), size=D(-30), mark=D("100.01")),)},
    ),
    ("R5_BELOW_ORDER_MINIMUM", "a-step", {"order_usd_min": D(100)}, {"size": D("0.002")}, {"size": D("0.00199")}),
    (
        "R5_BELOW_ORDER_MINIMUM",
        "a-cent",
        {"size": D("0.002")},
        {"order_usd_min": D(100)},
        {"order_usd_min": D("100.01")},
    ),
    (
        "R5_BELOW_ORDER_MINIMUM",
        "after-rounding",
        {"size": None, "order_usd_min": D("100.5")},
        {"size_usd": D("100.5")},
        {"size_usd": D("100.49")},
    ),
    ("R6_LEVERAGE_CAP", "a-step", {**WIDE, "leverage_max": 1}, {"size": D("0.2")}, {"size": D("0.20001")}),
    (
        "R6_LEVERAGE_CAP",
        "where-another-cap-is-tighter",
        {"leverage_max": 1, "exposure_bps_max": 10**6},
        {"elsewhere_usd": D(9_500)},
        {"elsewhere_usd": D("9500.01")},
    ),
    (
        "R6_LEVERAGE_CAP",
        "elsewhere",
        {**WIDE, "leverage_max": 3, "size": D("0.2")},
        {"elsewhere_usd": D(20_000)},
        {"elsewhere_usd": D("20000.01")},
    ),
    ("R6_VENUE_LEVERAGE", "a-step", {**WIDE, "venue_leverage": 1}, {"size": D("0.2")}, {"size": D("0.20001")}),
    (
        "R6_VENUE_LEVERAGE",
        "of-the-position-alone",
        {**WIDE, "venue_leverage": 1, "elsewhere_usd": D(9_000)},
        {"size": D("0.2")},
        {"size": D("0.20001")},
    ),
    (
        "R6_VENUE_LEVERAGE",
        "one-below-ours",
        {**WIDE, "leverage_max": 2, "size": D("0.3")},
        {"venue_leverage": 2},
        {"venue_leverage": 1},
    ),
    (
        "R6_VENUE_LEVERAGE",
        "the-higher-tier",
        {**WIDE, "leverage_max": 1, "tiers": HALVES, "equity": D(4_999), "baseline": D(4_999), "peak": D(4_999)},
        {"size": D("0.09998")},
        {"size": D("0.1"), "leverage_max": 2},
    ),
    (
        "R6_VENUE_LEVERAGE",
        "at-the-tier",
        {**WIDE, "tiers": HALVES, "equity": D(2_000), "baseline": D(2_000), "peak": D(2_000)},
        {"size": D("0.09999")},
        {"size": D("0.1")},
    ),
    ("R7_ORDERS_PER_DAY", "the-tenth", {}, {"orders": 9}, {"orders": 10}),
    ("R7_ORDERS_PER_DAY", "far-beyond", {}, {"orders": 0}, {"orders": 10_000}),
    ("R7_ORDERS_PER_MINUTE", "the-tenth", {}, {"minute_orders": 9}, {"minute_orders": 10}),
    (
        "R7_ORDERS_PER_MINUTE",
        "another-minute",
        {"minute_orders": 10},
        {"minutes_ago": 1},
        {"minutes_ago": 0},
    ),
    ("R8_DAILY_LOSS", "a-millionth", NO_RESERVE, {"equity": D("9000.000001")}, {"equity": D(9_000)}),
    # 500 dollars of notional keep 2.50 back at 50 bps.
    ("R8_DAILY_LOSS", "with-the-reserve", {}, {"equity": D("9002.500001")}, {"equity": D("9002.5")}),
    ("R8_DAILY_LOSS", "by-the-reserve", {"equity": D("9002.51")}, {"reserve_bps": 50}, {"reserve_bps": 51}),
    ("R8_DAILY_LOSS", "reserve-of-all", {"equity": D(9_010)}, {"elsewhere_usd": D(1_499)}, {"elsewhere_usd": D(1_500)}),
    ("R8_DAILY_LOSS", "baseline", {"equity": D(20_000)}, {"baseline": D("0.01")}, {"baseline": D(0)}),
    ("R8_DAILY_LOSS", "negative-baseline", {}, {}, {"baseline": D(-1)}),
    (
        "R8_DRAWDOWN",
        "a-millionth",
        {**NO_RESERVE, "drawdown_bps_max": 2_500, "peak": D(12_000)},
        {"equity": D("9000.000001"), "baseline": D(9_000)},
        {"equity": D(9_000), "baseline": D(9_000)},
    ),
    (
        "R8_DRAWDOWN",
        "with-the-reserve",
        {"drawdown_bps_max": 2_500, "baseline": D(9_000), "peak": D(12_000)},
        {"equity": D("9002.500001")},
        {"equity": D("9002.5")},
    ),
    ("R8_DRAWDOWN", "no-cap", {"peak": D(10**9)}, {"drawdown_bps_max": None}, {"drawdown_bps_max": 9_999}),
    (
        "R9_SIZE_ROUNDS_TO_ZERO",
        "a-step",
        {"order_usd_min": D(0), "mark": D(1_000_000)},
        {"size": D("0.00001")},
        {"size": D("0.0000099")},
    ),
    (
        "R9_SIZE_ROUNDS_TO_ZERO",
        "dollars",
        {"order_usd_min": D(0), "mark": D(1_000_000), "size": None},
        {"size_usd": D(10)},
        {"size_usd": D("9.99")},
    ),
    ("R9_BELOW_VENUE_MINIMUM", "a-step", {"order_usd_min": D(0)}, {"size": D("0.0002")}, {"size": D("0.00019")}),
    (
        "R9_BELOW_VENUE_MINIMUM",
        "a-cent",
        {"order_usd_min": D(0), "size": D("0.0002")},
        {"mark": D(50_000)},
        {"mark": D("49999.99")},
    ),
    ("R9_PRICE_STEP", "six-figures", {}, {"limit_price": D(50_001)}, {"limit_price": D("50000.5")}),
    (
        "R9_PRICE_STEP",
        "figures",
        {"size_decimals": 0, "mark": D(5), "size": D(99)},
        {"limit_price": D("5.0001")},
        {"limit_price": D("5.00001")},
    ),
    # With five size decimals a price has one decimal: between 3.31 and 3.3431 lies no such price, from 3.27 on 3.3.
    ("R9_PRICE_STEP", "collar-of-a-buy", {"size": D(100)}, {"mark": D("3.27")}, {"mark": D("3.31")}),
    ("R9_PRICE_STEP", "collar-of-a-sell", {**SELL, "size": D(100)}, {"mark": D("3.33")}, {"mark": D("3.38")}),
    ("R9_PRICE_STEP", "at-the-mark", {"size": D(100), "collar_bps": 1}, {"mark": D("3.3")}, {"mark": D("3.31")}),
    ("R9_PRICE_STEP", "sell-at-it", {**SELL, "size": D(100), "collar_bps": 1}, {"mark": D("3.3")}, {"mark": D("3.29")}),
    ("R9_PRICE_STEP", "no-collar", {"collar_bps": 0}, {"mark": D(50_000)}, {"mark": D("50000.5")}),
    ("R9_PRICE_STEP", "no-collar-sell", {**SELL, "collar_bps": 0}, {"mark": D(50_000)}, {"mark": D("49999.5")}),
    ("R9_COLLAR", "of-a-buy", {}, {"limit_price": D(50_500)}, {"limit_price": D(50_501)}),
    ("R9_COLLAR", "of-a-sell", SELL, {"limit_price": D(49_500)}, {"limit_price": D(49_499)}),
    ("R9_COLLAR", "behind-the-mark", {}, {"limit_price": D(1)}, {"limit_price": D(99_999)}),
    ("R9_COLLAR", "behind-a-sell", SELL, {"limit_price": D(99_999)}, {"limit_price": D(1)}),
    ("R9_COLLAR", "none-at-all", {"collar_bps": 0}, {"limit_price": D(50_000)}, {"limit_price": D(50_001)}),
]


def at(*changes: Changes) -> Scene:
    """Return the default scene with all changes."""
    merged = {name: value for change in changes for name, value in change.items()}
    return msgspec.structs.replace(Scene(), **merged)


IDS = [f"{rule}-{name}" for rule, name, *_ in CASES]


@pytest.mark.parametrize(("common", "passing"), [(case[2], case[3]) for case in CASES], ids=IDS)
def test_rule_at_its_boundary_lets_pass(common: Changes, passing: Changes) -> None:
    """What is exactly as large, as old or as many as allowed is approved, by the page as well."""
    asked = at(common, passing)
    assert approved(asked).withheld is None
    assert first_broken(asked) is None


@pytest.mark.parametrize(("rule", "common", "refused"), [(case[0], case[2], case[4]) for case in CASES], ids=IDS)
def test_rule_one_step_beyond_refuses(rule: str, common: Changes, refused: Changes) -> None:
    """The smallest step more is denied, by that rule, by the page as well."""
    asked = at(common, refused)
    assert denied(asked).rule == rule == first_broken(asked)


def test_boundaries_are_there_for_every_rule_with_a_number() -> None:
    """Only the trading state has none, and the distance of a stop has a page of its own."""
    without = {"R3_HALTED", "R3_REDUCING", "R9_LIQUIDATION_BEFORE_STOP"}
    assert {case[0] for case in CASES} == set(BREAKING) - without
