"""The judge of the backtest is itself judged: every expected number here was worked out on paper."""

from fractions import Fraction

from tests.oracle.boundary_runs import candles
from tests.oracle.reference_candles import Row, merged
from tests.oracle.reference_policies import exponential_averages, proposal, simple_averages
from tests.oracle.reference_run import HOUR_MS, legal_price, run
from tests.oracle.reference_terms import Terms

MINUTE_MS = 60_000


def _fractions(*texts: str) -> list[Fraction]:
    return [Fraction(text) for text in texts]


def _fill(time_ms: int, side: str, *numbers: str) -> tuple[int, str, Fraction, Fraction, Fraction]:
    size, price, fee = _fractions(*numbers)
    return (time_ms, side, size, price, fee)


def test_oracle_long_cross_buys_at_next_open_with_slippage_and_fee() -> None:
    """A buy at 95.5 with 10 bps is 95.5955, legal at 95.596; the fee of 0.0430182 ends in 19; 98 values the unit."""
    rows = candles(0, "100 100", "100 90", "90 95", "95.5 98")
    terms = Terms(
        policy="sma-cross", lengths=(1, 2), size=("size", Fraction(1)), size_decimals=2, slippage_bps=Fraction(10)
    )
    outcome = run(rows, terms)
    assert outcome.fills == [_fill(180_000, "buy", "1", "95.596", "0.043019")]
    assert outcome.equity == {60_000: 10_000, 120_000: 10_000, 180_000: 10_000, 240_000: Fraction("10002.360981")}
    assert (outcome.orders, outcome.rejections, outcome.halts, outcome.funding) == (1, [], [], [])


def test_oracle_long_over_an_hour_pays_funding_at_the_mark_of_the_hour() -> None:
    """Two units held at 01:00, marked at 100, pay 2 × 100 × 0.0001."""
    rows = candles(56 * MINUTE_MS, "100 100", "100 90", "90 95", "95.5 100", "100 101")
    terms = Terms(policy="sma-cross", lengths=(1, 2), size=("size", Fraction(2)), funding={HOUR_MS: Fraction("0.0001")})
    outcome = run(rows, terms)
    assert outcome.fills == [_fill(59 * MINUTE_MS, "buy", "2", "95.5", "0.08595")]
    assert outcome.funding == [(HOUR_MS, Fraction("-0.02"))]
    assert outcome.equity[61 * MINUTE_MS] == Fraction("10010.89405")


def test_oracle_flip_closes_then_opens_and_counts_both_legs() -> None:
    """A short follows a long in two sells at 93.5; of the next flip, orders 4 and 5 of 4, the close stays."""
    rows = candles(0, "100 100", "100 90", "90 95", "95.5 93", "93.5 99", "98.5 99")
    terms = Terms(policy="sma-cross", lengths=(1, 2), direction="both", size=("size", Fraction(1)), orders_per_day=4)
    outcome = run(rows, terms)
    assert outcome.fills == [
        _fill(180_000, "buy", "1", "95.5", "0.042975"),
        _fill(240_000, "sell", "1", "93.5", "0.042075"),
        _fill(240_000, "sell", "1", "93.5", "0.042075"),
        _fill(300_000, "buy", "1", "98.5", "0.044325"),
    ]
    assert outcome.withheld == [(300_000, "R7_ORDERS_PER_DAY")]
    assert (outcome.rejections, outcome.orders) == ([], 4)
    assert outcome.equity[360_000] == Fraction("9992.82855")


def test_oracle_close_is_sent_past_the_order_cap_and_the_halt() -> None:
    """With one order a day allowed and a loss of 2 % passed, the long is still closed, at 80."""
    rows = candles(0, "100 100", "100 90", "90 95", "95.5 80", "80 79", "79 90")
    terms = Terms(
        policy="sma-cross", lengths=(1, 2), size=("size", Fraction(20)), orders_per_day=1, daily_loss_pct=Fraction(2)
    )
    outcome = run(rows, terms)
    assert outcome.fills == [
        _fill(180_000, "buy", "20", "95.5", "0.8595"),
        _fill(240_000, "sell", "20", "80", "0.72"),
    ]
    assert outcome.halts == [(240_000, "daily_loss")]
    assert outcome.equity[240_000] == Fraction("9689.1405")
    assert outcome.equity[360_000] == Fraction("9688.4205")


def test_oracle_daily_loss_exactly_reached_closes_and_halts_past_midnight() -> None:
    """A unit bought at 95.5 and marked at 85.5 has lost 10 of 1000: it is sold at 85.4, and nothing opens next day."""
    rows = candles(
        24 * HOUR_MS - 5 * MINUTE_MS,
        *("100 100", "100 90", "90 95", "95.5 85.5", "85.4 80", "80 85", "85 80", "80 80"),
    )
    terms = Terms(
        policy="sma-cross",
        lengths=(1, 2),
        direction="both",
        size=("size", Fraction(1)),
        fee_rate=Fraction(0),
        daily_loss_pct=Fraction(1),
        cash=Fraction(1000),
    )
    outcome = run(rows, terms)
    halted_at = 24 * HOUR_MS - MINUTE_MS
    assert (outcome.halts, outcome.closings) == ([(halted_at, "daily_loss")], [(halted_at, "daily_loss")])
    assert outcome.fills[1:] == [_fill(halted_at, "sell", "1", "85.4", "0")]
    assert outcome.rejections == [
        (24 * HOUR_MS + MINUTE_MS, "R3_HALTED"),
        (24 * HOUR_MS + 2 * MINUTE_MS, "R3_HALTED"),
    ]
    assert (outcome.baseline, outcome.orders_today, outcome.orders) == (Fraction("989.9"), 0, 2)


def test_oracle_loss_one_cent_short_of_the_cap_does_not_halt() -> None:
    """A mark of 85.51 loses 9.99 of 1000."""
    rows = candles(0, "100 100", "100 90", "90 95", "95.5 85.51", "86 86")
    terms = Terms(
        policy="sma-cross",
        lengths=(1, 2),
        size=("size", Fraction(1)),
        fee_rate=Fraction(0),
        daily_loss_pct=Fraction(1),
        cash=Fraction(1000),
    )
    outcome = run(rows, terms)
    assert (len(outcome.fills), outcome.halts) == (2, [])


def test_oracle_equity_under_maintenance_closes_at_the_mark_and_halts() -> None:
    """10 units at 95.5 on 100 dollars: at 90 equity 45 is the 45 of 900 / 20, at 89.9 equity 44 is under 44.95."""
    rows = candles(0, "90 90", "90 90", "90 95", "95.5 91", "91 92", "92 90", "90 89.9", "89.9 99", "99 99")
    terms = Terms(
        policy="breakout",
        lengths=(1, 9),
        size=("size", Fraction(10)),
        leverage=10,
        venue_leverage=10,
        position_pct=Fraction(1000),
        exposure_pct=Fraction(1000),
        fee_rate=Fraction(0),
        cash=Fraction(100),
    )
    outcome = run(rows, terms)
    assert outcome.fills == [_fill(180_000, "buy", "10", "95.5", "0"), _fill(420_000, "sell", "10", "89.9", "0")]
    assert outcome.halts == [(420_000, "liquidation")]
    assert outcome.rejections == [(480_000, "R3_HALTED")]
    assert (outcome.orders, outcome.size, outcome.equity[540_000]) == (1, Fraction(0), Fraction(44))


def test_oracle_open_beyond_the_collar_is_rejected_by_the_venue_and_counted() -> None:
    """The limit of a buy at a mark of 95 is 95.95; an open at 95.96 is worse, and the one order of the day is spent."""
    rows = candles(0, "100 100", "100 90", "90 95", "95.96 95", "95 94", "94 95", "95 95")
    terms = Terms(policy="sma-cross", lengths=(1, 2), size=("size", Fraction(1)), orders_per_day=1, size_decimals=2)
    outcome = run(rows, terms)
    assert outcome.fills == []
    assert outcome.rejections == [(180_000, "VENUE"), (360_000, "R7_ORDERS_PER_DAY")]
    assert outcome.orders == 1


def test_oracle_open_at_the_collar_is_filled() -> None:
    """95.95 is the limit itself."""
    rows = candles(0, "100 100", "100 90", "90 95", "95.95 95")
    outcome = run(rows, Terms(policy="sma-cross", lengths=(1, 2), size=("size", Fraction(1)), size_decimals=2))
    assert [fill[3] for fill in outcome.fills] == [Fraction("95.95")]


def test_oracle_margin_that_only_the_fee_breaks_is_rejected_by_the_venue() -> None:
    """100 units at 100 are 10,000 of 10,000 dollars at leverage 1: no rule refuses, the fee of 4.5 is missing."""
    rows = candles(0, "110 110", "110 90", "90 100", "100 100")
    outcome = run(rows, Terms(policy="sma-cross", lengths=(1, 2), size=("sizePct", Fraction(100))))
    assert (outcome.fills, outcome.rejections) == ([], [(180_000, "VENUE")])


def test_oracle_order_worth_under_ten_at_its_price_is_rejected_by_the_venue() -> None:
    """0.1 unit at a mark of 100 is worth 10, at 99.9 it is not."""
    rows = candles(0, "100 100", "100 110", "110 100", "99.9 99.9")
    terms = Terms(policy="sma-cross", lengths=(1, 2), direction="both", size=("sizeUsd", Fraction(10)))
    assert run(rows, terms).rejections == [(180_000, "VENUE")]


def test_oracle_dollars_become_units_rounded_down_to_the_step() -> None:
    """1000 / 95 = 10.526… units, 10.52 with two decimals; 20 % of 10,000 / 95 = 21.05."""
    rows = candles(0, "100 100", "100 90", "90 95", "95 95")
    dollars = Terms(policy="sma-cross", lengths=(1, 2), size=("sizeUsd", Fraction(1000)), size_decimals=2)
    share = Terms(policy="sma-cross", lengths=(1, 2), size=("sizePct", Fraction(20)), size_decimals=2)
    assert run(rows, dollars).fills[0][2] == Fraction("10.52")
    assert run(rows, share).fills[0][2] == Fraction("21.05")


def test_oracle_rules_refuse_in_their_order() -> None:
    """One unit at 95 against caps just under, at and over its worth."""
    rows = candles(0, "100 100", "100 90", "90 95", "95 95")

    def refusal(size: str, position: str, exposure: str, least: str) -> list[str]:
        terms = Terms(
            policy="sma-cross",
            lengths=(1, 2),
            size=("size", Fraction(size)),
            position_pct=Fraction(position),
            exposure_pct=Fraction(exposure),
            order_usd_min=Fraction(least),
            size_decimals=2,
        )
        return [rule for _, rule in run(rows, terms).rejections]

    assert refusal("1", "0.94", "0.94", "96") == ["R5_POSITION_CAP"]
    assert refusal("1", "0.95", "0.94", "96") == ["R5_EXPOSURE_CAP"]
    assert refusal("1", "0.95", "0.95", "96") == ["R5_BELOW_ORDER_MINIMUM"]
    assert refusal("1", "0.95", "0.95", "95") == []
    assert refusal("106", "200", "200", "10") == ["R6_LEVERAGE_CAP"]
    assert refusal("0.1", "1", "1", "5") == ["R9_BELOW_VENUE_MINIMUM"]
    assert refusal("0.001", "1", "1", "0") == ["R9_SIZE_ROUNDS_TO_ZERO"]


def test_oracle_breakout_enters_above_the_past_high_and_leaves_below_the_past_low() -> None:
    """A close at the high of the two candles before is no breakout, one above it is; the same for the low of one."""
    rows = candles(0, "10 12", "11 11", "11 12", "12 13", "13 13", "13 12")
    wants = proposal("breakout", rows, (2, 1), "long")
    flat, long = Fraction(0), Fraction(1)
    assert [wants(at, flat) for at in range(6)] == [None, None, None, "buy", None, None]
    assert [wants(at, long) for at in range(6)] == [None, None, None, None, None, "close"]


def test_oracle_averages_follow_their_definitions() -> None:
    """The exponential average over three candles moves half of the way."""
    closes = _fractions("10", "14", "12", "4")
    assert simple_averages(closes, 2)[1:] == _fractions("12", "13", "8")
    assert exponential_averages(closes, 3) == _fractions("10", "12", "12", "8")
    assert exponential_averages(closes, 2)[:2] == [10, Fraction(38, 3)]


def test_oracle_merge_keeps_whole_aligned_groups_only() -> None:
    """Of minutes 4 to 15 the groups of five that are whole begin at 5 and 10."""
    minutes = [
        Row(at * MINUTE_MS, Fraction(at), Fraction(at + 9), Fraction(at - 3), Fraction(at + 1)) for at in range(4, 16)
    ]
    assert merged(minutes, 5 * MINUTE_MS) == [
        Row(5 * MINUTE_MS, *_fractions("5", "18", "2", "10")),
        Row(10 * MINUTE_MS, *_fractions("10", "23", "7", "15")),
    ]


def test_oracle_prices_have_five_figures_and_few_decimals() -> None:
    """The venue's grid at several magnitudes, up and down."""
    assert legal_price(Fraction("46377.55"), 5, up=True) == 46378
    assert legal_price(Fraction("123456.7"), 5, up=False) == 123456
    assert legal_price(Fraction("9.87654"), 5, up=False) == Fraction("9.8")
    assert legal_price(Fraction("9.87654"), 0, up=True) == Fraction("9.8766")
    assert legal_price(Fraction("0.0123456"), 0, up=False) == Fraction("0.012345")
    assert legal_price(Fraction("99999.5"), 2, up=True) == 100_000
    assert legal_price(Fraction(7), 5, up=True) == 7
