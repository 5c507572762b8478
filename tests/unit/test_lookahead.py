"""Policies that were planted to see the future: each is caught, or finds nothing there to see."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import pytest

from agentic_core.backtest.funding import FundingRates
from agentic_core.backtest.replay import Replay
from agentic_core.domain import Interval, ProposedAction, Side
from agentic_core.domain.account import AccountView
from agentic_core.domain.market import CandleSeries, IndicatorKind, IndicatorSpec, MarketView
from agentic_core.errors import LookAhead
from agentic_core.runtime.desk import MarketDesk
from tests.support.backtests import MIDNIGHT, Does, Script, backtest, candles_of, dataset_of, flat, mark_of
from tests.support.clocks import VirtualClock
from tests.support.markets import BTC, LISTED
from tests.support.turns import open_of

D = Decimal
SMA = IndicatorSpec(IndicatorKind.SMA, 2)
UNIQUE = [(1000 + 7 * at, 1003 + 7 * at) for at in range(20)]
"""Candles in which no number occurs twice, and no number of one is the next one's."""


class SleepsUntilItRises:
    """Wakes where the next candle will close higher, and buys whenever it is woken."""

    name = "sleeps-until-it-rises"

    def __init__(self, *, default: bool) -> None:
        self._default = default

    def __call__(self, view: MarketView, account: AccountView) -> ProposedAction | None:
        """Buy."""
        return open_of(Side.BUY, "1")

    def wake(self, series: CandleSeries) -> Sequence[bool]:
        """Peek."""
        rises = [after > now for now, after in pairwise(series.closes)]
        return [*rises, self._default][: len(series)]


@pytest.mark.parametrize("kind", list(IndicatorKind))
@pytest.mark.parametrize("back", [-1, -2, -1_000_000])
def test_backtest_catches_a_policy_that_asks_for_an_indicator_ahead(kind: IndicatorKind, back: int) -> None:
    """The run stops with the indicator, the symbol and how far ahead it was asked."""
    spec = IndicatorSpec(kind, 3)

    def peek(view: MarketView, account: AccountView) -> None:
        view.indicator(BTC, spec, back=back)

    with pytest.raises(LookAhead, match=rf"{kind}\(3\) of BTC was asked {-back} candle\(s\) ahead of the mark"):
        backtest(Does(peek), flat(10))


@pytest.mark.anyio
async def test_desk_catches_the_same_policy_on_paper() -> None:
    """The view of a paper run refuses in the same words."""
    dataset = dataset_of(flat(5))
    replay = Replay(dataset, LISTED, clock=VirtualClock())
    desk = MarketDesk(replay, symbols=(BTC,), interval=Interval.M1, instruments=LISTED, history_from=MIDNIGHT)
    for _ in range(3):
        mark = await replay.next_mark()
        assert mark is not None
        await desk.refresh(mark)
    with pytest.raises(LookAhead, match=r"sma\(2\) of BTC was asked 1 candle\(s\) ahead of the mark"):
        desk.indicator(BTC, SMA, back=-1)


@pytest.mark.parametrize("default", [False, True])
@pytest.mark.parametrize(
    "closes",
    [
        [100, 101, 100, 101, 100, 101, 100, 101],
        [100, 99, 98, 97, 99, 98, 97, 96],
        [100, 99, 98, 97, 96, 95, 94, 95, 94],
        [100, 101, 102, 103, 104, 105, 106, 105, 106],
    ],
    ids=["saw", "one rise", "one late rise", "one late fall"],
)
def test_backtest_catches_a_wake_mask_that_looks_at_the_next_candle(closes: list[int], default: bool) -> None:
    """Hidden candles change its mind, wherever the peek pays and whatever it says where it cannot peek."""
    market = candles_of([(close, close) for close in closes])
    with pytest.raises(LookAhead, match="sleeps-until-it-rises wakes differently at candle"):
        backtest(SleepsUntilItRises(default=default), market)


def test_policy_that_asks_for_more_candles_than_exist_gets_those_up_to_its_mark() -> None:
    """However many are asked for, the newest one closed at the mark."""
    seen: list[tuple[int, list[int]]] = []

    def greedy(view: MarketView, account: AccountView) -> None:
        found = view.candles(BTC, 10**9)
        seen.append((len(found), [one.open_time + 60_000 - view.as_of for one in found[-1:]]))

    backtest(Does(greedy), flat(6))
    assert seen == [(count, [0]) for count in range(1, 6)]


@pytest.mark.parametrize("count", [0, -1, -5])
def test_policy_that_asks_for_fewer_than_one_candle_gets_none(count: int) -> None:
    """A negative number does not count from the other end."""
    seen: list[int] = []

    def strange(view: MarketView, account: AccountView) -> None:
        seen.append(len(view.candles(BTC, count)))

    backtest(Does(strange), flat(6))
    assert seen == [0] * 5


def test_policy_never_sees_the_price_at_which_its_order_executes() -> None:
    """Everything it can lay its hands on at the mark is searched; the next open is not in it."""
    seen: dict[int, set[Decimal]] = {}

    def collect(view: MarketView, account: AccountView) -> ProposedAction:
        found: set[Decimal] = {account.equity, account.exposure(), account.margin_used}
        for candle in (*view.candles(BTC, 99), *view.freeze(99).candles[BTC]):
            found |= {candle.open, candle.high, candle.low, candle.close}
        found |= {mark.price for mark in view.freeze(0).marks}
        for kind in IndicatorKind:
            values = (view.indicator(BTC, IndicatorSpec(kind, 1), back=back) for back in range(30))
            found |= {Decimal(str(value)) for value in values if value is not None}
        seen[view.as_of] = found
        return open_of(Side.BUY if view.as_of % 120_000 else Side.SELL, "1")

    run = backtest(Does(collect), candles_of(UNIQUE))
    assert len(run.fills) >= 19
    for fill in run.fills:
        opened = UNIQUE[(fill.time - MIDNIGHT) // 60_000][0]
        assert fill.price == opened
        assert fill.price not in seen[fill.time]
        assert D(opened - 4) in seen[fill.time]


def test_indicator_further_back_than_the_first_candle_is_unknown() -> None:
    """Looking back is free, and beyond the beginning there is nothing."""
    seen: list[tuple[float | None, float | None]] = []

    def look(view: MarketView, account: AccountView) -> None:
        seen.append((view.indicator(BTC, SMA), view.indicator(BTC, SMA, back=2)))

    backtest(Does(look), candles_of([(10, 10), (10, 20), (20, 40), (40, 80), (80, 90)]))
    assert seen == [(None, None), (15.0, None), (30.0, None), (60.0, 15.0)]


def test_funding_rate_of_a_later_hour_is_not_seen() -> None:
    """The last settled rate stands at its mark; the next one is published an hour later."""
    seen: list[Decimal | None] = []

    def look(view: MarketView, account: AccountView) -> None:
        seen.append(view.funding_rate(BTC))

    rates = {mark_of(hour - 1, interval=Interval.H1): D(hour) for hour in range(1, 7)}
    backtest(Does(look), flat(6, interval=Interval.H1), rates=FundingRates(rates, source="by hand"))
    assert seen == [D(1), D(2), D(3), D(4), D(5)]


def test_order_of_the_last_turn_executes_at_the_last_open() -> None:
    """The candle after the last turn is the last one, and nothing can execute after it."""
    run = backtest(Script({18: open_of(Side.BUY, "1")}), candles_of(UNIQUE))
    assert [fill.price for fill in run.fills] == [D(UNIQUE[19][0])]
