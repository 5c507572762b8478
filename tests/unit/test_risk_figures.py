"""Every number of a verdict, and what a refusal says with it."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import ActionKind, Approved, Figures, MarginTier, MarkSource, Side, Symbol, TradingState, Usd
from tests.support.broken_rules import BREAKING
from tests.support.risk_scenes import Elsewhere, Scene, approved, denied, judge, opening, scene

D = Decimal
FULL = Scene(
    side=Side.SELL,
    size=None,
    size_usd=D("1000.30"),
    limit_price=D(49_601),
    mark=D("50000.5"),
    mark_age_ms=1_001,
    equity=D("9999.5"),
    baseline=D("9990.25"),
    peak=D("10001.75"),
    held=D("-0.02"),
    elsewhere_usd=D(-100),
    elsewhere=(Elsewhere(symbol=Symbol("SOL"), size=D(2)),),
    open_intents=(opening(Side.SELL, "0.01"), opening(Side.BUY, "0.001"), opening(Side.BUY, "1", symbol=Symbol("SOL"))),
    orders=3,
    minute_orders=1,
    account_age_ms=2_002,
    position_bps_max=5_001,
    exposure_bps_max=10_002,
    leverage_max=3,
    orders_per_day_max=11,
    orders_per_minute_max=7,
    order_usd_min=D("12.5"),
    daily_loss_bps_max=1_003,
    drawdown_bps_max=2_504,
    reserve_bps=55,
    stop_bps=306,
    collar_bps=107,
    mark_age_ms_max=30_008,
    account_age_ms_max=60_009,
)
FIGURES = Figures(
    mark=D("50000.5"),
    mark_age_ms=1_001,
    mark_age_ms_max=30_008,
    account_age_ms=2_002,
    account_age_ms_max=60_009,
    unresolved=0,
    equity=D("9999.5"),
    held=D("-0.02"),
    size=D("0.02000"),
    limit_price=D(49_601),
    order_usd=D("1000.01"),
    order_usd_min=D("12.5"),
    position_usd=D("2500.025"),
    position_bps_max=5_001,
    exposure_usd=D("2900.025"),
    exposure_bps_max=10_002,
    leverage_max=3,
    orders_after=4,
    orders_per_day_max=11,
    minute_orders_after=2,
    orders_per_minute_max=7,
    reserve_usd=D("15.9501375"),
    baseline=D("9990.25"),
    daily_loss_bps_max=1_003,
    peak=D("10001.75"),
    drawdown_bps_max=2_504,
    collar_bps=107,
    stop_bps=306,
)


def full(**changes: object) -> Scene:
    """Return the scene in which every number is another one, with some of them changed."""
    return msgspec.structs.replace(FULL, **changes)


def test_approval_has_every_number() -> None:
    """A scale-in with resting orders and other positions, valued to the last digit."""
    assert approved(FULL).numbers == FIGURES


@pytest.mark.parametrize(
    ("changes", "rule", "differing"),
    [
        ({"position_bps_max": 2_500}, "R5_POSITION_CAP", {"position_bps_max": 2_500}),
        ({"orders": 11}, "R7_ORDERS_PER_DAY", {"orders_after": 12}),
        ({"minute_orders": 7}, "R7_ORDERS_PER_MINUTE", {"minute_orders_after": 8}),
        ({"limit_price": D(49_400)}, "R9_COLLAR", {"limit_price": D(49_400)}),
    ],
)
def test_refusal_of_a_measured_open_has_the_same_numbers(
    changes: dict[str, object], rule: str, differing: dict[str, object]
) -> None:
    """Nothing is left out because an earlier rule refused."""
    verdict = denied(full(**changes))
    assert verdict.rule == rule
    assert verdict.numbers == msgspec.structs.replace(FIGURES, **differing)


def test_refusal_before_the_stop_says_what_margin_would_be_needed() -> None:
    """2,500.025 dollars moved up by half are 3,750.0375, an eightieth of that, and a fiftieth and a sixth elsewhere."""
    verdict = denied(
        full(
            stop_bps=5_000,
            equity=D(1_300),
            baseline=D(1_300),
            peak=D(1_300),
            position_bps_max=10**6,
            exposure_bps_max=10**6,
        )
    )
    assert verdict.rule == "R9_LIQUIDATION_BEFORE_STOP"
    needed = verdict.numbers.maintenance_usd
    assert needed is not None
    assert needed.quantize(D("0.0000001")) == D("82.2088021")
    assert verdict.detail == (
        f"with the mark 5000 bps against it the account would be below its maintenance margin {needed}"
    )


EARLY = Figures(
    mark=D("50000.5"),
    mark_age_ms=1_001,
    mark_age_ms_max=30_008,
    account_age_ms=2_002,
    account_age_ms_max=60_009,
    unresolved=0,
    limit_price=D(49_601),
)


@pytest.mark.parametrize(
    ("changes", "rule", "differing"),
    [
        ({"side": None}, "R1_SIDE_MISSING", {}),
        ({"size": D("0.5")}, "R1_SIZE_AMBIGUOUS", {"size": D("0.5")}),
        ({"size_usd": D(-1)}, "R1_SIZE_NOT_POSITIVE", {}),
        ({"limit_price": D(-1)}, "R1_LIMIT_PRICE_NOT_POSITIVE", {"limit_price": D(-1)}),
        ({"limit_price": D("NaN")}, "R1_LIMIT_PRICE_NOT_POSITIVE", {"limit_price": None}),
        ({"size_usd": None, "size": D("Infinity")}, "R1_SIZE_NOT_POSITIVE", {}),
        ({"symbols_allowed": frozenset()}, "R2_SYMBOL_NOT_ALLOWED", {}),
        ({"listed": False}, "R2_UNKNOWN_INSTRUMENT", {}),
        ({"state": TradingState.HALTED}, "R3_HALTED", {}),
        ({"unresolved": 2}, "R3_UNRESOLVED_ORDER", {"unresolved": 2}),
        ({"mark": None}, "R4_NO_MARK", {"mark": None, "mark_age_ms": None}),
        ({"mark_age_ms": -7}, "R4_MARK_AHEAD", {"mark_age_ms": -7}),
        ({"mark_age_ms": 30_009}, "R4_STALE_MARK", {"mark_age_ms": 30_009}),
        ({"account_age_ms": 60_010}, "R4_STALE_ACCOUNT", {"account_age_ms": 60_010}),
    ],
)
def test_refusal_before_anything_is_measured_has_what_was_known(
    changes: dict[str, object], rule: str, differing: dict[str, object]
) -> None:
    """Ages, what the action names as far as it is a number, and nothing that was not looked at."""
    verdict = denied(full(**changes))
    assert verdict.rule == rule
    assert verdict.numbers == msgspec.structs.replace(EARLY, **differing)


def test_withheld_opening_leg_shares_its_numbers_with_the_verdict() -> None:
    """The plan is the closing leg alone; two legs are counted, because two were wanted."""
    verdict = judge(full(held=D("0.02"), position_bps_max=1))
    assert isinstance(verdict, Approved)
    assert verdict.withheld is not None
    assert verdict.numbers == verdict.withheld.numbers
    assert (verdict.numbers.orders_after, verdict.numbers.minute_orders_after) == (5, 3)
    assert (verdict.numbers.held, verdict.numbers.size) == (D("0.02"), D("0.02"))
    assert verdict.withheld.changes


KEPT = "are kept back for leaving the positions, together"
SENTENCES: dict[str, tuple[dict[str, object], str]] = {
    "R1_SIDE_MISSING": ({"side": None}, "an open of BTC has no side"),
    "R1_SIZE_AMBIGUOUS": ({"size_usd": D(1)}, "a size of BTC must be named once, as sizeUsd or as size"),
    "R1_SIZE_NOT_POSITIVE": ({"size": D(-2)}, "a size must be a finite number above zero, was -2"),
    "R1_LIMIT_PRICE_NOT_POSITIVE": (
        {"limit_price": D("NaN")},
        "a limit price must be a finite number above zero, was NaN",
    ),
    "R2_SYMBOL_NOT_ALLOWED": (
        {"symbols_allowed": frozenset()},
        "BTC is not among the symbols this skill may open",
    ),
    "R2_UNKNOWN_INSTRUMENT": ({"listed": False}, "the venue does not list BTC"),
    "R3_HALTED": ({"state": TradingState.HALTED}, "trading is halted; only reducing orders pass"),
    "R3_REDUCING": ({"state": TradingState.REDUCING}, "trading is reducing; only reducing orders pass"),
    "R3_UNRESOLVED_ORDER": ({"unresolved": 2}, "the fate of 2 earlier order(s) is not known"),
    "R4_NO_MARK": ({"mark": None}, "no mark price is known for BTC"),
    "R4_MARK_AHEAD": ({"mark_age_ms": -7}, "the mark of BTC is 7 ms ahead of the decision"),
    "R4_STALE_MARK": ({"mark_age_ms": 30_001}, "the mark of BTC is 30001 ms old, more than 30000 ms"),
    "R4_MARK_SOURCE": (
        {"venue_marks_only": True, "mark_source": MarkSource.BOOK},
        "the mark of BTC is not the venue's own; it may value and close, not open",
    ),
    "R4_STALE_ACCOUNT": ({"account_age_ms": 60_001}, "the account is 60001 ms old, it must be 0 to 60000 ms"),
    "R5_NO_EQUITY": ({"equity": D("-0.50")}, "equity is -0.5 USD"),
    "R5_POSITION_CAP": (
        {"size": D("0.10001")},
        "the position would be 5000.5 USD, more than 5000 bps of equity 10000",
    ),
    "R5_EXPOSURE_CAP": (
        {"elsewhere_usd": D(9_500), "size": D("0.01001")},
        "the exposure would be 10000.5 USD, more than 10000 bps of equity 10000",
    ),
    "R5_BELOW_ORDER_MINIMUM": (
        {"order_usd_min": D("500.10")},
        "the order is 500 USD, below minOrderUsd 500.1",
    ),
    "R6_LEVERAGE_CAP": (
        {"elsewhere_usd": D("19500.5"), "exposure_bps_max": 10**6},
        "the exposure would be 20000.5 USD, more than 2 times of equity 10000",
    ),
    "R7_ORDERS_PER_DAY": ({"orders": 10}, "this would be order 11 of the UTC day, more than 10"),
    "R7_ORDERS_PER_MINUTE": ({"minute_orders": 10}, "this would be order 11 of the UTC minute, more than 10"),
    "R8_DAILY_LOSS": (
        {"equity": D("9002.5")},
        f"997.5 USD are lost since the day's first mark and 2.5 {KEPT} at least 1000 bps of 10000",
    ),
    "R8_DRAWDOWN": (
        {"peak": D(14_000), "drawdown_bps_max": 2_500},
        f"4000 USD are lost since the highest equity and 2.5 {KEPT} at least 2500 bps of 14000",
    ),
    "R9_SIZE_ROUNDS_TO_ZERO": (
        {"size": D("0.000001"), "order_usd_min": D(0)},
        "the size is smaller than one step of the instrument",
    ),
    "R9_BELOW_VENUE_MINIMUM": (
        {"size": D("0.00019"), "order_usd_min": D(0)},
        "the order is 9.5 USD, the venue takes 10 or more",
    ),
    "R9_PRICE_STEP": ({"limit_price": D("50000.50")}, "50000.5 is no price BTC can have"),
    "R9_COLLAR": ({"limit_price": D(50_501)}, "the limit 50501 is more than 100 bps beyond the mark 50000"),
}


@pytest.mark.parametrize("rule", SENTENCES)
def test_sentence_of_a_refusal_names_the_value_and_its_cap(rule: str) -> None:
    """One sentence with the numbers, written for people."""
    changes, sentence = SENTENCES[rule]
    verdict = denied(scene(**changes))
    assert (verdict.rule, verdict.detail) == (rule, sentence)


def test_sentence_of_a_size_in_dollars_or_of_a_price_that_is_not_there() -> None:
    """Where a rule speaks about two things, it names the one that it was."""
    assert denied(scene(size=None, size_usd=D(0))).detail == "a size must be a finite number above zero, was 0"
    assert denied(scene(mark=D("3.31"), size=D(100))).detail == (
        "no legal price of BTC lies between the mark 3.31 and 100 bps beyond it"
    )
    assert denied(scene(kind=ActionKind.CLOSE)).detail == "a close of BTC names a side; the position decides it"


def test_sentence_about_the_venues_leverage_names_what_it_lends() -> None:
    """The position, the highest leverage for it, and the equity."""
    tiers = (MarginTier(lower_bound=Usd(D(0)), leverage_max=4), MarginTier(lower_bound=Usd(D(5_000)), leverage_max=1))
    wide = {"position_bps_max": 10**6, "exposure_bps_max": 10**6, "tiers": tiers, "size": D("0.20001")}
    verdict = denied(scene(**wide))
    assert verdict.rule == "R6_VENUE_LEVERAGE"
    assert all(word in verdict.detail for word in ("10000.5", "10000", "1 times"))


def test_sentences_are_there_for_every_rule_of_an_open() -> None:
    """The two with a test of their own aside."""
    assert set(BREAKING) - set(SENTENCES) == {"R6_VENUE_LEVERAGE", "R9_LIQUIDATION_BEFORE_STOP"}
