"""Every rule at its exact boundary: one case that passes, one that is one step too much."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import ActionKind, Approved, Denied, Number, Side, Symbol, TradingState
from agentic_core.risk import RULES
from tests.support.markets import BTC, ETH
from tests.support.risk_scenes import Scene, judge

D = Decimal
WIDE = {"position_bps_max": 10**9, "exposure_bps_max": 10**9, "leverage_max": 10**5}
"""Caps so wide that they never refuse."""

PASSING: list[tuple[str, str, dict[str, object]]] = [
    ("R1_SIDE_MISSING", "sell", {"side": Side.SELL}),
    ("R1_SIZE_AMBIGUOUS", "dollars-only", {"size": None, "size_usd": D(100)}),
    ("R2_SYMBOL_NOT_ALLOWED", "one-of-two", {"symbols_allowed": frozenset({BTC, ETH})}),
    ("R4_STALE_MARK", "as-old-as-allowed", {"mark_age_ms": 30000}),
    ("R5_NO_EQUITY", "a-cent", {"equity": D("0.01"), "baseline": D("0.01"), **WIDE}),
    ("R5_POSITION_CAP", "half-the-equity", {"size": D("0.1")}),
    ("R5_POSITION_CAP", "added-up-to-half", {"held": D("0.09")}),
    ("R5_POSITION_CAP", "opposite-does-not-count", {"size": D("0.1"), "held": D("-0.1")}),
    ("R5_POSITION_CAP", "short-half", {"size": D("0.1"), "side": Side.SELL}),
    ("R5_EXPOSURE_CAP", "all-the-equity", {"size": D("0.1"), "elsewhere_usd": D(5000)}),
    ("R5_EXPOSURE_CAP", "opposite-goes-first", {"size": D("0.1"), "held": D("-0.1"), "elsewhere_usd": D(5000)}),
    ("R5_BELOW_ORDER_MINIMUM", "exactly-the-minimum", {"size": D("0.002"), "order_usd_min": D(100)}),
    ("R6_LEVERAGE_CAP", "one-times-equity", {**WIDE, "size": D("0.2"), "leverage_max": 1}),
    ("R7_ORDERS_PER_DAY", "the-tenth", {"orders": 9}),
    ("R7_ORDERS_PER_DAY", "both-legs-fit", {"orders": 8, "held": D("-0.01")}),
    ("R8_DAILY_LOSS", "a-millionth-left", {"equity": D("9000.000001")}),
    ("R9_SIZE_ROUNDS_TO_ZERO", "one-step", {"size": D("0.00001"), "mark": D(1000000)}),
    ("R9_BELOW_VENUE_MINIMUM", "ten-dollars", {"size": D("0.0002"), "order_usd_min": D(0)}),
]

REFUSED: list[tuple[str, str, dict[str, object], dict[str, Number]]] = [
    ("R1_SIDE_MISSING", "no-side", {"side": None}, {}),
    ("R1_SIZE_AMBIGUOUS", "two-different-sizes", {"size_usd": D(100)}, {"size": D("0.01"), "size_usd": D(100)}),
    ("R1_SIZE_AMBIGUOUS", "no-size", {"size": None}, {"size": None, "size_usd": None}),
    ("R1_SIZE_NOT_POSITIVE", "zero", {"size": D(0)}, {"size": D(0)}),
    ("R1_SIZE_NOT_POSITIVE", "negative", {"size": D("-0.01")}, {"size": D("-0.01")}),
    ("R1_SIZE_NOT_POSITIVE", "not-a-number", {"size": D("NaN")}, {"size": None}),
    ("R1_SIZE_NOT_POSITIVE", "signalling", {"size": D("sNaN")}, {"size": None}),
    ("R1_SIZE_NOT_POSITIVE", "endless-dollars", {"size": None, "size_usd": D("Infinity")}, {"size_usd": None}),
    ("R2_SYMBOL_NOT_ALLOWED", "another-symbol", {"symbols_allowed": frozenset({ETH})}, {}),
    ("R2_SYMBOL_NOT_ALLOWED", "lower-case", {"symbol": Symbol("btc"), "symbols_allowed": frozenset({BTC})}, {}),
    ("R2_UNKNOWN_INSTRUMENT", "not-listed", {"listed": False}, {}),
    ("R3_HALTED", "halted", {"state": TradingState.HALTED}, {}),
    ("R3_REDUCING", "reducing", {"state": TradingState.REDUCING}, {}),
    ("R3_UNRESOLVED_ORDER", "one-unresolved", {"unresolved": 1}, {"unresolved": 1}),
    ("R4_NO_MARK", "no-mark", {"mark": None}, {}),
    (
        "R4_STALE_MARK",
        "one-millisecond-too-old",
        {"mark_age_ms": 30001},
        {"mark": D(50000), "age_ms": 30001, "age_ms_max": 30000},
    ),
    ("R5_NO_EQUITY", "nothing-left", {"equity": D(0), **WIDE}, {"equity": D(0)}),
    ("R5_NO_EQUITY", "in-debt", {"equity": D(-1), **WIDE}, {"equity": D(-1)}),
    (
        "R5_POSITION_CAP",
        "one-step-over-half",
        {"size": D("0.10001")},
        {"position_usd": D("5000.5"), "order_usd": D("5000.5"), "position_bps_max": 5000, "cap_usd": D(5000)},
    ),
    (
        "R5_POSITION_CAP",
        "added-one-step-too-many",
        {"held": D("0.09"), "size": D("0.01001")},
        {"position_usd": D("5000.5"), "order_usd": D("500.5"), "equity": D(10000)},
    ),
    (
        "R5_POSITION_CAP",
        "added-to-a-short",
        {"side": Side.SELL, "held": D("-0.09"), "size": D("0.01001")},
        {"position_usd": D("5000.5")},
    ),
    (
        "R5_EXPOSURE_CAP",
        "a-cent-over-equity",
        {"size": D("0.1"), "elsewhere_usd": D("5000.01")},
        {"exposure_usd": D("10000.01"), "exposure_bps_max": 10000, "cap_usd": D(10000)},
    ),
    (
        "R5_BELOW_ORDER_MINIMUM",
        "one-step-under",
        {"size": D("0.00199"), "order_usd_min": D(100)},
        {"order_usd": D("99.5"), "order_usd_min": D(100)},
    ),
    (
        "R5_BELOW_ORDER_MINIMUM",
        "judged-after-rounding-down",
        {"size": None, "size_usd": D("100.4"), "order_usd_min": D("100.1")},
        {"size": D("0.002"), "order_usd": D(100)},
    ),
    (
        "R6_LEVERAGE_CAP",
        "one-step-over-equity",
        {**WIDE, "size": D("0.20001"), "leverage_max": 1},
        {"exposure_usd": D("10000.5"), "leverage_max": 1, "cap_usd": D(10000)},
    ),
    ("R7_ORDERS_PER_DAY", "the-eleventh", {"orders": 10}, {"orders_after": 11, "orders_per_day_max": 10}),
    ("R7_ORDERS_PER_DAY", "second-leg-is-over", {"orders": 9, "held": D("-0.01")}, {"orders_after": 11}),
    ("R8_DAILY_LOSS", "cap-reached", {"equity": D(9000)}, {"loss_bps": D(1000), "daily_loss_bps_max": 1000}),
    ("R9_SIZE_ROUNDS_TO_ZERO", "under-one-step", {"size": D("0.0000099"), "order_usd_min": D(0)}, {"size": D(0)}),
    (
        "R9_BELOW_VENUE_MINIMUM",
        "one-step-under-ten-dollars",
        {"size": D("0.00019"), "order_usd_min": D(0)},
        {"order_usd": D("9.5"), "venue_order_usd_min": D(10)},
    ),
]


def scene(**changes: object) -> Scene:
    """Return the default scene with some of its numbers changed."""
    return msgspec.structs.replace(Scene(), **changes)


@pytest.mark.parametrize(("rule", "circumstance", "changes"), PASSING)
def test_rule_at_its_boundary_lets_pass(rule: str, circumstance: str, changes: dict[str, object]) -> None:
    """What is exactly as large, as old or as many as allowed is approved."""
    assert rule in RULES
    verdict = judge(scene(**changes))
    assert isinstance(verdict, Approved), verdict


@pytest.mark.parametrize(("rule", "circumstance", "changes", "numbers"), REFUSED)
def test_rule_one_step_beyond_refuses_with_its_numbers(
    rule: str, circumstance: str, changes: dict[str, object], numbers: dict[str, Number]
) -> None:
    """One step more is denied, by that rule, with the numbers it compared."""
    verdict = judge(scene(**changes))
    assert isinstance(verdict, Denied), verdict
    assert verdict.rule == rule
    assert {name: verdict.numbers[name] for name in numbers} == numbers


def test_rules_tables_hold_a_case_of_every_rule() -> None:
    """No rule of the pipeline is missing from the table of refusals."""
    assert {rule for rule, _, _, _ in REFUSED} == set(RULES)


DOGE = Symbol("DOGE")
HOPELESS = scene(
    side=None,
    size=D(-1),
    size_usd=D(1),
    symbol=DOGE,
    listed=False,
    state=TradingState.HALTED,
    unresolved=1,
    mark=None,
    equity=D(0),
    baseline=D(20_000),
    held=D(2),
    orders=10,
    position_bps_max=1,
    exposure_bps_max=1,
    leverage_max=1,
)

CURES: list[tuple[str, dict[str, object]]] = [
    ("R1_SIDE_MISSING", {"side": Side.BUY}),
    ("R1_SIZE_AMBIGUOUS", {"size_usd": None}),
    ("R1_SIZE_NOT_POSITIVE", {"size": D("0.000001")}),
    ("R2_SYMBOL_NOT_ALLOWED", {"symbols_allowed": frozenset({DOGE})}),
    ("R2_UNKNOWN_INSTRUMENT", {"listed": True}),
    ("R3_HALTED", {"state": TradingState.REDUCING}),
    ("R3_REDUCING", {"state": TradingState.ACTIVE}),
    ("R3_UNRESOLVED_ORDER", {"unresolved": 0}),
    ("R4_NO_MARK", {"mark": D(50_000), "mark_age_ms": 60_000}),
    ("R4_STALE_MARK", {"mark_age_ms": 0}),
    ("R5_NO_EQUITY", {"equity": D(10_000)}),
    ("R5_POSITION_CAP", {"position_bps_max": 1_000_000}),
    ("R5_EXPOSURE_CAP", {"exposure_bps_max": 1_000_000}),
    ("R5_BELOW_ORDER_MINIMUM", {"order_usd_min": D(0)}),
    ("R6_LEVERAGE_CAP", {"leverage_max": 100}),
    ("R7_ORDERS_PER_DAY", {"orders_per_day_max": 11}),
    ("R8_DAILY_LOSS", {"daily_loss_bps_max": 5_001}),
    ("R9_SIZE_ROUNDS_TO_ZERO", {"size": D("0.00001")}),
    ("R9_BELOW_VENUE_MINIMUM", {"size": D("0.01")}),
]


def test_rules_when_everything_is_wrong_refuse_one_after_the_other_in_order() -> None:
    """Curing one violation at a time walks through every rule id of the pipeline, and then the open passes."""
    now, walked = HOPELESS, []
    for _, cure in CURES:
        verdict = judge(now)
        assert isinstance(verdict, Denied), verdict
        walked.append(verdict.rule)
        now = msgspec.structs.replace(now, **cure)
    assert walked == [rule for rule, _ in CURES] == list(RULES)
    assert isinstance(judge(now), Approved)


def test_rules_when_everything_is_wrong_still_let_the_position_close() -> None:
    """The close of a position passes where no open could."""
    closing = msgspec.structs.replace(HOPELESS, kind=ActionKind.CLOSE, size=None, size_usd=None)
    assert isinstance(judge(closing), Approved)
