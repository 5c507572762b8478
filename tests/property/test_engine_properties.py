"""Backtests over drawn markets: no decision knows the future, no shortcut shows, and paper tells the same story."""

from collections.abc import Sequence

import anyio
import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agentic_core.backtest.columns import CandleColumns, PriceColumns, VolumeColumn
from agentic_core.domain import ProposedAction, RunRecord
from agentic_core.domain.account import AccountView
from agentic_core.domain.market import CandleSeries, IndicatorKind, IndicatorSpec, MarketView
from agentic_core.errors import LookAhead
from agentic_core.ports.rule_policy import RulePolicy, WakingRulePolicy
from agentic_core.skills.indicators import compute
from agentic_core.store.memory import MemoryStore
from tests.support.backtests import Does, Waking, dataset_of
from tests.support.drawn_scenes import Scene, scenes, story
from tests.support.markets import BTC, ETH
from tests.support.paper_runs import staged
from tests.support.policies import RULES, policy_of
from tests.support.turns import mandate

INDICATORS = [IndicatorSpec(kind, length) for kind in IndicatorKind for length in (1, 2, 5)]


class Unwoken:
    """A rule policy that has taken its wake mask back and is asked at every mark."""

    def __init__(self, policy: RulePolicy) -> None:
        self._policy = policy
        self.name = policy.name
        self.proposed: dict[int, ProposedAction | None] = {}
        """What was proposed, by mark; holds included."""

    def __call__(self, view: MarketView, account: AccountView) -> ProposedAction | None:
        """Ask the policy."""
        action = self._policy(view, account)
        self.proposed[view.as_of] = action
        return action


def on_paper(scene: Scene, policy: RulePolicy) -> RunRecord:
    """Run a policy on paper over the scene."""

    async def run() -> RunRecord:
        wanted = mandate(policy, symbols=(BTC, ETH), interval=scene.btc.interval, caps=scene.caps)
        dataset = dataset_of(scene.btc, scene.eth, rates=scene.rates)
        return await (await staged(MemoryStore(), wanted, dataset, terms=scene.terms)).run()

    return anyio.run(run)


@given(scenes())
@settings(max_examples=400)
def test_paper_tells_the_same_story_as_the_backtest(scene: Scene) -> None:
    """Two drivers, one tick: every fill, refusal, payment, halt and point of the curve agree to the last digit."""
    assert story(on_paper(scene, scene.script())) == story(scene.run(scene.script()))


@given(scenes(), st.sampled_from(sorted(RULES)))
@settings(max_examples=200)
def test_paper_and_backtest_agree_on_every_builtin_policy(scene: Scene, name: str) -> None:
    """Indicators that follow candle by candle decide as those that were computed over the whole."""
    policy = policy_of(RULES[name])
    assert story(on_paper(scene, policy)) == story(scene.run(policy))


@given(scenes())
@settings(max_examples=250)
def test_run_with_a_wake_mask_is_the_run_without_it(scene: Scene) -> None:
    """Marks at which nothing can happen are left out, and nothing shows it: the records are equal, byte by byte."""
    asleep, awake = scene.run(scene.script(Waking)), scene.run(scene.script())
    assert msgspec.json.encode(asleep) == msgspec.json.encode(awake)


@given(scenes(), st.sampled_from(sorted(set(RULES) - {"funding-carry"})))
@settings(max_examples=250)
def test_builtin_policy_trades_the_same_when_it_is_asked_at_every_mark(scene: Scene, name: str) -> None:
    """The masks of the policies that come with the library keep their promise."""
    policy = policy_of(RULES[name])
    assert isinstance(policy, WakingRulePolicy)
    assert msgspec.json.encode(scene.run(policy)) == msgspec.json.encode(scene.run(Unwoken(policy)))


def retold(candles: CandleColumns, kept: int, factor: int) -> CandleColumns:
    """Return the candles with every one from an index on replaced by prices so many per cent of what they were."""

    def column(prices: Sequence[int]) -> list[int]:
        return [price if at < kept else price * factor // 100 + at for at, price in enumerate(prices)]

    times = range(candles.start, candles.end, candles.interval.ms)
    columns = map(column, (candles.opens, candles.highs, candles.lows, candles.closes))
    return CandleColumns(
        candles.symbol, times, PriceColumns(candles.price_decimals, *columns), VolumeColumn(0, [1] * len(times))
    )


@given(scenes(), st.sampled_from(["script", *sorted(RULES)]), st.floats(0, 1), st.sampled_from([30, 97, 110, 300]))
@settings(max_examples=400)
def test_changing_later_candles_never_changes_an_earlier_decision(
    scene: Scene, name: str, share: float, factor: int
) -> None:
    """With other candles from an index on, everything proposed and judged before is the same, holds included."""
    kept = max(1, int(share * (len(scene.btc) - 1)))
    btc, eth = retold(scene.btc, kept, factor), retold(scene.eth, kept, 200 - factor // 2)
    known = scene.btc.start + kept * scene.btc.interval.ms
    stories = []
    for version in (scene, msgspec.structs.replace(scene, btc=btc, eth=eth)):
        policy = Unwoken(version.script() if name == "script" else policy_of(RULES[name]))
        run = version.run(policy)
        proposed = [(at, action) for at, action in policy.proposed.items() if at <= known]
        decisions = [one.decision for one in run.decisions if one.decision.tick_at <= known]
        # A mark at which a halt closes has no other turn.
        assert len(proposed) + sum(one.decided_by.startswith("halt:") for one in decisions) == kept
        executed = [one for one in run.fills if one.time < known]
        stories.append((proposed, decisions, executed, [one for one in run.funding if one.time <= known]))
    assert stories[0] == stories[1]


def watching(seen: list[int]) -> Does:
    """Return a policy that looks at everything there is and fails when any of it is later than its mark."""

    def look(view: MarketView, account: AccountView) -> None:
        for symbol in (BTC, ETH):
            shown = (*view.candles(symbol, 10**6), *view.freeze(10**6).candles[symbol])
            closed = [candle.open_time + view.interval.ms for candle in shown]
            assert max(closed) == view.as_of, "the newest candle closes at the mark"
            mark = view.mark(symbol)
            assert mark is not None
            assert mark.as_of <= view.as_of
            assert mark.price == shown[-1].close
            assert len(shown) == 2 * len(set(closed))
        assert account.as_of == view.as_of
        seen.append(view.as_of)

    return Does(look)


@given(scenes())
@settings(max_examples=60)
def test_view_never_shows_a_candle_that_closes_after_its_mark(scene: Scene) -> None:
    """At every mark of a backtest and of a paper run; the newest candle is the one that has just closed."""
    tested: list[int] = []
    scene.run(watching(tested))
    replayed: list[int] = []
    on_paper(scene, watching(replayed))
    step = scene.btc.interval.ms
    assert tested == replayed == list(range(scene.btc.start + step, scene.btc.end, step))


@given(scenes())
@settings(max_examples=60)
def test_indicator_at_a_mark_is_what_the_candles_up_to_it_give(scene: Scene) -> None:
    """Computed over the whole run or over what is known: the same value, now and looking back."""
    step = scene.btc.interval.ms

    def compare(view: MarketView, account: AccountView) -> None:
        count = (view.as_of - scene.btc.start) // step
        for spec in INDICATORS:
            expected = compute(spec, scene.btc.prefix(count))
            assert [view.indicator(BTC, spec, back=back) for back in range(count)] == expected[::-1]

    scene.run(Does(compare))
    on_paper(scene, Does(compare))


class Peeks:
    """A policy whose wake mask knows how a candle to come will close."""

    name = "peeks"

    def __init__(self, ahead: int, default: bool) -> None:
        self._ahead = ahead
        self._default = default

    def __call__(self, view: MarketView, account: AccountView) -> None:
        """Propose nothing."""

    def wake(self, series: CandleSeries) -> list[bool]:
        """Wake where the candle so far ahead closes above this one."""
        closes, last = series.closes, len(series) - self._ahead
        return [closes[at + self._ahead] > closes[at] if at < last else self._default for at in range(len(closes))]


@given(scenes(), st.integers(1, 3), st.booleans())
@settings(max_examples=250)
def test_wake_mask_that_peeks_is_caught_wherever_peeking_tells_it_something(
    scene: Scene, ahead: int, default: bool
) -> None:
    """On every market on which the mask is not the same without its peek."""
    policy = Peeks(ahead, default)
    blind = [default] * len(scene.btc)
    assume(policy.wake(scene.btc) != blind or policy.wake(scene.eth) != blind)
    with pytest.raises(LookAhead):
        scene.run(policy)
