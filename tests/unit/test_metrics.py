"""The figures of a run, and the check that its books balance, against sums made by hand."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.backtest.metrics import measure_run
from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import Usd
from agentic_core.domain.order import Unresolved
from agentic_core.domain.run import OrderRecord, RunRecord
from tests.support.runs import BTC, busy_run, empty_run, fill, paid, point, rejected_order


def _run(*, final: str, **changes: object) -> RunRecord:
    return empty_run(final_equity=Usd(Decimal(final)), **changes)


def test_figures_of_a_busy_day_are_those_computed_by_hand() -> None:
    """Two round trips of +3.85 and -8.60 on 10,000 dollars, held for four of 23 hours and 55 minutes."""
    metrics = measure_run(busy_run())
    assert metrics.total_return == pytest.approx(-0.000475)
    assert metrics.annual_return is None
    assert (metrics.best, metrics.worst) == (Decimal("3.85"), Decimal("-8.6"))
    assert metrics.win_rate == 0.5
    assert metrics.profit_factor == pytest.approx(3.85 / 8.6)
    assert metrics.holding_ms == 2 * 3_600_000
    assert metrics.exposure_share == pytest.approx(240 / 1_435)
    assert metrics.volume == Decimal(2_549)
    assert metrics.turnover == pytest.approx(0.2549)
    assert metrics.drawdown is not None
    assert metrics.drawdown.bps == pytest.approx(8.75 / 10_004 * 10_000)
    assert (metrics.orders, metrics.fills, metrics.ticks) == (5, 4, 287)


def test_refusals_are_counted_by_who_refused() -> None:
    """Ours by rule, the venue's apart."""
    metrics = measure_run(busy_run())
    assert metrics.denials == {"R5_POSITION_CAP": 2, "R3_HALTED": 1}
    assert list(metrics.denials) == ["R5_POSITION_CAP", "R3_HALTED"]
    assert (metrics.venue_rejections, metrics.unresolved, metrics.halts) == (1, 0, 1)


def test_order_of_unknown_fate_is_counted_apart() -> None:
    """It is neither filled nor rejected."""
    order = rejected_order(fill(5, "buy", "1", "100"), "no")
    unknown = OrderRecord(
        time=order.time, intent=order.intent, outcome=Unresolved(cloid=order.intent.cloid, cause="timeout")
    )
    metrics = measure_run(empty_run(orders=(order, unknown)))
    assert (metrics.orders, metrics.venue_rejections, metrics.unresolved) == (2, 1, 1)


def test_run_without_anything_has_no_undefined_figure_as_zero() -> None:
    """What cannot be known is None."""
    metrics = measure_run(empty_run())
    assert (metrics.total_return, metrics.exposure_share, metrics.turnover) == (0.0, 0.0, 0.0)
    undefined = (metrics.annual_return, metrics.volatility, metrics.sharpe, metrics.sortino, metrics.drawdown)
    assert undefined == (None,) * 5
    assert (metrics.win_rate, metrics.profit_factor, metrics.best, metrics.worst, metrics.holding_ms) == (None,) * 5
    assert metrics.books.balance is True


def test_run_of_one_instant_has_no_share_of_time() -> None:
    """There is no time to share."""
    start = point(5, "10000")
    assert measure_run(empty_run(end=start.time, equity=(start,))).exposure_share is None


def test_overlapping_positions_count_their_time_once() -> None:
    """Two symbols held from 60 to 180 and from 120 to 240 minutes cover 180 minutes."""
    other = [
        msgspec.structs.replace(one, symbol=Symbol("ETH"))
        for one in (fill(120, "sell", "1", "100"), fill(240, "buy", "1", "100"))
    ]
    fills = (fill(60, "buy", "1", "100"), other[0], fill(180, "sell", "1", "100"), other[1])
    assert measure_run(empty_run(fills=fills)).exposure_share == pytest.approx(180 / 1_435)


def test_books_of_a_closed_run_balance_exactly() -> None:
    """10,000 + (5 - 8) - 1.5 - 0.25 = 9,995.25."""
    books = measure_run(busy_run()).books
    assert (books.realised, books.unrealised, books.fees, books.funding) == (
        Decimal(-3),
        Decimal(0),
        Decimal("1.5"),
        Decimal("-0.25"),
    )
    assert books.residual == 0
    assert books.balance is True


@pytest.mark.parametrize(
    ("side", "pnl", "unrealised", "final"), [("buy", "10", "24", "10031"), ("sell", "-10", "-24", "9963")]
)
def test_books_of_an_open_position_use_its_average_entry(side: str, pnl: str, unrealised: str, final: str) -> None:
    """3 entered at 100 and 1 left at 110; the other 2 are worth 224 at the end. Fees are 3."""
    opposite = "sell" if side == "buy" else "buy"
    run = _run(
        final=final,
        fills=(fill(60, side, "3", "100", fee="2"), fill(90, opposite, "1", "110", fee="1", pnl=pnl)),
        equity=(point(5, "10000"), point(1_440, final, "224")),
        marks={BTC: Decimal(112)},
    )
    books = measure_run(run).books
    assert (books.unrealised, books.residual, books.balance) == (Decimal(unrealised), Decimal(0), True)


def test_books_of_a_third_closed_balance_to_a_trillionth() -> None:
    """A third of 302 dollars cannot be written exactly, and still nothing is lost."""
    fills = (
        fill(60, "buy", "1", "100"),
        fill(70, "buy", "2", "101"),
        fill(90, "sell", "1", "110", pnl="9.333333333333333333333333333"),
    )
    curve = (point(5, "10000"), point(1_440, "10018", "210"))
    run = _run(final="10018", fills=fills, equity=curve, marks={BTC: Decimal(105)})
    assert measure_run(run).books.residual == Decimal(0)


@pytest.mark.parametrize(
    "changes",
    [
        {"final_equity": Usd(Decimal("9995.250000000001"))},
        {"funding": ()},
        {"funding": (paid(120, "-0.25"), paid(180, "0.01"))},
    ],
)
def test_books_with_a_dollar_too_many_or_too_few_do_not_balance(changes: dict[str, object]) -> None:
    """A trillionth of a dollar is enough to be noticed."""
    books = measure_run(msgspec.structs.replace(busy_run(), **changes)).books
    assert books.balance is False
    assert books.residual != 0


def test_books_with_a_wrong_fee_or_profit_do_not_balance() -> None:
    """Every fill is part of the sum."""
    run = busy_run()
    for change in ({"fee": Usd(Decimal("0.5"))}, {"closed_pnl": Usd(Decimal(-7))}):
        fills = (*run.fills[:-1], msgspec.structs.replace(run.fills[-1], **change))
        assert measure_run(msgspec.structs.replace(run, fills=fills)).books.balance is False


def test_books_with_long_and_short_open_at_once_need_the_mark_of_each() -> None:
    """Bought at 100 and worth 104, sold at 100 and worth 101: three dollars; without a mark nothing is claimed."""
    other = msgspec.structs.replace(fill(60, "sell", "1", "100"), symbol=Symbol("ETH"))
    run = _run(final="10003", fills=(fill(60, "buy", "1", "100"), other), marks={BTC: Decimal(104)})
    books = measure_run(run).books
    assert (books.unrealised, books.residual, books.balance) == (None, None, None)
    marked = msgspec.structs.replace(run, marks={BTC: Decimal(104), Symbol("ETH"): Decimal(101)})
    assert measure_run(marked).books.unrealised == Decimal(3)
    assert measure_run(marked).books.balance is True
