"""The equity curve of a run: exact points, all of them in a short run, the telling ones in a long one."""

from decimal import Decimal
from functools import cache

from agentic_core.backtest.equity import POINTS_MAX
from agentic_core.domain import DAY_MS, Bps, RunRecord, Side
from agentic_core.domain.times import Instant
from tests.support.backtests import MIDNIGHT, Script, Waking, backtest, candles_of, flat, mark_of
from tests.support.markets import BTC, ETH
from tests.support.turns import close_of, limits, open_of

D = Decimal
MINUTES = 10_500
LOWEST, HIGHEST = 5_003, 7_001
BOUGHT, SOLD = 1, 8_000


def close_at(index: int) -> int:
    """Return a price that jumps between 9,000 and 11,000, with one lower low and one higher high."""
    return {LOWEST: 8_900, HIGHEST: 11_100}.get(index, 9_000 + index * 37 % 2_000)


@cache
def long_run() -> RunRecord:
    """Hold half a BTC from the second minute of a week until almost their end."""
    prices = [(close_at(max(0, at - 1)), close_at(at)) for at in range(MINUTES)]
    script = {BOUGHT: open_of(Side.BUY, "0.5"), SOLD: close_of()}
    return backtest(Waking(script), candles_of(prices), caps=limits(daily_loss_bps_max=Bps(10_000)))


def worth_at(index: int) -> Decimal:
    """Return what that account is worth at a mark: 10,000 dollars and half of what the price has moved since."""
    held_until = min(max(index, BOUGHT), SOLD)
    return 10_000 + (D(close_at(held_until)) - close_at(BOUGHT)) / 2


def index_of(time: int) -> int:
    """Return the number of a mark."""
    return (time - MIDNIGHT) // 60_000 - 1


def test_short_run_has_a_point_at_every_mark() -> None:
    """First and last mark included, whether anything happened or not."""
    run = backtest(Script({3: open_of(Side.BUY, "1")}), flat(10))
    assert [point.time for point in run.equity] == [mark_of(index) for index in range(10)]
    assert [point.exposure for point in run.equity] == [D(0)] * 4 + [D(100)] * 6


def test_order_shows_in_the_curve_from_the_next_mark_on() -> None:
    """At the mark of the decision the account is worth what it was; what it was filled at counts a candle later."""
    script = {0: open_of(Side.BUY, "1"), 2: close_of()}
    run = backtest(Script(script), candles_of([(100, 100), (99, 95), (95, 95), (96, 1)]))
    assert [(point.equity, point.exposure) for point in run.equity] == [
        (D(10_000), D(0)),
        (D(9_996), D(95)),
        (D(9_996), D(95)),
        (D(9_997), D(0)),
    ]


def test_curve_of_several_symbols_adds_worths_and_sizes() -> None:
    """A long that gains 5 and a short that gains 10; exposure is the sum of both without signs."""
    btc, eth = candles_of([(100, 100), (100, 105)]), candles_of([(50, 50), (50, 40)], symbol=ETH)
    run = backtest(Script({0: open_of(Side.BUY, "1")}), btc, eth)
    assert (run.equity[1].equity, run.equity[1].exposure) == (D(10_005), D(105))
    three = [candles_of([*prices, prices[1]], symbol=symbol) for symbol, prices in (
        (BTC, [(100, 100), (100, 105)]), (ETH, [(50, 50), (50, 40)]))]  # fmt: skip
    both = backtest(Script({0: open_of(Side.BUY, "1"), 1: open_of(Side.SELL, "2", symbol=ETH)}), *three)
    assert both.equity[2].exposure == 105 + 2 * 40


def test_long_run_keeps_fewer_points_in_order_with_both_ends() -> None:
    """A year of minutes does not make a report of megabytes."""
    times = [point.time for point in long_run().equity]
    assert POINTS_MAX / 4 < len(times) <= POINTS_MAX + 20
    assert times == sorted(set(times))
    assert (times[0], times[-1]) == (mark_of(0), mark_of(MINUTES - 1))


def test_long_run_keeps_exact_points() -> None:
    """What is left out is left out; what is kept is right to the last digit."""
    for point in long_run().equity:
        index = index_of(point.time)
        assert point.equity == worth_at(index)
        assert point.exposure == (D(close_at(index)) / 2 if BOUGHT < index <= SOLD else 0)


def test_long_run_keeps_its_lowest_and_its_highest_mark() -> None:
    """Drawdowns are measured on these points, so the extremes may not be missing."""
    kept = {index_of(point.time) for point in long_run().equity}
    assert {LOWEST, HIGHEST} <= kept


def test_long_run_keeps_the_first_mark_of_every_day() -> None:
    """The day's baseline is taken there, and returns of days are measured from it."""
    kept = {point.time for point in long_run().equity}
    midnights = {Instant(MIDNIGHT + day * DAY_MS) for day in range(1, 8)}
    assert len(midnights & {mark_of(index) for index in range(MINUTES)}) == 7
    assert midnights <= kept


def test_long_run_ends_at_what_it_says_it_ends_at() -> None:
    """The last point of the curve and the final equity are one number."""
    run = long_run()
    assert run.equity[-1].equity == run.final_equity == worth_at(MINUTES - 1)
