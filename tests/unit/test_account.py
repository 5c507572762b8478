"""What is counted per account and UTC day."""

from decimal import Decimal

import pytest

from agentic_core.domain import DAY_MS, AccountSnapshot, DayCounters, Instant, Position, Side, Usd
from tests.support.markets import AT, BTC, ETH, held
from tests.support.risk_scenes import Scene, opening

D = Decimal
DAY = DayCounters(day=100, baseline=Usd(D(10_000)), orders=7)


def test_day_counters_within_the_day_stay() -> None:
    """The last millisecond of a day still belongs to it, whatever equity is by then."""
    assert DAY.at(Instant(101 * DAY_MS - 1), Usd(D(1))) is DAY


def test_day_counters_at_midnight_start_over_with_the_equity_then() -> None:
    """00:00 belongs to the day that begins: its baseline is the equity now and no order was sent."""
    assert DAY.at(Instant(101 * DAY_MS), Usd(D(9_500))) == DayCounters(day=101, baseline=Usd(D(9_500)), orders=0)


def test_day_counters_count_orders() -> None:
    """Counting adds, and changes nothing else."""
    noon = Instant(100 * DAY_MS + DAY_MS // 2)
    counted = DAY.counting(2, noon)
    assert counted == DayCounters(day=100, baseline=Usd(D(10_000)), orders=9, minute=100 * 1440 + 720, minute_orders=2)
    assert counted.counting(1, Instant(noon + 59_999)).minute_orders == 3
    assert counted.counting(1, Instant(noon + 60_000)).minute_orders == 1


def test_day_counters_know_the_orders_of_the_minute_they_were_sent_in_only() -> None:
    """59.999 seconds past the full minute is the same minute; before or after there were none."""
    noon = Instant(100 * DAY_MS + DAY_MS // 2)
    counted = DAY.counting(3, noon)
    assert [counted.orders_in_minute(Instant(noon + later)) for later in (0, 59_999, 60_000, -1)] == [3, 3, 0, 0]
    assert DAY.orders_in_minute(noon) == 0


@pytest.mark.parametrize(
    ("baseline", "equity", "loss_bps"),
    [
        ("10000", "9000", "1000"),
        ("10000", "9999.99", "0.01"),
        ("10000", "10000", "0"),
        ("10000", "12000", "0"),
        ("10000", "-5000", "15000"),
        ("0", "0", "10000"),
        ("-1", "5", "10000"),
    ],
)
def test_loss_is_the_fall_since_the_baseline_and_never_negative(baseline: str, equity: str, loss_bps: str) -> None:
    """A gain is no loss; without a baseline above zero everything counts as lost."""
    assert DayCounters(day=0, baseline=Usd(D(baseline))).loss_bps(D(equity)) == D(loss_bps)


def test_account_snapshot_copies_everything_and_is_an_account_itself() -> None:
    """What changes afterwards in the account does not change its copy; a symbol that is not held is flat."""
    asked = Scene(held=D("0.25"), equity=D(9_000), unresolved=2, open_intents=(opening(Side.BUY, "0.1"),), orders=4)
    account = asked.account(asked.market)
    copy = AccountSnapshot.of(account)
    account.hold()
    assert (copy.as_of, copy.equity, copy.peak, copy.unresolved) == (AT, D(9_000), D(10_000), 2)
    assert (copy.day.orders, copy.margin_used, copy.open_intents) == (4, D(0), asked.open_intents)
    assert (copy.exposure(), copy.exposure_usd) == (D(12_500), D(12_500))
    assert copy.position(BTC) == held(BTC, "0.25") == copy.positions[BTC]
    assert copy.position(ETH) == Position.flat(ETH)
    assert copy.freeze() is copy
    assert AccountSnapshot.of(copy) == copy
