"""What every built-in rule policy promises, whatever it follows."""

from decimal import Decimal

import pytest

from agentic_core.domain import ActionKind, ProposedAction, Symbol
from agentic_core.ports.rule_policy import RulePolicy, WakingRulePolicy
from agentic_core.skills import policy_names
from tests.support.policies import RULES, policy_of
from tests.support.views import BTC, AccountOf, SeriesOf, ViewAt

PORTS = ("agentic_core.ports.rule_policy.RulePolicy", "agentic_core.ports.rule_policy.WakingRulePolicy")

CLOSES = [50, 52, 55, 59, 64, 60, 55, 49, 42, 44, 47, 51, 56, 62, 62, 62, 61, 59, 56, 52, 47, 41, 48, 56, 65]
RATES = ("-0.0001", "0", "0.0001", "0.0003")
HOLDINGS = ("-2", "0", "2")
WAKING = sorted(set(RULES) - {"funding-carry"})


@pytest.fixture(params=sorted(RULES))
def policy(request: pytest.FixtureRequest) -> RulePolicy:
    """Give each built-in policy in turn."""
    return policy_of(RULES[request.param])


def proposals(policy: RulePolicy) -> list[ProposedAction]:
    """Return everything the policy proposes on a path that rises, falls and rises, under every holding."""
    series = SeriesOf(CLOSES)
    answers = [
        policy(ViewAt(series, index, funding_rate=Decimal(rate)), AccountOf(size))
        for index in range(len(series))
        for rate in RATES
        for size in HOLDINGS
    ]
    return [answer for answer in answers if answer is not None]


def test_suite_covers_every_builtin_policy() -> None:
    """No built-in policy escapes this suite."""
    assert {str(rules["policy"]) for rules in RULES.values()} == set(policy_names())


def test_policy_is_recorded_under_its_name_in_the_file(policy: RulePolicy) -> None:
    """The name is one that a skill file may say."""
    assert policy.name in policy_names()


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("hold", set()),
        ("sma-cross", {"open", "close"}),
        ("sma-cross both", {"open"}),
        ("ema-cross", {"open", "close"}),
        ("ema-cross both", {"open"}),
        ("breakout", {"open", "close"}),
        ("breakout slow exit", {"open", "close"}),
        ("funding-carry", {"open", "close"}),
    ],
)
def test_policy_on_a_rich_path_proposes_all_it_can(name: str, kinds: set[str]) -> None:
    """The path of this suite is rich enough to judge: each policy does on it everything it ever does."""
    assert {action.kind.value for action in proposals(policy_of(RULES[name]))} == kinds


def test_policy_proposes_actions_of_the_right_shape(policy: RulePolicy) -> None:
    """An open has a side and exactly one positive size; a close has neither; both say why and stay on their symbol."""
    for action in proposals(policy):
        sizes = [size for size in (action.size, action.size_usd) if size is not None]
        assert action.symbol == BTC
        assert action.reason
        if action.kind is ActionKind.OPEN:
            assert action.side is not None
            assert len(sizes) == 1
            assert sizes[0] > 0
        else:
            assert action.side is None
            assert sizes == []


def test_policy_never_adds_to_a_position_on_its_side(policy: RulePolicy) -> None:
    """A long position is not enlarged, and neither is a short one."""
    series = SeriesOf(CLOSES)
    for index in range(len(series)):
        for rate in RATES:
            view = ViewAt(series, index, funding_rate=Decimal(rate))
            for size, side in (("2", "buy"), ("-2", "sell")):
                action = policy(view, AccountOf(size))
                assert action is None or action.side != side


def test_policy_asked_twice_answers_the_same(policy: RulePolicy) -> None:
    """A policy is a function of what it sees; it keeps nothing between calls."""
    assert proposals(policy) == proposals(policy)


def test_policy_proposes_nothing_about_a_symbol_it_cannot_see(policy: RulePolicy) -> None:
    """Without candles and rates of its own symbol there is nothing to follow."""
    other = SeriesOf(CLOSES, symbol=Symbol("ETH"))

    assert all(policy(ViewAt(other, index), AccountOf()) is None for index in range(len(other)))


@pytest.mark.parametrize("name", WAKING)
def test_waking_policy_gives_one_flag_per_candle(name: str) -> None:
    """The mask is as long as the series, an empty one included."""
    policy = policy_of(RULES[name])
    assert isinstance(policy, WakingRulePolicy)

    for count in (0, 1, 2, 3, 4, 5, len(CLOSES)):
        mask = policy.wake(SeriesOf(CLOSES[:count]))
        assert len(mask) == count
        assert set(mask) <= {True, False}


@pytest.mark.parametrize("name", WAKING)
def test_waking_policy_sleeps_through_a_symbol_that_is_not_its_own(name: str) -> None:
    """Candles of another symbol wake nothing."""
    policy = policy_of(RULES[name])
    assert isinstance(policy, WakingRulePolicy)

    assert not any(policy.wake(SeriesOf(CLOSES, symbol=Symbol("ETH"))))


def test_funding_carry_declares_no_mask() -> None:
    """Funding is not in the candles, so `funding-carry` is asked at every mark."""
    assert not isinstance(policy_of(RULES["funding-carry"]), WakingRulePolicy)
