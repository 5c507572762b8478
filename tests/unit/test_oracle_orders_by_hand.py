"""The judge of the backtest on halts, named prices, closes in part and withheld opens; every number from paper."""

from dataclasses import replace
from fractions import Fraction

import pytest

from tests.oracle.boundary_runs import candles
from tests.oracle.reference_run import run
from tests.oracle.reference_terms import FillRow, Outcome, Terms, Wish

F = Fraction
MINUTE_MS = 60_000
FREE = Terms(policy="script", fee_rate=F(0), cash=F(1000), reserve_bps=0, size_decimals=2)
"""Nothing costs anything and nothing is kept in reserve."""


def _follow(terms: Terms, script: dict[int, Wish], *prices: str) -> Outcome:
    return run(candles(0, *prices), replace(terms, script=script))


def _fill(index: int, side: str, size: str, price: str) -> FillRow:
    return ((index + 1) * MINUTE_MS, side, F(size), F(price), F(0))


def _buy(size: str, limit: str | None = None) -> Wish:
    return Wish("open", "buy", size=F(size), limit=None if limit is None else F(limit))


def _sell(size: str, limit: str | None = None) -> Wish:
    return Wish("open", "sell", size=F(size), limit=None if limit is None else F(limit))


def test_oracle_drawdown_of_exactly_the_cap_halts_and_closes_at_the_next_open() -> None:
    """5 units from 100 to 120 make a peak of 1100; at 98 the account is worth 990, a tenth less; sold at 97.5."""
    terms = replace(FREE, drawdown_pct=F(10))
    outcome = _follow(terms, {0: _buy("5")}, "100 100", "100 120", "120 98", "97.5 97", "97 97")
    assert (outcome.halts, outcome.closings) == ([(180_000, "drawdown")], [(180_000, "drawdown")])
    assert outcome.fills == [_fill(0, "buy", "5", "100"), _fill(2, "sell", "5", "97.5")]
    assert (outcome.peak, outcome.equity[240_000], outcome.orders) == (F(1100), F("987.5"), 2)


def test_oracle_drawdown_of_a_cent_less_goes_on() -> None:
    """At 98.002 the account is worth 990.01."""
    outcome = _follow(
        replace(FREE, drawdown_pct=F(10)), {0: _buy("5")}, "100 100", "100 120", "120 98.002", "98 98.5", "98 98"
    )
    assert outcome.halts == [(300_000, "drawdown")]
    assert outcome.closings == []


def test_oracle_drawdown_starts_at_the_starting_equity() -> None:
    """The account never rose: 5 units from 100 to 80 lose 100 of 1000."""
    outcome = _follow(replace(FREE, drawdown_pct=F(10)), {0: _buy("5")}, "100 100", "100 80", "80 80")
    assert outcome.halts == [(120_000, "drawdown")]


def test_oracle_both_losses_at_once_are_a_daily_loss() -> None:
    """The fall of 100 is a tenth of the day's first equity and of the peak, which are the same 1000."""
    terms = replace(FREE, drawdown_pct=F(10), daily_loss_pct=F(10))
    outcome = _follow(terms, {0: _buy("5")}, "100 100", "100 80", "80 80", "80 80")
    assert (outcome.halts, outcome.closings) == ([(120_000, "daily_loss")], [(120_000, "daily_loss")])


def test_oracle_halt_at_the_last_mark_closes_nothing() -> None:
    """There is no next open to close in."""
    outcome = _follow(replace(FREE, drawdown_pct=F(10)), {0: _buy("5")}, "100 100", "100 80")
    assert (outcome.halts, outcome.closings, outcome.size) == ([(120_000, "drawdown")], [], F(5))


def test_oracle_closing_that_the_venue_rejects_is_sent_again_at_the_next_mark() -> None:
    """At a mark of 80 the limit is 79.2: an open at 79 is rejected, at the next mark of 79 the open of 79 is taken."""
    terms = replace(FREE, drawdown_pct=F(10))
    outcome = _follow(terms, {0: _buy("5")}, "100 100", "100 80", "79 79", "79 78", "78 78")
    assert outcome.closings == [(120_000, "drawdown"), (180_000, "drawdown")]
    assert outcome.rejections == [(120_000, "VENUE")]
    assert outcome.fills[1:] == [_fill(2, "sell", "5", "79")]
    assert (outcome.orders, outcome.orders_today) == (3, 3)


def test_oracle_turn_is_not_taken_at_the_mark_of_a_closing() -> None:
    """The next open would show in the account; at the next mark an open is refused."""
    terms = replace(FREE, drawdown_pct=F(10))
    prices = ("100 100", "100 80", "80 80", "80 80", "80 80")
    closes = _follow(terms, {0: _buy("5"), 1: Wish("close")}, *prices)
    opens = _follow(terms, {0: _buy("5"), 1: _buy("1"), 2: _buy("1")}, *prices)
    assert (closes.orders, closes.rejections) == (2, [])
    assert (opens.orders, opens.rejections) == (2, [(180_000, "R3_HALTED")])


def test_oracle_reserve_refuses_before_the_daily_loss_is_reached() -> None:
    """At 82 the day has lost 90 of 1000; 6 × 82 × 2 % = 9.84 in reserve still fit into a tenth, 7 × 82 × 2 % do not."""
    terms = replace(FREE, daily_loss_pct=F(10), reserve_bps=200)
    prices = ("100 100", "100 82", "82 82", "82 82")
    assert _follow(terms, {0: _buy("5"), 1: _buy("1")}, *prices).rejections == []
    assert _follow(terms, {0: _buy("5"), 1: _buy("2")}, *prices).rejections == [(120_000, "R8_DAILY_LOSS")]
    exact = replace(terms, daily_loss_pct=F("9.984"))
    assert _follow(exact, {0: _buy("5"), 1: _buy("1")}, *prices).rejections == [(120_000, "R8_DAILY_LOSS")]


def test_oracle_reserve_refuses_before_the_drawdown_is_reached() -> None:
    """A peak of 1100 and 1010 left: 90 lost, and 2 % of 6 × 102 in reserve, 12.24, make 102.24."""
    prices = ("100 100", "100 120", "120 102", "102 102", "102 102")
    script = {0: _buy("5"), 2: _buy("1")}
    refused = _follow(replace(FREE, drawdown_pct=F("9.29"), reserve_bps=200), script, *prices)
    passed = _follow(replace(FREE, drawdown_pct=F("9.3"), reserve_bps=200), script, *prices)
    assert (refused.rejections, passed.rejections) == ([(180_000, "R8_DRAWDOWN")], [])


def test_oracle_second_leg_beyond_the_minute_is_withheld() -> None:
    """Closing and opening are two orders in one minute, of which one is allowed."""
    outcome = _follow(
        replace(FREE, orders_per_minute=1), {0: _buy("1"), 1: _sell("2")}, "100 100", "100 100", "99 99", "99 99"
    )
    assert outcome.withheld == [(120_000, "R7_ORDERS_PER_MINUTE")]
    assert (outcome.fills[1:], outcome.rejections) == ([_fill(1, "sell", "1", "99")], [])


def test_oracle_opposite_position_above_the_cap_withholds_the_open() -> None:
    """A long of 5 × 150 is 60 % of its 1250 dollars, and counts where 4 × 150 are to be opened the other way."""
    prices = ("100 100", "100 150", "150 150", "150 150")
    script = {0: _buy("5"), 1: _sell("4")}
    assert _follow(replace(FREE, position_pct=F(60)), script, *prices).withheld == []
    assert _follow(replace(FREE, position_pct=F("59.99")), script, *prices).withheld == [(120_000, "R5_POSITION_CAP")]


def test_oracle_opening_leg_that_the_closed_position_no_longer_carries_is_stopped() -> None:
    """9 units short of 100 are 900 of 1000; sold at 99 the long leaves 991, of which 90.8 % are 899.828."""
    terms = replace(FREE, position_pct=F("90.8"))
    outcome = _follow(terms, {0: _buy("9"), 1: _sell("9")}, "100 100", "100 100", "99 99", "99 99")
    assert outcome.stopped == [(120_000, "R5_POSITION_CAP")]
    assert (outcome.fills[1:], outcome.orders, outcome.rejections) == ([_fill(1, "sell", "9", "99")], 2, [])


@pytest.mark.parametrize(
    ("wish", "size", "adjusted"),
    [
        (Wish("close", size=F("0.3")), "0.3", ()),
        (Wish("close", size=F("0.309")), "0.3", ()),
        (Wish("close", size_usd=F("31.99")), "0.31", ()),
        (Wish("close", size=F(7)), "0.5", ()),
        (Wish("close", size=F("0.5")), "0.5", ()),
        (Wish("close", size=F("0.09")), "0.1", ("R9_PARTIAL_BELOW_MINIMUM",)),
        (Wish("close", size_usd=F("0.01")), "0.1", ("R9_PARTIAL_BELOW_MINIMUM",)),
        (Wish("close", size=F("0.41")), "0.5", ("R9_LEAVES_DUST",)),
        (Wish("close", size=F("0.4")), "0.4", ()),
    ],
)
def test_oracle_close_in_part_leaves_what_the_venue_takes(wish: Wish, size: str, adjusted: tuple[str, ...]) -> None:
    """Half a unit at 100: parts and what remains are worth ten dollars each, or the whole is closed."""
    outcome = _follow(FREE, {0: _buy("0.5"), 1: wish}, "100 100", "100 100", "100 100", "100 100")
    assert outcome.fills[1:] == [_fill(1, "sell", size, "100")]
    assert outcome.adjusted == ([(120_000, adjusted)] if adjusted else [])


def test_oracle_small_part_of_a_small_position_closes_it_whole() -> None:
    """0.15 units at 100: a part is raised to 0.1, of which 5 dollars would remain."""
    outcome = _follow(
        FREE, {0: _buy("0.15"), 1: Wish("close", size=F("0.01"))}, "100 100", "100 100", "100 100", "100 100"
    )
    assert outcome.adjusted == [(120_000, ("R9_PARTIAL_BELOW_MINIMUM", "R9_LEAVES_DUST"))]
    assert outcome.fills[1:] == [_fill(1, "sell", "0.15", "100")]


def test_oracle_part_worth_under_ten_at_its_price_is_rejected_by_the_venue() -> None:
    """0.1 unit is worth 10 at the mark and 9.99 at the open; the whole position would be taken."""
    outcome = _follow(
        FREE, {0: _buy("0.5"), 1: Wish("close", size=F("0.1"))}, "100 100", "100 100", "99.9 99.9", "99 99"
    )
    assert (outcome.rejections, outcome.size) == ([(120_000, "VENUE")], F("0.5"))


def test_oracle_named_limit_price_takes_the_place_of_the_collar() -> None:
    """A limit below the open is not met, one at the open is; a limit may lie inside the mark."""
    prices = ("100 100", "99.5 100", "100 100")
    assert _follow(FREE, {0: _buy("1", "99.4")}, *prices).rejections == [(60_000, "VENUE")]
    assert _follow(FREE, {0: _buy("1", "99.5")}, *prices).fills == [_fill(0, "buy", "1", "99.5")]


def test_oracle_close_keeps_to_a_limit_that_the_venue_takes() -> None:
    """Sold at 99.5 or better; a limit off the grid is left out, and the collar's 99 holds."""
    prices = ("100 100", "100 100", "99.4 100", "100 100")

    def refusals(limit: str) -> list[str]:
        outcome = _follow(FREE, {0: _buy("1"), 1: Wish("close", limit=F(limit))}, *prices)
        return [rule for _, rule in outcome.rejections]

    assert refusals("99.5") == ["VENUE"]
    assert refusals("99.4") == []
    assert refusals("99.5001") == []


def test_oracle_named_limit_price_keeps_to_the_grid_and_the_collar() -> None:
    """Around 100 prices have two decimals, and 101 and 99 are exactly the collar."""
    prices = ("100 100", "100 100", "100 100")

    def refusals(wish: Wish) -> list[str]:
        return [rule for _, rule in _follow(FREE, {0: wish}, *prices).rejections]

    assert refusals(_buy("1", "100.001")) == ["R9_PRICE_STEP"]
    assert refusals(_buy("1", "101.01")) == ["R9_COLLAR"]
    assert refusals(_buy("1", "101")) == []
    assert refusals(_sell("1", "98.99")) == ["R9_COLLAR"]
    assert refusals(_sell("1", "99")) == []


def test_oracle_mark_without_a_legal_price_in_its_collar_refuses() -> None:
    """With five size decimals prices have one: 1.01 × 5.01 rounds down to 5.0, and 0.99 × 5.09 rounds up to 5.1."""
    coarse = replace(FREE, size_decimals=5)

    def refusals(wish: Wish, mark: str) -> list[str]:
        return [rule for _, rule in _follow(coarse, {0: wish}, f"5 {mark}", "5 5", "5 5").rejections]

    assert refusals(_buy("3"), "5.01") == ["R9_PRICE_STEP"]
    assert refusals(_buy("3"), "5.05") == []
    assert refusals(_sell("3"), "5.09") == ["R9_PRICE_STEP"]
    assert refusals(_sell("3"), "5.05") == []


def test_oracle_more_than_the_venues_leverage_is_refused() -> None:
    """30 units are 3 × 1000 dollars at the venue's leverage of 3, where the skill's caps allow 5."""
    terms = replace(FREE, leverage=5, venue_leverage=3, position_pct=F(900), exposure_pct=F(900))
    prices = ("100 100", "100 100", "100 100")
    assert _follow(terms, {0: _buy("30")}, *prices).rejections == []
    assert _follow(terms, {0: _buy("30.01")}, *prices).rejections == [(60_000, "R6_VENUE_LEVERAGE")]


def test_oracle_liquidation_before_the_stop_is_refused() -> None:
    """4000 dollars long on 1000 at 10x: 20 % against leaves 200 and needs 3200 / 20 = 160; short it needs 240."""
    terms = replace(FREE, leverage=9, venue_leverage=10, position_pct=F(900), exposure_pct=F(900), stop_bps=2000)
    prices = ("100 100", "100 100", "100 100")
    assert _follow(terms, {0: _buy("40")}, *prices).rejections == []
    assert _follow(terms, {0: _sell("40")}, *prices).rejections == [(60_000, "R9_LIQUIDATION_BEFORE_STOP")]
    # 1000 - 0.2 x = 0.04 x at x = 4166.66…
    assert _follow(terms, {0: _buy("41.66")}, *prices).rejections == []
    assert _follow(terms, {0: _buy("41.67")}, *prices).rejections == [(60_000, "R9_LIQUIDATION_BEFORE_STOP")]


@pytest.mark.parametrize(
    ("wish", "rule"),
    [
        (Wish("open", None, size=F(1)), "R1_SIDE_MISSING"),
        (Wish("open", "buy"), "R1_SIZE_AMBIGUOUS"),
        (Wish("open", "buy", F(1), F(100)), "R1_SIZE_AMBIGUOUS"),
        (Wish("open", "buy", size=F(0)), "R1_SIZE_NOT_POSITIVE"),
        (Wish("open", "buy", size=F(1), limit=F(0)), "R1_LIMIT_PRICE_NOT_POSITIVE"),
        (Wish("close", "buy"), "R1_CLOSE_HAS_SIDE"),
        (Wish("close", None, F(1), F(100)), "R1_SIZE_AMBIGUOUS"),
        (Wish("close", None, F(-1)), "R1_SIZE_NOT_POSITIVE"),
    ],
)
def test_oracle_misshapen_action_is_refused_even_when_flat(wish: Wish, rule: str) -> None:
    """The shape is judged before anything else."""
    assert _follow(FREE, {0: wish}, "100 100", "100 100").rejections == [(60_000, rule)]


def test_oracle_close_of_nothing_is_nothing() -> None:
    """Neither an order nor a refusal."""
    outcome = _follow(FREE, {0: Wish("close", size=F(1))}, "100 100", "100 100")
    assert (outcome.orders, outcome.rejections) == (0, [])
