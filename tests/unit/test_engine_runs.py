"""Backtests small enough to be reckoned by hand: what is paid, latched and refused, and in which order."""

from decimal import Decimal

import pytest

from agentic_core.backtest.engine import run_backtest
from agentic_core.backtest.funding import FundingRates
from agentic_core.domain import (
    HOUR_MS,
    ActionKind,
    Bps,
    FillKind,
    HaltReason,
    Interval,
    RejectedResult,
    RunRecord,
    Side,
    Symbol,
)
from agentic_core.domain.times import Instant
from agentic_core.errors import CandlesInvalid
from tests.support.backtests import (
    FREE,
    MIDNIGHT,
    Script,
    Waking,
    backtest,
    candles_of,
    dataset_of,
    flat,
    mark_of,
)
from tests.support.markets import BTC, ETH, LISTED
from tests.support.turns import Says, close_of, limits, mandate, open_of

D = Decimal
EVENING = Instant(MIDNIGHT - 3 * 60_000)
"""Three minutes before a midnight."""

HOURLY = FundingRates(
    {Instant(MIDNIGHT + hour * HOUR_MS): D(hour) / 1000 for hour in range(-3, 30)}, source="a thousandth more each hour"
)


def denials(run: RunRecord) -> list[tuple[int, str]]:
    """Return the refusals of a run with their marks."""
    return [
        (record.decision.tick_at, record.result.rule)
        for record in run.decisions
        if isinstance(record.result, RejectedResult)
    ]


def test_backtest_executes_at_the_open_after_the_mark_and_values_at_closes() -> None:
    """Bought when 100 is seen, filled at 101, worth 10 more at 111."""
    run = backtest(Script({0: open_of(Side.BUY, "1")}), candles_of([(90, 100), (101, 111), (120, 121)]))
    (fill,) = run.fills
    assert (fill.time, fill.price, fill.size, fill.fee) == (mark_of(0), D(101), D(1), D(0))
    assert [(point.time, point.equity, point.exposure) for point in run.equity] == [
        (mark_of(0), D(10_000), D(0)),
        (mark_of(1), D(10_010), D(111)),
        (mark_of(2), D(10_020), D(121)),
    ]
    assert (run.start, run.end, run.ticks) == (mark_of(0), mark_of(2), 2)
    assert (run.final_equity, run.marks) == (D(10_020), {BTC: D(121)})


def test_backtest_takes_no_turn_at_the_last_mark() -> None:
    """It only values the account: an order would need a candle more."""
    policy = Script({2: open_of(Side.BUY, "1")})
    run = backtest(policy, flat(3))
    assert policy.asked == [0, 1]
    assert (run.ticks, run.orders, run.fills) == (2, (), ())


def test_backtest_wakes_a_policy_for_its_mask_only_and_counts_every_turn() -> None:
    """Where the policy said that it proposes nothing, it is not asked; the turns are counted all the same."""
    policy = Waking({2: open_of(Side.BUY, "1"), 5: close_of()})
    run = backtest(policy, flat(9))
    assert policy.asked == [2, 5]
    assert run.ticks == 8
    assert [fill.side for fill in run.fills] == [Side.BUY, Side.SELL]


def test_backtest_wakes_a_policy_for_the_mask_of_every_symbol() -> None:
    """What wakes it may happen in any of its symbols."""
    policy = Waking({2: open_of(Side.BUY, "1"), 5: open_of(Side.BUY, "1", symbol=ETH)})
    run = backtest(policy, flat(9), flat(9, symbol=ETH))
    assert policy.asked == [2, 5]
    assert [fill.symbol for fill in run.fills] == [BTC, ETH]


def test_backtest_records_decisions_that_were_not_holds() -> None:
    """An executed, a denied and an empty wish are three decisions; the marks between leave none."""
    policy = Script({1: open_of(Side.BUY, "1"), 3: open_of(Side.BUY, "1000"), 5: close_of(ETH)})
    run = backtest(policy, flat(8))
    assert [record.decision.tick_at for record in run.decisions] == [mark_of(1), mark_of(3), mark_of(5)]
    assert [type(record.result).__name__ for record in run.decisions] == ["Executed", "RejectedResult", "NoopResult"]


def test_daily_loss_halts_for_good_and_outlives_midnight() -> None:
    """50 units fall by 20: 1,000 of 10,000 are lost, the halt latches once, closes everything, and refuses opens."""
    prices = [(100, 100), (100, 80), (80, 80), (80, 80), (80, 85), (85, 85), (85, 85)]
    script = {0: open_of(Side.BUY, "50"), 1: open_of(Side.BUY, "1"), 4: open_of(Side.BUY, "1")}
    run = backtest(Script(script, start=EVENING), candles_of(prices, start=EVENING))
    (halt,) = run.halts
    assert (halt.time, halt.reason) == (mark_of(1, start=EVENING), HaltReason.DAILY_LOSS)
    assert halt.numbers == {"equity": D(9_000), "baseline": D(10_000), "loss": D(1_000), "allowed": D(1_000)}
    assert denials(run) == [(mark_of(4, start=EVENING), "R3_HALTED")]
    assert [one.decision.decided_by for one in run.decisions][1] == "halt:daily_loss"
    assert mark_of(4, start=EVENING) > MIDNIGHT
    assert [fill.side for fill in run.fills] == [Side.BUY, Side.SELL]


def test_daily_loss_that_the_closing_order_completes_halts_a_flat_account() -> None:
    """950 are lost at the mark, the close executes half a dollar lower: the halt latches with nothing held any more."""
    prices = [(1000, 1000), (1000, 905), (900, 900), (900, 900), (900, 900)]
    script = {0: open_of(Side.BUY, "100"), 1: close_of(), 3: open_of(Side.BUY, "1")}
    run = backtest(Waking(script), candles_of(prices, decimals=1))
    assert [(halt.time, halt.numbers["loss"]) for halt in run.halts] == [(mark_of(2), D(1_000))]
    assert denials(run) == [(mark_of(3), "R3_HALTED")]


@pytest.mark.parametrize(("price", "halts"), [(120, 1), (119, 0)])
def test_daily_loss_of_a_short_halts_at_the_cap_and_not_before(price: int, halts: int) -> None:
    """50 units sold at 100 lose exactly 1,000 at 120; at 119 they lose 950."""
    prices = [(100, 100), (100, 110), (110, price), (price, price)]
    run = backtest(Script({0: open_of(Side.SELL, "50")}), candles_of(prices))
    assert [halt.time for halt in run.halts] == [mark_of(2)] * halts


def test_daily_loss_of_two_days_together_is_no_halt() -> None:
    """600 lost before midnight and 600 after it are two days' losses: the baseline is set anew at 00:00."""
    prices = [(100, 100), (100, 88), (88, 88), (88, 76), (76, 76)]
    run = backtest(Script({0: open_of(Side.BUY, "50")}, start=EVENING), candles_of(prices, start=EVENING))
    assert run.final_equity == D(8_800)
    assert run.halts == ()


def test_daily_loss_at_the_mark_of_midnight_belongs_to_the_new_day() -> None:
    """The mark at exactly 00:00 sets the baseline, so what fell on the way to it is not lost today."""
    prices = [(100, 100), (100, 100), (100, 70), (70, 70), (70, 70)]
    run = backtest(Script({0: open_of(Side.BUY, "50")}, start=EVENING), candles_of(prices, start=EVENING))
    assert mark_of(2, start=EVENING) == MIDNIGHT
    assert (run.halts, run.final_equity) == ((), D(8_500))


def test_orders_of_a_day_are_counted_until_midnight() -> None:
    """Two orders are allowed a day; the third is refused, the first of the next day passes."""
    script = {index: open_of(Side.BUY, "1") for index in (0, 1)} | {2: open_of(Side.BUY, "1")}
    start = Instant(MIDNIGHT - 4 * 60_000)
    policy = Script(script | {3: open_of(Side.BUY, "1")}, start=start)
    run = backtest(policy, flat(6, start=start), caps=limits(orders_per_day_max=2))
    assert denials(run) == [(mark_of(2, start=start), "R7_ORDERS_PER_DAY")]
    assert [fill.time for fill in run.fills] == [mark_of(index, start=start) for index in (0, 1, 3)]


def test_funding_is_settled_at_whole_hours_while_something_is_held() -> None:
    """Bought at 00:30 and sold at 03:00: three hours are paid, each at its own rate, at the mark of the hour."""
    prices = [(100, 100), (100, 110), (110, 110), (110, 120), (120, 120), (120, 130), *[(130, 130)] * 5]
    half_hours = candles_of(prices, interval=Interval.M30)
    script = {0: open_of(Side.BUY, "2"), 5: close_of()}
    run = backtest(Script(script, interval=Interval.M30), half_hours, rates=HOURLY)
    assert [(paid.time, paid.size, paid.rate, paid.amount) for paid in run.funding] == [
        (MIDNIGHT + 1 * HOUR_MS, D(2), D("0.001"), D("-0.22")),
        (MIDNIGHT + 2 * HOUR_MS, D(2), D("0.002"), D("-0.48")),
        (MIDNIGHT + 3 * HOUR_MS, D(2), D("0.003"), D("-0.78")),
    ]


def test_funding_of_a_short_is_received_and_of_a_flat_account_is_nothing() -> None:
    """Longs pay shorts; before and after the position no hour counts."""
    script = {1: open_of(Side.SELL, "2"), 3: close_of()}
    run = backtest(Script(script, interval=Interval.H1), flat(8, interval=Interval.H1), rates=HOURLY)
    assert [(paid.time, paid.amount) for paid in run.funding] == [
        (MIDNIGHT + 3 * HOUR_MS, D("0.6")),
        (MIDNIGHT + 4 * HOUR_MS, D("0.8")),
    ]
    assert run.final_equity == D("10001.4")


def test_funding_of_candles_longer_than_an_hour_counts_every_hour() -> None:
    """Two candles of four hours are eight payments, settled at the marks in which they fell."""
    run = backtest(
        Script({0: open_of(Side.SELL, "1")}, interval=Interval.H4), flat(3, interval=Interval.H4), rates=HOURLY
    )
    assert [paid.time for paid in run.funding] == [MIDNIGHT + hour * HOUR_MS for hour in range(5, 13)]
    assert sum(paid.amount for paid in run.funding) == D("6.8")


def test_liquidation_closes_at_the_mark_and_halts() -> None:
    """200 units on 10,000 dollars: at 50.6 equity 120 is below the 126.5 that forty times leverage keeps."""
    prices = [(1000, 1000), (1000, 510), (510, 506), (506, 900), (900, 900)]
    caps = limits(position_bps_max=Bps(20_000), daily_loss_bps_max=Bps(10_000))
    policy = Script({0: open_of(Side.BUY, "200"), 3: open_of(Side.BUY, "1")})
    run = backtest(policy, candles_of(prices, decimals=1), caps=caps)
    liquidation = run.fills[1]
    assert (liquidation.kind, liquidation.cloid) == (FillKind.LIQUIDATION, None)
    assert (liquidation.time, liquidation.price, liquidation.size) == (mark_of(2), D("50.6"), D(200))
    assert [(halt.time, halt.reason) for halt in run.halts] == [(mark_of(2), HaltReason.LIQUIDATION)]
    assert denials(run) == [(mark_of(3), "R3_HALTED")]
    assert (run.final_equity, len(run.orders)) == (D(120), 1)


def test_several_symbols_are_traded_valued_and_funded_each_on_its_own() -> None:
    """A long in one and a short in the other, bought and valued at their own prices, both paying their hours."""
    btc = candles_of([(100, 100), (100, 100), (100, 120)], interval=Interval.H1)
    eth = candles_of([(50, 50), (50, 50), (50, 40)], interval=Interval.H1, symbol=ETH)
    script = {0: open_of(Side.BUY, "1"), 1: open_of(Side.SELL, "4", symbol=ETH)}
    run = backtest(Script(script, interval=Interval.H1), btc, eth, rates=HOURLY)
    assert [(fill.symbol, fill.price) for fill in run.fills] == [(BTC, D(100)), (ETH, D(50))]
    assert [(paid.symbol, paid.amount) for paid in run.funding] == [
        (BTC, D("-0.2")),
        (BTC, D("-0.36")),
        (ETH, D("0.48")),
    ]
    assert run.final_equity == 10_000 + 20 + 40 - D("0.2") - D("0.36") + D("0.48")
    assert run.marks == {BTC: D(120), ETH: D(40)}


def test_several_symbols_share_one_daily_loss() -> None:
    """Each falls by less than the cap; together they reach it at the second mark."""
    btc, eth = (
        candles_of([(100, 100)] * 2 + [(100, 95)] * 3),
        candles_of([(100, 100)] * 2 + [(100, 95)] * 3, symbol=ETH),
    )
    script = {0: open_of(Side.BUY, "100"), 1: open_of(Side.BUY, "100", symbol=ETH)}
    run = backtest(Script(script), btc, eth, caps=limits(exposure_bps_max=Bps(20_000)))
    assert [(halt.time, halt.numbers["loss"]) for halt in run.halts] == [(mark_of(2), D(1_000))]


@pytest.mark.parametrize("count", [2, 3, 10, 199, 200, 201, 950])
def test_progress_grows_and_ends_at_the_total(count: int) -> None:
    """However long the run: never back, never beyond, the last report says done, and there are not thousands."""
    reports: list[tuple[int, int]] = []
    backtest(Says(None), flat(count), progress=lambda done, total: reports.append((done, total)))
    done = [one for one, _ in reports]
    assert done == sorted(done)
    assert done[-1] == count - 1
    assert {total for _, total in reports} == {count - 1}
    assert len(reports) < 300


def test_backtest_of_one_candle_is_refused() -> None:
    """There is no mark at which an order could be sent."""
    with pytest.raises(CandlesInvalid, match=r"By hand cannot start: 1 candle\(s\), at least 2 are needed"):
        backtest(Says(None), flat(1))
    assert backtest(Says(None), flat(2)).ticks == 1


def test_backtest_without_candles_of_a_symbol_is_refused() -> None:
    """Every symbol the skill looks at needs candles; the missing ones are named."""
    wanted = mandate(Says(None), symbols=(BTC, ETH, Symbol("SOL")))
    with pytest.raises(CandlesInvalid, match="cannot start: no candles for ETH, SOL"):
        run_backtest(wanted, dataset_of(flat(5)), instruments=LISTED, terms=FREE)


def test_backtest_of_a_symbol_the_venue_does_not_list_denies_its_opens() -> None:
    """Without rules for its sizes there is nothing to round to."""
    other = Symbol("XYZ")
    caps = limits(symbols_allowed=frozenset({other}))
    run = backtest(Script({0: open_of(Side.BUY, "1", symbol=other)}), flat(3, symbol=other), caps=caps)
    assert denials(run) == [(mark_of(0), "R2_UNKNOWN_INSTRUMENT")]
    assert run.decisions[0].decision.proposed_action is not None
    assert run.decisions[0].decision.proposed_action.kind is ActionKind.OPEN
