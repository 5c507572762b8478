"""Which opens the short way of the risk engine takes: caps, minimums and allowances at their exact bound, and numbers.

What must hold of the proposal, the mark and the account stands in `test_risk_plain.py`.
"""

from collections.abc import Mapping
from decimal import Decimal

import pytest

from agentic_core.domain import (
    Approved,
    Denied,
    Figures,
    Instant,
    MarginTier,
    PlannedOrder,
    Price,
    Side,
    Size,
    Symbol,
    Usd,
)
from agentic_core.risk.facts import gather
from agentic_core.risk.pipeline import judge as judge_facts
from agentic_core.risk.plain import approve_plain
from tests.support.markets import AT, BTC
from tests.support.plain_scenes import both, short_way
from tests.support.risk_scenes import Elsewhere, Scene, judge, scene

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

TIERED = {"tiers": HALVES, "position_bps_max": 10_000, "exposure_bps_max": 20_000}
SMALL = {"equity": D(5_300), "baseline": D(5_300), "peak": D(5_300)}
LAST_MS = {"at": Instant(AT + 59_999)}

PIPELINE_APPROVES = None

Changes = Mapping[str, object]
Case = tuple[str, Changes, Changes, Changes, str | None]

CAPS: list[Case] = [
    (
        "no-equity",
        {**WIDE, "baseline": D("0.01"), "daily_loss_bps_max": 10**9},
        {"equity": D("0.01")},
        {"equity": D(0)},
        "R5_NO_EQUITY",
    ),
    ("in-debt", WIDE, {}, {"equity": D("-0.01")}, "R5_NO_EQUITY"),
    ("position", {}, {"size": D("0.1")}, {"size": D("0.10001")}, "R5_POSITION_CAP"),
    ("position-short", SELL, {"size": D("0.1")}, {"size": D("0.10001")}, "R5_POSITION_CAP"),
    ("position-equity", {"size": D("0.1")}, {"equity": D(10_000)}, {"equity": D("9999.999999")}, "R5_POSITION_CAP"),
    ("position-held", {}, {"held": D("0.09")}, {"held": D("0.09001")}, "R5_POSITION_CAP"),
    ("position-held-short", SELL, {"held": D("-0.09")}, {"held": D("-0.09001")}, "R5_POSITION_CAP"),
    ("exposure", {"position_bps_max": 20_000}, {"size": D("0.2")}, {"size": D("0.20001")}, "R5_EXPOSURE_CAP"),
    ("leverage", {**WIDE, "leverage_max": 1}, {"size": D("0.2")}, {"size": D("0.20001")}, "R6_LEVERAGE_CAP"),
    ("elsewhere", {}, {"elsewhere_usd": D(4_500)}, {"elsewhere_usd": D("4500.000001")}, PIPELINE_APPROVES),
    ("elsewhere-short", {}, {"elsewhere_usd": D(-4_500)}, {"elsewhere_usd": D("-4500.000001")}, PIPELINE_APPROVES),
    (
        "elsewhere-and-held",
        {"held": D("0.04")},
        {"elsewhere_usd": D(2_500)},
        {"elsewhere_usd": D("2500.000001")},
        PIPELINE_APPROVES,
    ),
    ("own-minimum", {"order_usd_min": D(100)}, {"size": D("0.002")}, {"size": D("0.00199")}, "R5_BELOW_ORDER_MINIMUM"),
    (
        "own-minimum-held",
        {"order_usd_min": D(100), "held": D("0.05")},
        {"size": D("0.002")},
        {"size": D("0.00199")},
        "R5_BELOW_ORDER_MINIMUM",
    ),
    (
        "own-minimum-a-cent",
        {"size": D("0.002")},
        {"order_usd_min": D(100)},
        {"order_usd_min": D("100.01")},
        "R5_BELOW_ORDER_MINIMUM",
    ),
    ("venue-minimum", {"order_usd_min": D(0)}, {"size": D("0.0002")}, {"size": D("0.00019")}, "R9_BELOW_VENUE_MINIMUM"),
    ("venue-leverage", {}, {"venue_leverage": 2}, {"venue_leverage": 1}, PIPELINE_APPROVES),
    ("first-tier", TIERED, {"size": D("0.09999")}, {"size": D("0.1")}, PIPELINE_APPROVES),
    ("first-tier-held", {**TIERED, "held": D("0.05")}, {"size": D("0.04999")}, {"size": D("0.05")}, PIPELINE_APPROVES),
    ("one-tier", {"size": D("0.1")}, {"tiers": HALVES[:1]}, {"tiers": HALVES}, PIPELINE_APPROVES),
    # At worst a stop of 200 bps needs 53 % of all notionals.
    ("stop", {**WIDE, **SMALL, "stop_bps": 200}, {"size": D("0.2")}, {"size": D("0.20001")}, PIPELINE_APPROVES),
    (
        "stop-elsewhere",
        {**WIDE, **SMALL, "stop_bps": 200, "size": D("0.1")},
        {"elsewhere_usd": D(5_000)},
        {"elsewhere_usd": D("5000.01")},
        PIPELINE_APPROVES,
    ),
    ("no-stop", {**WIDE, "size": D("0.6")}, {"stop_bps": None}, {"stop_bps": 200}, PIPELINE_APPROVES),
    ("no-stop-far", {**WIDE, **SMALL, "size": D("0.2")}, {"stop_bps": 200}, {"stop_bps": 201}, PIPELINE_APPROVES),
]
ALLOWANCES: list[Case] = [
    ("orders-today", {}, {"orders": 9}, {"orders": 10}, "R7_ORDERS_PER_DAY"),
    ("no-orders-today", {}, {"orders_per_day_max": 1}, {"orders_per_day_max": 0}, "R7_ORDERS_PER_DAY"),
    ("orders-this-minute", {}, {"minute_orders": 9}, {"minute_orders": 10}, "R7_ORDERS_PER_MINUTE"),
    ("orders-to-its-end", LAST_MS, {"minute_orders": 9}, {"minute_orders": 10}, "R7_ORDERS_PER_MINUTE"),
    ("minute-over", {"minute_orders": 10}, {"minutes_ago": 1}, {"minutes_ago": 0}, "R7_ORDERS_PER_MINUTE"),
    ("minute-to-come", {"minute_orders": 10}, {"minutes_ago": -1}, {"minutes_ago": 0}, "R7_ORDERS_PER_MINUTE"),
    (
        "no-order-a-minute",
        {"minutes_ago": 1},
        {"orders_per_minute_max": 1},
        {"orders_per_minute_max": 0},
        "R7_ORDERS_PER_MINUTE",
    ),
    ("baseline-zero", {"equity": D(20_000)}, {"baseline": D("0.000001")}, {"baseline": D(0)}, "R8_DAILY_LOSS"),
    ("baseline-negative", {}, {}, {"baseline": D(-1)}, "R8_DAILY_LOSS"),
    ("day", NO_RESERVE, {"equity": D("9000.000001")}, {"equity": D(9_000)}, "R8_DAILY_LOSS"),
    # 500 dollars of notional keep 2.50 back at 50 bps.
    ("day-with-reserve", {}, {"equity": D("9002.500001")}, {"equity": D("9002.5")}, "R8_DAILY_LOSS"),
    ("day-with-a-bp", {"equity": D("9002.51")}, {"reserve_bps": 50}, {"reserve_bps": 51}, "R8_DAILY_LOSS"),
    (
        "day-with-elsewhere",
        {"equity": D(9_010)},
        {"elsewhere_usd": D(1_499)},
        {"elsewhere_usd": D(1_500)},
        "R8_DAILY_LOSS",
    ),
    ("day-of-nothing", NO_RESERVE, {"daily_loss_bps_max": 1}, {"daily_loss_bps_max": 0}, "R8_DAILY_LOSS"),
    (
        "fall",
        {**NO_RESERVE, "drawdown_bps_max": 2_500, "peak": D(12_000), "baseline": D(9_000)},
        {"equity": D("9000.000001")},
        {"equity": D(9_000)},
        "R8_DRAWDOWN",
    ),
    (
        "fall-with-reserve",
        {"drawdown_bps_max": 2_500, "peak": D(12_000), "baseline": D(9_000)},
        {"equity": D("9002.500001")},
        {"equity": D("9002.5")},
        "R8_DRAWDOWN",
    ),
    (
        "fall-of-the-peak",
        {**NO_RESERVE, "drawdown_bps_max": 5_000},
        {"peak": D("19999.999999")},
        {"peak": D(20_000)},
        "R8_DRAWDOWN",
    ),
    ("fall-uncapped", {"peak": D(10**9)}, {"drawdown_bps_max": None}, {"drawdown_bps_max": 9_999}, "R8_DRAWDOWN"),
]
CASES = [*CAPS, *ALLOWANCES]
IDS = [case[0] for case in CASES]


@pytest.mark.parametrize(("common", "plain"), [(case[1], case[2]) for case in CASES], ids=IDS)
def test_short_way_is_taken_up_to_the_cap(common: Changes, plain: Changes) -> None:
    """What is exactly as much as a cap allows is approved at once, as the pipeline would approve it."""
    short, long = both(scene(**{**common, **plain}))
    assert isinstance(short, Approved)
    assert short == long


@pytest.mark.parametrize(("common", "beyond", "rule"), [(case[1], case[3], case[4]) for case in CASES], ids=IDS)
def test_short_way_ends_one_unit_beyond_the_cap(common: Changes, beyond: Changes, rule: str | None) -> None:
    """What is the smallest step more is left to the pipeline, which has its own verdict."""
    asked = scene(**{**common, **beyond})
    assert short_way(asked) is None
    verdict = judge(asked)
    assert (verdict.rule if isinstance(verdict, Denied) else PIPELINE_APPROVES) == rule


NUMBERED = Scene(
    side=Side.SELL,
    size=D("0.02"),
    limit_price=D(49_990),
    mark_age_ms=1_500,
    equity=D(20_000),
    baseline=D(19_000),
    peak=D(21_000),
    held=D("-0.03"),
    elsewhere_usd=D(300),
    elsewhere=(),
    orders=3,
    minute_orders=2,
    account_age_ms=2_500,
    position_bps_max=4_000,
    exposure_bps_max=9_000,
    leverage_max=3,
    orders_per_day_max=12,
    orders_per_minute_max=11,
    order_usd_min=D(25),
    daily_loss_bps_max=900,
    drawdown_bps_max=2_000,
    reserve_bps=40,
    stop_bps=150,
    collar_bps=90,
    mark_age_ms_max=31_000,
    account_age_ms_max=61_000,
)
"""No two of its numbers are the same."""


def test_short_way_says_every_number_of_its_verdict() -> None:
    """Each number stands in its own place."""
    short = short_way(NUMBERED)
    assert short is not None
    assert short.numbers == Figures(
        mark=D(50_000),
        mark_age_ms=1_500,
        mark_age_ms_max=31_000,
        account_age_ms=2_500,
        account_age_ms_max=61_000,
        unresolved=0,
        equity=D(20_000),
        held=D("-0.03"),
        size=D("0.02"),
        limit_price=D(49_990),
        order_usd=D(1_000),
        order_usd_min=D(25),
        position_usd=D(2_500),
        position_bps_max=4_000,
        exposure_usd=D(2_800),
        exposure_bps_max=9_000,
        leverage_max=3,
        orders_after=4,
        orders_per_day_max=12,
        minute_orders_after=3,
        orders_per_minute_max=11,
        reserve_usd=D("11.2"),
        baseline=D(19_000),
        daily_loss_bps_max=900,
        peak=D(21_000),
        drawdown_bps_max=2_000,
        collar_bps=90,
        stop_bps=150,
    )


def test_short_way_plans_one_opening_leg_on_top_of_what_is_held() -> None:
    """The leg is no reducing one, carries the named limit and tells what it was approved on."""
    short = short_way(NUMBERED)
    assert short is not None
    assert short.plan == (
        PlannedOrder(
            symbol=BTC,
            side=Side.SELL,
            size=Size(D("0.02")),
            reduce_only=False,
            limit_price=Price(D(49_990)),
            position_before=Size(D("-0.03")),
        ),
    )
    assert short.withheld is None
    assert not short.adjusted


def test_short_way_of_a_new_minute_counts_from_zero() -> None:
    """Orders of an earlier minute are not in the numbers."""
    short = short_way(scene(minute_orders=10, minutes_ago=1, orders=5))
    assert short is not None
    assert (short.numbers.minute_orders_after, short.numbers.orders_after) == (1, 6)


def test_short_way_of_a_first_position_counts_what_is_held_elsewhere() -> None:
    """Nothing of the symbol is held, and the other notionals stay as they are."""
    other = Elsewhere(symbol=Symbol("SOL"), size=D(-3), mark=D(100))
    short = short_way(scene(elsewhere=(other,), elsewhere_usd=D(-200)))
    assert short is not None
    assert (short.numbers.held, short.numbers.position_usd) == (D(0), D(500))
    assert (short.numbers.exposure_usd, short.numbers.reserve_usd) == (D(1_000), D(5))


def test_short_way_with_an_account_of_an_older_mark_counts_no_exposure_below_zero() -> None:
    """What is held was worth less when the account was copied, and nothing else is held that could make up for it."""
    asked = scene(held=D("0.05"), elsewhere_usd=D(100))
    older = asked.snapshot(scene(held=D("0.05"), mark=D(40_000)).market)
    market, limits, state = asked.market, asked.limits, asked.state
    short = approve_plain(asked.action, older, market, limits, state)
    assert short is not None
    assert short.numbers.exposure_usd == short.numbers.position_usd == D(3_000)
    assert short == judge_facts(gather(asked.action, older, market, limits, state))
