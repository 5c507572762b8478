"""The rules as a table: each can refuse, in their order, with its own sentence and cure."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import ActionKind, Figures, ProposedAction, Side, Symbol, TradingState
from agentic_core.risk import RULES
from agentic_core.risk.rules import ADJUSTMENTS, Stage, deny
from agentic_core.risk.sentences import DETAILS
from tests.support.broken_rules import BREAKING, PLENTY, pairs
from tests.support.expected_rules import first_broken
from tests.support.risk_scenes import approved, denied

D = Decimal
IDS = [rule.id for rule in RULES]
AT_THE_GATE = {"R3_STATE_MOVED", "R3_OFF_LEASH", "R4_NO_ACCOUNT", "R4_TOO_LATE", "R6_LEVERAGE_CHANGE"}
"""Rules that only the gate or a turn can break.

Within one snapshot nothing moves, expires or is missing, it opens only, and of a leash the pipeline knows nothing."""

OF_A_CLOSE = "R1_CLOSE_HAS_SIDE"


def test_rules_are_one_list_in_the_order_of_the_page() -> None:
    """Those of an open in the order they are asked, with the close's and the gate's where they belong."""
    assert [rule for rule in IDS if rule not in {*AT_THE_GATE, OF_A_CLOSE}] == list(BREAKING)
    assert IDS[1] == OF_A_CLOSE
    assert IDS[IDS.index("R3_UNRESOLVED_ORDER") + 1 :][:2] == ["R3_STATE_MOVED", "R3_OFF_LEASH"]
    assert IDS[IDS.index("R4_STALE_ACCOUNT") + 1 :][:2] == ["R4_NO_ACCOUNT", "R4_TOO_LATE"]
    assert IDS[IDS.index("R6_VENUE_LEVERAGE") + 1] == "R6_LEVERAGE_CHANGE"
    assert len(IDS) == len(set(IDS)) == 35


def test_rules_belong_to_nine_stages_by_the_digit_of_their_id() -> None:
    """SHAPE to VENUE, each with its rules together."""
    names = ["SHAPE", "SCOPE", "STATE", "FRESHNESS", "POSITION", "LEVERAGE", "RATE", "LOSS", "VENUE"]
    assert [stage.value for stage in Stage] == names
    stages = [rule.stage.value for rule in RULES]
    assert stages == sorted(stages, key=names.index)
    assert {rule.id: rule.stage.value for rule in RULES[::9]} == {
        "R1_SIDE_MISSING": "SHAPE",
        "R3_UNRESOLVED_ORDER": "STATE",
        "R4_TOO_LATE": "FRESHNESS",
        "R7_ORDERS_PER_MINUTE": "RATE",
    }


def test_every_rule_has_a_meaning_a_cure_and_a_sentence_and_no_sentence_is_without_a_rule() -> None:
    """What refuses can be explained."""
    assert all(len(rule.meaning) > 10 and len(rule.cure) > 5 for rule in (*RULES, *ADJUSTMENTS))
    assert len({rule.meaning for rule in RULES}) == len(RULES)
    assert list(DETAILS) == IDS


def test_adjustments_of_a_close_are_named_like_rules() -> None:
    """They refuse nothing, so they stand apart."""
    assert [rule.id for rule in ADJUSTMENTS] == ["R9_PARTIAL_BELOW_MINIMUM", "R9_LEAVES_DUST", "R4_NO_MARK"]
    assert {rule.cure for rule in ADJUSTMENTS} == {"nothing: it passes"}


def test_scene_that_breaks_nothing_is_approved() -> None:
    """The table of broken rules starts from an open that passes, by the page as well."""
    assert approved(PLENTY).withheld is None
    assert first_broken(PLENTY) is None


@pytest.mark.parametrize("rule", BREAKING)
def test_rule_broken_alone_refuses(rule: str) -> None:
    """Each rule is reached by some scene, by the page as well."""
    asked = msgspec.structs.replace(PLENTY, **BREAKING[rule])
    verdict = denied(asked)
    assert verdict.rule == rule == first_broken(asked)
    assert verdict.detail == DETAILS[rule](asked.action, verdict.numbers)


@pytest.mark.parametrize(("earlier", "later"), list(pairs()))
def test_rule_broken_with_a_later_one_is_the_one_that_refuses(earlier: str, later: str) -> None:
    """Of any two broken rules the first one in the order names the refusal."""
    both = msgspec.structs.replace(PLENTY, **BREAKING[earlier], **BREAKING[later])
    assert denied(both).rule == earlier == first_broken(both)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"side": None, "size": D(-1), "size_usd": D(1)}, "R1_SIDE_MISSING"),
        ({"size": D(-1), "size_usd": D(-1)}, "R1_SIZE_AMBIGUOUS"),
        ({"size": None, "limit_price": D(0)}, "R1_SIZE_AMBIGUOUS"),
        ({"size_decimals": 0, "size": D("0.0001")}, "R9_SIZE_ROUNDS_TO_ZERO"),
        ({"limit_price": D("50501.5")}, "R9_PRICE_STEP"),
        ({"stop_bps": 9_000, "limit_price": D("50501")}, "R9_COLLAR"),
    ],
)
def test_rules_about_the_same_number_keep_their_order(changes: dict[str, object], rule: str) -> None:
    """Where one number breaks two rules, the earlier one refuses."""
    assert denied(msgspec.structs.replace(PLENTY, **changes)).rule == rule


CURES: list[tuple[str, dict[str, object]]] = [
    ("R1_SIDE_MISSING", {"side": Side.BUY}),
    ("R1_SIZE_AMBIGUOUS", {"size_usd": None}),
    ("R1_SIZE_NOT_POSITIVE", {"size": D("0.000001")}),
    ("R1_LIMIT_PRICE_NOT_POSITIVE", {"limit_price": D("60000.5")}),
    ("R2_SYMBOL_NOT_ALLOWED", {"symbols_allowed": frozenset({Symbol("DOGE")})}),
    ("R2_UNKNOWN_INSTRUMENT", {"listed": True}),
    ("R3_HALTED", {"state": TradingState.REDUCING}),
    ("R3_REDUCING", {"state": TradingState.ACTIVE}),
    ("R3_UNRESOLVED_ORDER", {"unresolved": 0}),
    ("R4_NO_MARK", {"mark": D(50_000), "mark_age_ms": -1}),
    ("R4_MARK_AHEAD", {"mark_age_ms": 60_000}),
    ("R4_STALE_MARK", {"mark_age_ms": 0}),
    ("R4_MARK_SOURCE", {"venue_marks_only": False}),
    ("R4_STALE_ACCOUNT", {"account_age_ms": 0}),
    ("R5_NO_EQUITY", {"equity": D(10_000)}),
    ("R5_POSITION_CAP", {"position_bps_max": 1_000_000}),
    ("R5_EXPOSURE_CAP", {"exposure_bps_max": 1_000_000}),
    ("R5_BELOW_ORDER_MINIMUM", {"order_usd_min": D(0)}),
    ("R6_LEVERAGE_CAP", {"leverage_max": 100}),
    ("R6_VENUE_LEVERAGE", {"venue_leverage": 40}),
    ("R7_ORDERS_PER_DAY", {"orders_per_day_max": 11}),
    ("R7_ORDERS_PER_MINUTE", {"orders_per_minute_max": 11}),
    ("R8_DAILY_LOSS", {"daily_loss_bps_max": 6_000}),
    ("R8_DRAWDOWN", {"drawdown_bps_max": 6_000}),
    ("R9_SIZE_ROUNDS_TO_ZERO", {"size": D("0.00001")}),
    ("R9_BELOW_VENUE_MINIMUM", {"size": D("0.01")}),
    ("R9_PRICE_STEP", {"limit_price": D(60_000)}),
    ("R9_COLLAR", {"limit_price": None}),
    ("R9_LIQUIDATION_BEFORE_STOP", {"stop_bps": None}),
]
EVERYTHING = {name: value for rule in reversed(BREAKING) for name, value in BREAKING[rule].items()}
"""Where two rules mind the same number, it breaks the earlier one."""

HOPELESS = msgspec.structs.replace(
    PLENTY, **{**EVERYTHING, "symbol": Symbol("DOGE"), "held": D(2), "baseline": D(20_000), "size_decimals": 5}
)


def test_rules_when_everything_is_wrong_refuse_one_after_the_other_in_order() -> None:
    """Curing one violation at a time walks through every rule of an open, and then it passes."""
    now, walked = HOPELESS, []
    for _, cure in CURES:
        walked.append(denied(now).rule)
        now = msgspec.structs.replace(now, **cure)
    assert walked == [rule for rule, _ in CURES] == list(BREAKING)
    assert approved(now).withheld is None


def test_rules_when_everything_is_wrong_still_let_the_position_close() -> None:
    """The close of a position passes where no open could."""
    closing = msgspec.structs.replace(
        HOPELESS, kind=ActionKind.CLOSE, side=None, size=None, size_usd=None, limit_price=None
    )
    assert approved(closing).withheld is None


def test_deny_joins_rule_sentence_and_figures() -> None:
    """Also for the gate's own rules, which need no other numbers."""
    action = ProposedAction(kind=ActionKind.OPEN, symbol=Symbol("BTC"))
    moved = Figures(held=D("0.5"), position_before=D(0))
    refusal = deny("R3_STATE_MOVED", action, moved)
    assert (refusal.rule, refusal.numbers, refusal.changes) == ("R3_STATE_MOVED", moved, ())
    assert refusal.detail == "BTC: the decision saw 0 units, now it is 0.5"
    assert (
        deny("R4_TOO_LATE", action, Figures()).detail == "the order in BTC has too little time left before it expires"
    )
    unread = "the account could not be read, so nothing is opened in BTC"
    assert deny("R4_NO_ACCOUNT", action, Figures()).detail == unread
    assert deny("R6_LEVERAGE_CHANGE", action, Figures(held=D(2), unresolved=1, leverage_max=5)).detail == (
        "the leverage of BTC is set while it is flat and nothing is unresolved, to 5 at most; "
        "it holds 2 units and 1 order(s) are unresolved"
    )
