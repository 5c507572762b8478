"""The controls beside a run: what they are made of, and what they give away."""

from collections.abc import Mapping
from decimal import Decimal

import anyio
import msgspec
import pytest

from agentic_core.backtest.chat.baselines import at_random, chance
from agentic_core.backtest.chat.controls import actions_of, constant, delayed, figures_of, play
from agentic_core.backtest.chat.study import Study, study
from agentic_core.domain import ActionKind, ProposedAction, RunRecord, Side, Size, Usd
from agentic_core.domain.market import MarketView
from agentic_core.runtime.terms import Terms
from tests.support.backtests import MIDNIGHT, Script, backtest, flat
from tests.support.foresight import Opinion, asking, by_momentum, market, plan_of, trial_of
from tests.support.markets import BTC, ETH
from tests.support.turns import close_of, open_of

D = Decimal
COLUMNS = market(5)
TRIAL = trial_of(COLUMNS)


def ran(opinion: Opinion) -> RunRecord:
    """Return a plain run."""

    async def run() -> RunRecord:
        return await asking(opinion)(TRIAL, None)

    return anyio.run(run)


def studied(opinion: Opinion) -> Study:
    """Return a study."""

    async def made() -> Study:
        return await study(TRIAL, asking(opinion), Terms(), plan_of(random_runs=19))

    return anyio.run(made)


def two_markets(script: Mapping[int, ProposedAction]) -> RunRecord:
    """Return a run over two flat markets."""
    return backtest(Script(script), flat(60), flat(60, symbol=ETH))


def test_masked_run_of_who_reads_price_moves_acts_at_the_same_marks() -> None:
    """The disguise changes no decision: the same sides, whole weeks later."""
    made = studied(by_momentum)
    assert made.masked is not None
    plain, masked = actions_of(made.record), actions_of(made.masked)
    shift = made.masked.start - made.record.start
    assert [(acted.at + shift, acted.action.side) for acted in plain] == [
        (acted.at, acted.action.side) for acted in masked
    ]


def test_edge_that_lives_one_candle_is_pointed_out() -> None:
    """Who knows the next candle only has nothing left one candle later."""
    closes = {COLUMNS.open_times[place] + 300_000: place for place in range(len(COLUMNS))}

    def next_candle(view: MarketView, _symbol: str) -> int:
        place = closes.get(view.as_of)
        if place is None or place + 2 >= len(COLUMNS):
            return 0
        return (COLUMNS.opens[place + 2] > COLUMNS.opens[place + 1]) * 2 - 1

    found = studied(next_candle).record.honesty
    assert found is not None
    gains = {figure.name: figure.gain for figure in found.figures}
    assert gains["delayed"] < gains["plain"]


def test_constant_control_opens_once_as_large_as_the_run_was() -> None:
    """Half of the account, the same as every open of the run, and nothing more."""
    record = ran(by_momentum)
    (opened,) = constant(TRIAL, Side.SELL, record)
    assert (opened.at, opened.action.kind, opened.action.side) == (record.start, ActionKind.OPEN, Side.SELL)
    assert opened.action.size_usd is not None
    assert D(4_900) < opened.action.size_usd < D(5_600)
    assert figures_of("short", play(TRIAL, "short", [opened], Terms())).orders == 1


def test_constant_control_of_a_run_without_fills_is_none() -> None:
    """There is no size to take."""
    assert constant(TRIAL, Side.BUY, ran(lambda _view, _symbol: 0)) == ()


def test_actions_of_a_run_are_those_that_were_executed_without_their_limit_prices() -> None:
    """What was refused is no action of the run, and a limit price suits one moment only."""
    priced = msgspec.structs.replace(open_of(Side.BUY, "1"), limit_price=D(101))
    refused = ProposedAction(kind=ActionKind.OPEN, symbol=BTC, side=Side.BUY, size_usd=Usd(D(1)))
    record = backtest(Script({3: priced, 5: refused, 9: close_of()}), flat(20))
    assert [(acted.at, acted.action) for acted in actions_of(record)] == [
        (MIDNIGHT + 4 * 60_000, open_of(Side.BUY, "1")),
        (MIDNIGHT + 10 * 60_000, close_of()),
    ]


@pytest.mark.parametrize("seed", range(10))
def test_random_actions_of_two_symbols_keep_their_stays(seed: int) -> None:
    """Each symbol is dealt by itself, one action a mark, and stays as long in the market as before."""
    eth = ProposedAction(kind=ActionKind.OPEN, symbol=ETH, side=Side.SELL, size=Size(D(1)))
    out = ProposedAction(kind=ActionKind.CLOSE, symbol=ETH)
    script = {2: open_of(Side.BUY, "1"), 3: eth, 9: close_of(), 10: out, 30: eth, 45: out}
    record = two_markets(script)
    dealt = at_random(record, actions_of(record), seed=f"two {seed}")
    assert len({acted.at for acted in dealt}) == len(dealt)
    assert {acted.action.symbol for acted in dealt} == {BTC, ETH}
    assert len(script) <= len(dealt) <= len(script) + 2


def test_chance_counts_the_runs_that_did_at_least_as_well() -> None:
    """A run that ends as high counts for chance; the usual gains leave out one run in twenty at each end."""
    found = chance(D("0.30"), [D(place) / 100 for place in range(40)])
    assert (found.runs, found.at_least, found.p_bps) == (40, 10, 2_683)
    assert (found.gain_low, found.gain_median, found.gain_high) == (D("0.01"), D("0.19"), D("0.37"))


def test_delayed_actions_of_nothing_are_nothing() -> None:
    """An empty script stays empty."""
    assert delayed([], 60_000) == ()
