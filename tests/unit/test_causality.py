"""Wake masks compared with what they are when later candles are hidden."""

from collections.abc import Callable, Sequence

import pytest

from agentic_core.backtest.causality import PREFIX_LENGTH, check_wake
from agentic_core.domain.account import AccountView
from agentic_core.domain.market import CandleSeries, MarketView
from agentic_core.errors import LookAhead
from agentic_core.ports.rule_policy import WakingRulePolicy
from tests.support.backtests import candles_of
from tests.support.policies import RULES, policy_of

SAW = [(100 + at % 7, 100 + (at + 1) % 7) for at in range(60)]


class Masks:
    """A policy whose mask is a function of the candles it is shown."""

    name = "masks"

    def __init__(self, mask: Callable[[CandleSeries], Sequence[bool]]) -> None:
        self.wake = mask

    def __call__(self, view: MarketView, account: AccountView) -> None:
        """Propose nothing."""


def check(policy: WakingRulePolicy, prices: Sequence[tuple[int, int]] = SAW) -> None:
    """Check the policy's mask over these candles."""
    series = candles_of(prices)
    check_wake(policy, series, policy.wake(series))


def looking(ahead: int, *, default: bool = False) -> Masks:
    """Return a policy that wakes where the candle so far ahead closes above this one."""

    def mask(series: CandleSeries) -> list[bool]:
        closes = series.closes
        last = len(closes) - ahead
        return [closes[at + ahead] > closes[at] if at < last else default for at in range(len(closes))]

    return Masks(mask)


@pytest.mark.parametrize("name", sorted(set(RULES) - {"funding-carry"}))
def test_builtin_policy_passes(name: str) -> None:
    """An honest mask is the same whatever is hidden."""
    policy = policy_of(RULES[name])
    assert isinstance(policy, WakingRulePolicy)
    check(policy)


@pytest.mark.parametrize("ahead", [1, 2, 5, 20])
@pytest.mark.parametrize("default", [False, True])
def test_mask_that_looks_ahead_is_refused_however_far(ahead: int, default: bool) -> None:
    """The policy is named, with the candle and what was hidden."""
    with pytest.raises(LookAhead, match=r"masks wakes differently at candle \d+ when candles after \d+ are hidden"):
        check(looking(ahead, default=default))


def test_mask_that_depends_on_how_many_candles_follow_is_refused() -> None:
    """To know where the end is, is to know something of the future."""
    with pytest.raises(LookAhead):
        check(Masks(lambda series: [at >= len(series) - 3 for at in range(len(series))]))


def test_mask_that_depends_on_the_highest_price_of_the_whole_run_is_refused() -> None:
    """So does a figure over all candles: two candles before the top nobody knows that it is coming."""
    prices = [(100 + at, 100 + at) for at in range(40)]
    with pytest.raises(LookAhead):
        check(Masks(lambda series: [high == max(series.highs) for high in series.highs]), prices)


@pytest.mark.parametrize("count", [0, 59, 61])
def test_mask_without_one_flag_per_candle_is_refused(count: int) -> None:
    """A mask of another length says nothing certain about any candle."""
    with pytest.raises(LookAhead, match=f"masks returned {count} wake flags for 60 candles"):
        check(Masks(lambda series: [False] * count))


def test_mask_that_loses_flags_when_candles_are_hidden_is_refused() -> None:
    """The length is checked on every prefix, too."""
    with pytest.raises(LookAhead, match="masks returned 0 wake flags"):
        check(Masks(lambda series: [False] * (60 if len(series) == 60 else 0)))


@pytest.mark.parametrize("flag", [True, False])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_constant_mask_over_few_candles_passes(flag: bool, count: int) -> None:
    """One candle is enough to be checked on, and a policy may want to be asked always or never."""
    check(Masks(lambda series: [flag] * len(series)), SAW[:count])


def test_mask_of_a_long_run_is_checked_on_its_beginning_only() -> None:
    """The check costs the same for a year as for a week: the policy is never again shown the whole run."""
    shown: list[int] = []

    def mask(series: CandleSeries) -> list[bool]:
        shown.append(len(series))
        return [at % 10 == 0 for at in range(len(series))]

    check(Masks(mask), SAW * 200)
    whole, *again = shown
    assert whole == 12_000
    assert max(again) == PREFIX_LENGTH
    assert 2 <= len(again) < 20
