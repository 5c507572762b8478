"""Rule policies on paths short enough to check by hand, and the sizes they propose."""

from decimal import Decimal

import pytest

from agentic_core.domain import ActionKind, ProposedAction, Side, Size, Usd
from agentic_core.errors import SkillInvalid
from agentic_core.ports.rule_policy import RulePolicy, WakingRulePolicy
from agentic_core.skills import policy_for
from tests.support.policies import policy_of, sized
from tests.support.skill_files import skill_with
from tests.support.views import BTC, AccountOf, SeriesOf, ViewAt, closing_at

RISING = closing_at(10, 10, 10, 13)
FALLING = closing_at(10, 10, 10, 7)


def proposed(policy: RulePolicy, series: SeriesOf, *, held: str = "0", equity: str = "10000") -> ProposedAction | None:
    """Return what the policy wants at the newest candle."""
    return policy(ViewAt(series, len(series) - 1), AccountOf(held, equity=equity))


def test_cross_up_opens_long_and_says_why() -> None:
    """Flat before a crossing up: buy, with both averages in the reason."""
    assert proposed(sized("sma-cross", sizePct=10), RISING) == ProposedAction(
        kind=ActionKind.OPEN,
        symbol=BTC,
        side=Side.BUY,
        size_usd=Usd(Decimal(1000)),
        reason="sma(2) 11.5 crossed above sma(3) 11",
    )


def test_cross_down_with_direction_long_closes() -> None:
    """Long before a crossing down: close the whole of it."""
    assert proposed(sized("sma-cross", sizePct=10), FALLING, held="1") == ProposedAction(
        kind=ActionKind.CLOSE, symbol=BTC, reason="sma(2) 8.5 crossed below sma(3) 9"
    )


@pytest.mark.parametrize(("held", "side"), [("1", "sell"), ("0", "sell"), ("-1", None)])
def test_cross_down_with_direction_both_opens_short_once(held: str, side: str | None) -> None:
    """Whatever is held but a short: open short, which closes a long on the way."""
    policy = policy_of({"policy": "sma-cross", "fast": 2, "slow": 3, "direction": "both"})
    action = proposed(policy, FALLING, held=held)

    assert (None if action is None else action.side) == side


def test_cross_needs_both_averages_one_candle_earlier_too() -> None:
    """On the first candle where both averages are known, nothing can have crossed."""
    policy = sized("sma-cross", sizePct=10)

    assert proposed(policy, closing_at(10, 10, 13)) is None
    assert proposed(policy, closing_at(10, 10, 10, 13)) is not None


def test_averages_that_met_and_part_have_crossed() -> None:
    """Equal before and above now is a crossing; equal now is none."""
    policy = sized("sma-cross", sizePct=10)

    assert proposed(policy, closing_at(10, 8, 12, 13)) is not None
    assert proposed(policy, closing_at(10, 10, 10, 10)) is None


@pytest.mark.parametrize(
    ("size", "size_usd", "units"),
    [
        ({"sizePct": 12.34}, "1234", None),
        ({"sizeUsd": 50.5}, "50.5", None),
        ({"size": 0.025}, None, "0.025"),
    ],
)
def test_open_has_the_size_that_the_rules_name(size: dict[str, float], size_usd: str | None, units: str | None) -> None:
    """A share of equity becomes dollars; dollars and units stay what they are."""
    action = proposed(sized("ema-cross", **size), RISING)

    assert action is not None
    assert action.size_usd == (None if size_usd is None else Usd(Decimal(size_usd)))
    assert action.size == (None if units is None else Size(Decimal(units)))


def test_share_of_equity_is_exact() -> None:
    """No cent is lost or made on the way from equity to the size of an open."""
    action = proposed(sized("sma-cross", sizePct=0.01), RISING, equity="12345.678901")

    assert action is not None
    assert action.size_usd == Usd(Decimal("1.2345678901"))


def test_breakout_looks_at_highs_before_its_own_candle() -> None:
    """A close above every earlier high opens, though it is below its own high."""
    policy = sized("breakout", sizePct=10)
    series = SeriesOf([100, 100, 100, 125], highs=[110, 120, 115, 130], lows=[90, 90, 90, 100])
    action = proposed(policy, series)

    assert action is not None
    assert action.side is Side.BUY
    assert action.reason == "close 12.5 is above the high 12 of the 3 candles before"
    assert proposed(policy, SeriesOf([100, 100, 100, 120], highs=[110, 120, 115, 130])) is None


def test_breakout_closes_below_the_lows_before() -> None:
    """Long and a close below every low of the exit window: out; flat or short: nothing."""
    policy = sized("breakout", sizePct=10)
    series = SeriesOf([100, 100, 79], highs=[110, 110, 110], lows=[80, 90, 70])

    assert proposed(policy, series, held="1") == ProposedAction(
        kind=ActionKind.CLOSE, symbol=BTC, reason="close 7.9 is below the low 8 of the 2 candles before"
    )
    assert proposed(policy, series) is None
    assert proposed(policy, series, held="-1") is None


def test_funding_carry_goes_short_at_its_rate_and_out_at_the_other() -> None:
    """Both rates are included in what they say."""
    policy = sized("funding-carry", sizeUsd=100)
    series = closing_at(10)

    entered = policy(ViewAt(series, 0, funding_rate=Decimal("0.0002")), AccountOf())
    left = policy(ViewAt(series, 0, funding_rate=Decimal("0.00005")), AccountOf("-1"))

    assert entered is not None
    assert (entered.kind, entered.side) == (ActionKind.OPEN, Side.SELL)
    assert entered.reason == "longs pay 0.0002 an hour, at least 0.0002"
    assert left is not None
    assert left.kind is ActionKind.CLOSE
    assert policy(ViewAt(series, 0), AccountOf()) is None


def test_wake_of_a_cross_marks_the_crossings() -> None:
    """Up at the fourth candle, down at the seventh."""
    policy = policy_of({"policy": "sma-cross", "fast": 1, "slow": 2})
    assert isinstance(policy, WakingRulePolicy)
    series = closing_at(10, 10, 10, 12, 13, 14, 13, 12)

    assert [index for index, awake in enumerate(policy.wake(series)) if awake] == [3, 6]


def test_policy_of_a_thesis_skill_is_refused_with_the_known_names() -> None:
    """A skill without rules has no rule policy, and the refusal says which there are."""
    skill = skill_with({"mode": None, "rules": None, "model": "vendor/name", "thesis": "Up."})

    with pytest.raises(SkillInvalid) as refusal:
        policy_for(skill)

    assert str(refusal.value) == (
        "cross: rules: is missing; a thesis skill has no rule policy: "
        "set mode to rules and choose one of breakout, ema-cross, funding-carry, hold, sma-cross"
    )
