"""Rule policies never look ahead, keep their wake promise, and follow the rules as they are written down."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from agentic_core.domain import ProposedAction
from agentic_core.ports.rule_policy import RulePolicy, WakingRulePolicy
from tests.support.policies import RULES, policy_of
from tests.support.views import AccountOf, SeriesOf, ViewAt

WAKING = st.sampled_from(sorted(set(RULES) - {"funding-carry"}))
HOLDINGS = ("-1", "0", "1")
EMA_BLUR = Fraction(1, 10**9)
"""Averages nearer to each other than this may fall on either side when computed in floats."""


@st.composite
def candles(draw: st.DrawFn) -> SeriesOf:
    """Draw a path of few different prices, so that ties and crossings are frequent."""
    closes = draw(st.lists(st.integers(1, 6), max_size=30))
    above, below = draw(st.integers(0, 1)), draw(st.integers(0, 1))
    highs = [close + above * (place % 2) for place, close in enumerate(closes)]
    lows = [max(1, close - below * (place % 3 // 2)) for place, close in enumerate(closes)]
    return SeriesOf(closes, highs=highs, lows=lows)


def waking(name: str) -> WakingRulePolicy:
    """Make a policy that declares where it may act."""
    policy = policy_of(RULES[name])
    assert isinstance(policy, WakingRulePolicy)
    return policy


def answer(policy: RulePolicy, series: SeriesOf, index: int, size: str) -> ProposedAction | None:
    """Return what the policy wants at a mark."""
    return policy(ViewAt(series, index), AccountOf(size))


def wish(policy: RulePolicy, series: SeriesOf, index: int, size: str) -> str | None:
    """Return what the policy wants as one word."""
    action = answer(policy, series, index, size)
    return None if action is None else str(action.side or action.kind)


@given(WAKING, candles())
def test_policy_off_its_mask_proposes_nothing(name: str, series: SeriesOf) -> None:
    """Where a policy said it sleeps, it sleeps, whatever is held."""
    policy = waking(name)

    for index, awake in enumerate(policy.wake(series)):
        if not awake:
            assert [answer(policy, series, index, size) for size in HOLDINGS] == [None, None, None]


@given(WAKING, candles())
def test_policy_on_its_mask_proposes_something_under_some_holding(name: str, series: SeriesOf) -> None:
    """The mask of a built-in policy is exact: a flag that is up has a holding for which there is something to do."""
    policy = waking(name)

    for index, awake in enumerate(policy.wake(series)):
        if awake:
            assert any(answer(policy, series, index, size) for size in HOLDINGS)


@given(WAKING, candles(), st.integers(0, 30))
def test_wake_flag_depends_on_earlier_candles_only(name: str, series: SeriesOf, count: int) -> None:
    """Hiding later candles changes no earlier flag."""
    policy = waking(name)

    assert list(policy.wake(series.prefix(count))) == list(policy.wake(series))[:count]


@given(st.sampled_from(sorted(RULES)), candles(), st.sampled_from(HOLDINGS))
def test_policy_answers_alike_when_later_candles_are_hidden(name: str, series: SeriesOf, size: str) -> None:
    """A proposal depends on candles up to its mark only."""
    policy = policy_of(RULES[name])

    for index in range(len(series)):
        assert answer(policy, series, index, size) == answer(policy, series.prefix(index + 1), index, size)


@given(candles(), st.sampled_from(HOLDINGS), st.sampled_from(["long", "both"]))
def test_sma_cross_follows_its_written_definition(series: SeriesOf, size: str, direction: str) -> None:
    """The simple averages cross exactly where exact fractions say so."""
    policy = policy_of({"policy": "sma-cross", "fast": 2, "slow": 4, "direction": direction})

    for index in range(len(series)):
        gaps = [_mean(series.closes, at, 2) - _mean(series.closes, at, 4) for at in (index - 1, index) if at >= 3]
        assert wish(policy, series, index, size) == _crossing(gaps, int(size), direction)


@given(candles(), st.sampled_from(HOLDINGS), st.sampled_from(["long", "both"]))
def test_ema_cross_follows_its_written_definition(series: SeriesOf, size: str, direction: str) -> None:
    """The exponential averages cross where exact fractions say so, except where they all but touch."""
    policy = policy_of({"policy": "ema-cross", "fast": 2, "slow": 4, "direction": direction})

    for index in range(len(series)):
        gaps = [_faded(series.closes, at, 2) - _faded(series.closes, at, 4) for at in (index - 1, index) if at >= 3]
        if all(gap == 0 or abs(gap) > EMA_BLUR for gap in gaps):
            assert wish(policy, series, index, size) == _crossing(gaps, int(size), direction)


@given(candles(), st.sampled_from(HOLDINGS), st.integers(1, 5), st.integers(1, 5))
def test_breakout_follows_its_written_definition(series: SeriesOf, size: str, entry: int, leave: int) -> None:
    """A break is a close beyond every high, or every low, of the candles before it."""
    policy = policy_of({"policy": "breakout", "entry": entry, "exit": leave})

    for index, close in enumerate(series.closes):
        expected = None
        if size == "0" and index >= entry and close > max(series.highs[index - entry : index]):
            expected = "buy"
        if size == "1" and index >= leave and close < min(series.lows[index - leave : index]):
            expected = "close"
        assert wish(policy, series, index, size) == expected


@given(
    st.decimals("-0.001", "0.001", places=6),
    st.sampled_from(HOLDINGS),
    st.sampled_from([("0.0002", "0.00005"), ("0", "-0.0001")]),
)
def test_funding_carry_follows_its_written_definition(rate: Decimal, size: str, rates: tuple[str, str]) -> None:
    """Flat and a high rate: short. Short and a low rate: out. Long: nothing."""
    enter, leave = map(Decimal, rates)
    policy = policy_of({"policy": "funding-carry", "enterRate": float(enter), "exitRate": float(leave)})
    action = policy(ViewAt(SeriesOf([5]), 0, funding_rate=rate), AccountOf(size))
    short = size == "0" and rate >= enter
    out = size == "-1" and rate <= leave

    assert (None if action is None else action.side or action.kind) == ("sell" if short else "close" if out else None)


def _mean(closes: Sequence[int], at: int, length: int) -> Fraction:
    return Fraction(sum(closes[at - length + 1 : at + 1]), length)


def _faded(closes: Sequence[int], at: int, length: int) -> Fraction:
    mean = Fraction(closes[0])
    for close in closes[1 : at + 1]:
        mean += Fraction(2, length + 1) * (close - mean)
    return mean


def _crossing(gaps: Sequence[Fraction], held: int, direction: str) -> str | None:
    if len(gaps) < 2:
        return None
    before, now = gaps
    if before <= 0 < now and held <= 0:
        return "buy"
    if before >= 0 > now and direction == "both" and held >= 0:
        return "sell"
    return "close" if before >= 0 > now and direction == "long" and held > 0 else None
