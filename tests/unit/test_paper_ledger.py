"""The books of a paper account."""

from decimal import Decimal

import pytest

from agentic_core.brokers import PaperLedger
from agentic_core.domain import (
    DAY_MS,
    ZERO,
    DayCounters,
    Fill,
    FundingPayment,
    Instant,
    Liquidity,
    Price,
    Side,
    Size,
    Symbol,
    Usd,
)
from agentic_core.errors import UsageError
from tests.support.markets import AT, BTC, ETH, LISTED, MarketByHand

D = Decimal
DAY_ONE = 18_993
MIDNIGHT = Instant((DAY_ONE + 1) * DAY_MS)


def ledger_at(market: MarketByHand, *, leverage: int = 5) -> PaperLedger:
    """Return an account of 10,000 dollars."""
    return PaperLedger(starting_equity=Usd(D(10_000)), instruments=LISTED, marks=market.mark, leverage=leverage, at=AT)


def fill(side: Side, size: str, price: str, *, symbol: Symbol = BTC, fee: str = "0") -> Fill:
    """Return an execution."""
    return Fill(
        fill_id="f",
        cloid=None,
        symbol=symbol,
        side=side,
        size=Size(D(size)),
        price=Price(D(price)),
        fee=Usd(D(fee)),
        liquidity=Liquidity.TAKER,
        time=AT,
        closed_pnl=Usd(ZERO),
    )


def test_ledger_may_start_with_a_cent() -> None:
    """Any money at all will do."""
    start = Usd(D("0.01"))
    tiny = PaperLedger(starting_equity=start, instruments=LISTED, marks=MarketByHand().mark, leverage=1, at=AT)
    assert tiny.equity == D("0.01")


def enter(ledger: PaperLedger, execution: Fill) -> None:
    """Book an execution with the position that it leads to."""
    held = ledger.position(execution.symbol)
    ledger.book(execution, held.after(execution.side, execution.size, execution.price)[0])


def test_ledger_starts_with_cash_and_nothing_else() -> None:
    """The first day's baseline is the starting equity."""
    ledger = ledger_at(MarketByHand())
    assert ledger.cash == ledger.equity == D(10_000)
    assert (ledger.exposure(), ledger.margin_used, ledger.maintenance, ledger.unresolved) == (ZERO, ZERO, ZERO, 0)
    assert ledger.day == DayCounters(day=DAY_ONE, baseline=Usd(D(10_000)))
    assert ledger.position(BTC).size == 0


@pytest.mark.parametrize("equity", ["0", "-1"])
def test_ledger_without_money_is_a_usage_error(equity: str) -> None:
    """An account starts with something."""
    with pytest.raises(UsageError, match="more than zero dollars"):
        PaperLedger(starting_equity=Usd(D(equity)), instruments=LISTED, marks=MarketByHand().mark, leverage=1, at=AT)


def test_ledger_values_positions_at_the_marks_of_the_moment() -> None:
    """Two BTC long from 100 and three ETH short from 50; marks at 110 and 60."""
    market = MarketByHand({BTC: "100", ETH: "50"})
    ledger = ledger_at(market)
    enter(ledger, fill(Side.BUY, "2", "100", fee="0.5"))
    enter(ledger, fill(Side.SELL, "3", "50", symbol=ETH, fee="0.25"))
    assert ledger.cash == D("9949.25")
    assert ledger.equity == D("9999.25")
    market.set(BTC, "110")
    market.set(ETH, "60")
    assert ledger.equity == D("9989.25")
    assert ledger.exposure() == D(400)
    assert ledger.margin_used == D(80)
    assert ledger.maintenance == D("6.35")  # 220 / 80 for BTC, 180 / 50 for ETH


def test_ledger_margin_can_be_asked_for_sizes_not_held() -> None:
    """What the account would need if BTC were short five instead of long two."""
    ledger = ledger_at(MarketByHand({BTC: "100", ETH: "50"}))
    enter(ledger, fill(Side.BUY, "2", "100"))
    enter(ledger, fill(Side.BUY, "4", "50", symbol=ETH))
    assert ledger.margin_for({BTC: D(-5)}) == D(140)
    assert ledger.margin_for({BTC: D(0)}) == D(40)
    assert ledger.margin_for({}) == ledger.margin_used == D(80)


def test_ledger_forgets_a_closed_position() -> None:
    """Only open positions are listed."""
    ledger = ledger_at(MarketByHand({BTC: "100"}))
    enter(ledger, fill(Side.BUY, "2", "100"))
    enter(ledger, fill(Side.SELL, "2", "90"))
    assert dict(ledger.positions) == {}
    assert ledger.cash == D(9_980)


def test_ledger_books_funding_as_cash() -> None:
    """What is received is added, and a negative amount is paid."""
    ledger = ledger_at(MarketByHand({BTC: "100"}))
    ledger.settle(FundingPayment.settle(BTC, AT, size=D(2), price=D(100), rate=D("0.0001")))
    assert ledger.cash == D("9999.98")


def test_ledger_day_opens_with_the_equity_of_its_first_mark() -> None:
    """The count starts over, the baseline is what the account is worth then, and the next mark changes neither."""
    market = MarketByHand({BTC: "100"})
    ledger = ledger_at(market)
    enter(ledger, fill(Side.BUY, "2", "100"))
    ledger.count_order()
    ledger.open_day(Instant(MIDNIGHT - 1))
    counted = DayCounters(day=DAY_ONE, baseline=Usd(D(10_000)), orders=1, minute=27_349_921, minute_orders=1)
    assert ledger.day == counted
    market.set(BTC, "90")
    ledger.open_day(MIDNIGHT)
    assert ledger.day == DayCounters(day=DAY_ONE + 1, baseline=Usd(D(9_980)), orders=0)
    market.set(BTC, "80")
    ledger.open_day(Instant(MIDNIGHT + 60_000))
    assert ledger.day.baseline == D(9_980)
    assert ledger.as_of == MIDNIGHT + 60_000


def test_ledger_snapshot_does_not_move_with_the_ledger() -> None:
    """What was recorded stays as it was."""
    market = MarketByHand({BTC: "100"})
    ledger = ledger_at(market)
    enter(ledger, fill(Side.BUY, "2", "100"))
    snapshot = ledger.freeze()
    market.set(BTC, "50")
    enter(ledger, fill(Side.SELL, "2", "50"))
    assert (snapshot.as_of, snapshot.equity, snapshot.margin_used) == (AT, D(10_000), D(40))
    assert [(held.symbol, held.size) for held in snapshot.positions.values()] == [(BTC, D(2))]


def test_ledger_with_a_position_but_no_mark_says_what_is_missing() -> None:
    """A position nobody can value stops the account with words instead of a wrong number."""
    market = MarketByHand({BTC: "100"})
    ledger = ledger_at(market)
    enter(ledger, fill(Side.BUY, "2", "100"))
    market.marks.clear()
    with pytest.raises(UsageError, match="holds BTC, but no mark price is known"):
        _ = ledger.equity
    assert not ledger.has_mark(BTC)
