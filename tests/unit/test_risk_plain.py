"""Which opens the short way of the risk engine takes: each condition on what is asked and known, at its exact bound.

What must hold of caps, allowances and numbers stands in `test_risk_plain_caps.py`.
"""

from collections.abc import Mapping
from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import Approved, Denied, Instant, MarkSource, Side, TradingState
from tests.support.markets import AT, BTC, ETH
from tests.support.plain_scenes import both, short_way
from tests.support.risk_scenes import Scene, judge, opening, scene

D = Decimal
SELL = {"side": Side.SELL}
DUST = {"size_decimals": 0, "mark": D("0.12345"), "size": D(1_000)}
"""Units of twelve cents, with prices of up to six decimals."""

THOUSAND = {"size": D("0.02")}
"""From a price of 1,000 on, BTC has at least one price step per basis point."""

PIPELINE_APPROVES = None

Changes = Mapping[str, object]
Case = tuple[str, Changes, Changes, Changes, str | None]

PROPOSALS: list[Case] = [
    ("units", {}, {}, {"size": None, "size_usd": D(500)}, PIPELINE_APPROVES),
    ("units-alone", {}, {"size_usd": None}, {"size_usd": D(500)}, "R1_SIZE_AMBIGUOUS"),
    ("a-size", {}, {}, {"size": None}, "R1_SIZE_AMBIGUOUS"),
    ("size-zero", {"order_usd_min": D(0)}, {"size": D("0.0002")}, {"size": D(0)}, "R1_SIZE_NOT_POSITIVE"),
    ("size-negative", {}, {}, {"size": D("-0.01")}, "R1_SIZE_NOT_POSITIVE"),
    ("size-no-number", {}, {}, {"size": D("NaN")}, "R1_SIZE_NOT_POSITIVE"),
    ("size-signalling", {}, {}, {"size": D("sNaN")}, "R1_SIZE_NOT_POSITIVE"),
    ("size-endless", {}, {}, {"size": D("Infinity")}, "R1_SIZE_NOT_POSITIVE"),
    ("size-endless-debt", {}, {}, {"size": D("-Infinity")}, "R1_SIZE_NOT_POSITIVE"),
    ("size-step", {}, {"size": D("0.00999")}, {"size": D("0.009995")}, PIPELINE_APPROVES),
    ("size-many-digits", {}, {}, {"size": D("0.0100000000000000000000000000000000000001")}, PIPELINE_APPROVES),
    ("size-whole", {"size_decimals": 0, "mark": D(100)}, {"size": D(5)}, {"size": D("5.5")}, PIPELINE_APPROVES),
    ("side-to-buy", {}, {}, {"side": None}, "R1_SIDE_MISSING"),
    ("side-to-sell", {"limit_price": D(50_000)}, SELL, {"side": None}, "R1_SIDE_MISSING"),
    ("symbol", {}, {"symbols_allowed": frozenset({BTC, ETH})}, {"symbols_allowed": {ETH}}, "R2_SYMBOL_NOT_ALLOWED"),
    ("symbols", {}, {}, {"symbols_allowed": frozenset[str]()}, "R2_SYMBOL_NOT_ALLOWED"),
]
SURROUNDINGS: list[Case] = [
    ("reducing", {}, {}, {"state": TradingState.REDUCING}, "R3_REDUCING"),
    ("halted", {}, {}, {"state": TradingState.HALTED}, "R3_HALTED"),
    ("unresolved", {}, {"unresolved": 0}, {"unresolved": 1}, "R3_UNRESOLVED_ORDER"),
    ("open-buy", {}, {}, {"open_intents": (opening(Side.BUY, "0.00001"),)}, PIPELINE_APPROVES),
    ("open-stop", {}, {}, {"open_intents": (opening(Side.SELL, "0.01", reduce_only=True),)}, PIPELINE_APPROVES),
    ("open-elsewhere", {}, {}, {"open_intents": (opening(Side.BUY, "1", symbol=ETH),)}, PIPELINE_APPROVES),
    ("no-mark", {}, {}, {"mark": None}, "R4_NO_MARK"),
    ("not-listed", {}, {}, {"listed": False}, "R2_UNKNOWN_INSTRUMENT"),
    ("mark-ahead", {}, {"mark_age_ms": 0}, {"mark_age_ms": -1}, "R4_MARK_AHEAD"),
    ("mark-old", {}, {"mark_age_ms": 30_000}, {"mark_age_ms": 30_001}, "R4_STALE_MARK"),
    ("mark-of-now", {"mark_age_ms_max": 0}, {"mark_age_ms": 0}, {"mark_age_ms": 1}, "R4_STALE_MARK"),
    ("account-newer", {}, {"account_age_ms": 0}, {"account_age_ms": -1}, "R4_STALE_ACCOUNT"),
    ("account-old", {}, {"account_age_ms": 60_000}, {"account_age_ms": 60_001}, "R4_STALE_ACCOUNT"),
    ("account-of-now", {"account_age_ms_max": 0}, {"account_age_ms": 0}, {"account_age_ms": 1}, "R4_STALE_ACCOUNT"),
    (
        "mark-of-a-candle",
        {"mark_source": MarkSource.CANDLE_CLOSE},
        {"venue_marks_only": False},
        {"venue_marks_only": True},
        "R4_MARK_SOURCE",
    ),
    (
        "mark-of-a-book",
        {"venue_marks_only": True},
        {"mark_source": MarkSource.VENUE},
        {"mark_source": MarkSource.BOOK},
        "R4_MARK_SOURCE",
    ),
]
PRICES: list[Case] = [
    ("no-limit", THOUSAND, {"mark": D(1_000)}, {"mark": D("999.9")}, PIPELINE_APPROVES),
    ("no-limit-short", {**THOUSAND, **SELL}, {"mark": D(1_000)}, {"mark": D("999.9")}, PIPELINE_APPROVES),
    (
        "no-limit-coarse",
        {"mark": D("0.5"), "size": D(100), "limit_price": None},
        {"size_decimals": 0},
        {"size_decimals": 2},
        PIPELINE_APPROVES,
    ),
    ("no-limit-collar", {}, {"collar_bps": 1}, {"collar_bps": 0}, PIPELINE_APPROVES),
    ("no-limit-no-price", {"mark": D("50000.5")}, {"collar_bps": 1}, {"collar_bps": 0}, "R9_PRICE_STEP"),
    ("named-limit", {**THOUSAND, "mark": D("999.9")}, {"limit_price": D("999.9")}, {}, PIPELINE_APPROVES),
    ("illegal-half", {}, {"limit_price": D(50_001)}, {"limit_price": D("50000.5")}, "R9_PRICE_STEP"),
    (
        "illegal-decimals",
        {"mark": D(500), "size": D("0.1")},
        {"limit_price": D("500.1")},
        {"limit_price": D("500.15")},
        "R9_PRICE_STEP",
    ),
    ("illegal-figures", DUST, {"limit_price": D("0.12345")}, {"limit_price": D("0.123456")}, "R9_PRICE_STEP"),
    (
        "six-figures",
        {"mark": D(123_457)},
        {"limit_price": D(123_457)},
        {"limit_price": D("123456.5")},
        "R9_PRICE_STEP",
    ),
    ("limit-zero", {}, {"limit_price": D(1)}, {"limit_price": D(0)}, "R1_LIMIT_PRICE_NOT_POSITIVE"),
    ("limit-negative", {}, {"limit_price": D(1)}, {"limit_price": D(-1)}, "R1_LIMIT_PRICE_NOT_POSITIVE"),
    ("limit-digits", SELL, {"limit_price": D(10**12 - 1)}, {"limit_price": D(10**12)}, PIPELINE_APPROVES),
    ("limit-no-number", {}, {}, {"limit_price": D("NaN")}, "R1_LIMIT_PRICE_NOT_POSITIVE"),
    ("limit-signalling", {}, {}, {"limit_price": D("sNaN")}, "R1_LIMIT_PRICE_NOT_POSITIVE"),
    ("limit-endless", SELL, {}, {"limit_price": D("Infinity")}, "R1_LIMIT_PRICE_NOT_POSITIVE"),
    ("collar-above", {}, {"limit_price": D(50_500)}, {"limit_price": D(50_501)}, "R9_COLLAR"),
    ("collar-below", SELL, {"limit_price": D(49_500)}, {"limit_price": D(49_499)}, "R9_COLLAR"),
    ("collar-of-nothing", {"collar_bps": 0}, {"limit_price": D(50_000)}, {"limit_price": D(50_001)}, "R9_COLLAR"),
    (
        "collar-of-cents",
        DUST,
        {"limit_price": D("0.12468")},
        {"limit_price": D("0.12469")},
        "R9_COLLAR",
    ),
]
HOLDINGS: list[Case] = [
    ("long", {}, {"held": D("0.00001")}, {"held": D("-0.00001")}, PIPELINE_APPROVES),
    ("short", SELL, {"held": D("-0.00001")}, {"held": D("0.00001")}, PIPELINE_APPROVES),
    ("flat", {}, {"held": D(0)}, {"held": D("-0.01")}, PIPELINE_APPROVES),
    ("flat-short", SELL, {"held": D(0)}, {"held": D("0.01")}, PIPELINE_APPROVES),
]
CASES = [*PROPOSALS, *SURROUNDINGS, *PRICES, *HOLDINGS]
IDS = [case[0] for case in CASES]

PLAIN: list[tuple[str, Changes]] = [
    ("far-below", {"limit_price": D(1)}),
    ("far-above", {**SELL, "limit_price": D(999_999_999)}),
    ("sixty-thousand", {**SELL, "limit_price": D("6E+4")}),
    ("cents", {"mark": D(500), "size": D("0.1"), "limit_price": D("499.9")}),
    ("at-the-mark-of-a-fraction", {"mark": D("50000.7"), "limit_price": D(50_000)}),
    ("mark-of-a-book", {"mark_source": MarkSource.BOOK}),
    ("in-the-midst-of-a-minute", {"at": Instant(AT + 30_001)}),
    ("on-a-short", {**SELL, "held": D("-0.05"), "limit_price": D(49_900)}),
]


@pytest.mark.parametrize(("common", "plain"), [(case[1], case[2]) for case in CASES], ids=IDS)
def test_short_way_is_taken_up_to_the_bound(common: Changes, plain: Changes) -> None:
    """What just meets a condition is approved at once, as the pipeline would approve it."""
    short, long = both(scene(**{**common, **plain}))
    assert isinstance(short, Approved)
    assert short == long
    assert len(short.plan) == 1


@pytest.mark.parametrize("changes", [case[1] for case in PLAIN], ids=[case[0] for case in PLAIN])
def test_short_way_is_taken_well_within_the_bounds(changes: Changes) -> None:
    """What no condition speaks against is approved at once, as the pipeline would approve it."""
    short, long = both(scene(**changes))
    assert isinstance(short, Approved)
    assert short == long


@pytest.mark.parametrize(("common", "beyond", "rule"), [(case[1], case[3], case[4]) for case in CASES], ids=IDS)
def test_short_way_ends_one_unit_beyond(common: Changes, beyond: Changes, rule: str | None) -> None:
    """What just misses a condition is left to the pipeline, which has its own verdict."""
    asked = scene(**{**common, **beyond})
    assert short_way(asked) is None
    verdict = judge(asked)
    match verdict:
        case Approved(withheld=None):
            assert rule is PIPELINE_APPROVES
        case Denied():
            assert rule == verdict.rule
        case _:
            pytest.fail(f"neither approved nor denied: {verdict}")


@pytest.mark.parametrize("size", ["1E+22", "1E+23", "1E+30", "9E+999999", "1" * 60])
def test_short_way_leaves_an_absurd_size_to_the_pipeline(size: str) -> None:
    """More units than an exact number holds steps are no error."""
    asked = scene(size=D(size))
    assert short_way(asked) is None
    verdict = judge(asked)
    assert isinstance(verdict, Denied)
    assert verdict.rule == "R5_POSITION_CAP"


@pytest.mark.parametrize("price", ["1E+20", "1E+22", "1E+27", "9E+999999", "1" * 60])
@pytest.mark.parametrize("side", Side)
def test_short_way_has_no_error_for_an_absurd_limit_price(side: Side, price: str) -> None:
    """A price of more digits than anything stores is none the venue takes, for a buy and a sale."""
    asked = scene(side=side, limit_price=D(price))
    assert short_way(asked) is None
    verdict = judge(asked)
    assert isinstance(verdict, Denied)
    assert verdict.rule == "R9_PRICE_STEP"


def test_short_way_refuses_a_size_below_zero_at_a_broken_mark() -> None:
    """Two wrongs, a negative size and a negative mark, do not make a worth."""
    asked = scene(side=Side.SELL, size=D("-0.01"), mark=D(-50_000), limit_price=D(50_000))
    assert short_way(asked) is None


@pytest.mark.parametrize("minute_orders", [0, 7])
def test_process_of_a_plain_open_is_the_approval_of_the_short_way(minute_orders: int) -> None:
    """The engine hands on what the short way says."""
    asked = msgspec.structs.replace(Scene(), minute_orders=minute_orders)
    short = short_way(asked)
    assert short is not None
    assert judge(asked) == short


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"size": D(0)}, "R1_SIZE_NOT_POSITIVE"),
        ({"listed": False}, "R2_UNKNOWN_INSTRUMENT"),
        ({"symbols_allowed": frozenset({ETH})}, "R2_SYMBOL_NOT_ALLOWED"),
    ],
    ids=["not-understood", "not-listed", "not-allowed"],
)
def test_opposite_open_that_is_not_understood_closes_nothing(changes: Changes, rule: str) -> None:
    """What is misshapen or about the wrong symbol is denied with its closing leg."""
    verdict = judge(scene(held=D("-0.01"), **changes))
    assert isinstance(verdict, Denied)
    assert verdict.rule == rule


def test_opposite_open_beyond_a_cap_still_closes() -> None:
    """The leg that closes is approved, and what was withheld says why."""
    verdict = judge(scene(held=D("-0.01"), size=D(1)))
    assert isinstance(verdict, Approved)
    assert verdict.withheld is not None
    assert verdict.withheld.rule == "R5_POSITION_CAP"
    assert [leg.reduce_only for leg in verdict.plan] == [True]
