"""Positions folded from executions: every way one execution can change one position."""

from decimal import Decimal

import pytest

from agentic_core.domain import Direction, Fill, FundingPayment, Instant, Liquidity, Position, Price, Side, Size, Usd
from tests.support.markets import BTC, held

D = Decimal


@pytest.mark.parametrize(
    ("before", "side", "size", "price", "after", "gain"),
    [
        pytest.param(("0", "0"), Side.BUY, "2", "100", ("2", "200"), "0", id="open-long"),
        pytest.param(("2", "200"), Side.BUY, "1", "130", ("3", "330"), "0", id="add-to-long"),
        pytest.param(("3", "330"), Side.SELL, "1", "150", ("2", "220"), "40", id="reduce-long-with-profit"),
        pytest.param(("3", "330"), Side.SELL, "1", "100", ("2", "220"), "-10", id="reduce-long-with-loss"),
        pytest.param(("3", "330"), Side.SELL, "3", "120", ("0", "0"), "30", id="close-long"),
        pytest.param(("3", "330"), Side.SELL, "5", "120", ("-2", "240"), "30", id="flip-long"),
        pytest.param(("0", "0"), Side.SELL, "2", "100", ("-2", "200"), "0", id="open-short"),
        pytest.param(("-2", "200"), Side.SELL, "1", "130", ("-3", "330"), "0", id="add-to-short"),
        pytest.param(("-3", "330"), Side.BUY, "1", "90", ("-2", "220"), "20", id="reduce-short-with-profit"),
        pytest.param(("-3", "330"), Side.BUY, "1", "150", ("-2", "220"), "-40", id="reduce-short-with-loss"),
        pytest.param(("-3", "330"), Side.BUY, "3", "100", ("0", "0"), "30", id="close-short"),
        pytest.param(("-3", "330"), Side.BUY, "5", "100", ("2", "200"), "30", id="flip-short"),
        pytest.param(
            ("3", "100"), Side.SELL, "1", "40", ("2", "66.666666666667"), "6.666666666667", id="share-does-not-end"
        ),
    ],
)
def test_position_after_an_execution(
    before: tuple[str, str], side: Side, size: str, price: str, after: tuple[str, str], gain: str
) -> None:
    """Size, cost of the open units, and the profit realised before fees."""
    moved, realised = held(BTC, before[0], cost=before[1]).after(side, D(size), D(price))
    assert (moved.symbol, moved.size, moved.entry_cost, realised) == (BTC, D(after[0]), D(after[1]), D(gain))


@pytest.mark.parametrize(
    ("size", "direction", "closing_side", "entry_price", "pnl"),
    [
        ("3", Direction.LONG, Side.SELL, "110", "30"),
        ("-3", Direction.SHORT, Side.BUY, "110", "-30"),
        ("0.00001", Direction.LONG, Side.SELL, "110", "0.0001"),
        ("-0.00001", Direction.SHORT, Side.BUY, "110", "-0.0001"),
    ],
)
def test_position_describes_itself(
    size: str, direction: Direction, closing_side: Side, entry_price: str, pnl: str
) -> None:
    """Entered at 110 and valued at 120, however small."""
    position = held(BTC, size, cost=abs(D(size)) * 110)
    assert position.direction is direction
    assert position.closing_side is closing_side
    assert position.entry_price == D(entry_price)
    assert position.notional(D(120)) == abs(D(size)) * 120
    assert position.unrealised_pnl(D(120)) == D(pnl)


def test_flat_position_is_worth_nothing_and_has_no_entry_price() -> None:
    """Unknown is None, never zero."""
    flat = Position.flat(BTC)
    assert flat.direction is Direction.FLAT
    assert flat.entry_price is None
    assert (flat.notional(D(120)), flat.unrealised_pnl(D(120))) == (D(0), D(0))


def test_position_after_parts_of_three_closes_without_a_remainder() -> None:
    """A third of a cost has no last digit, yet what is realised and what stays open add up exactly."""
    position, first = held(BTC, "3", cost="100").after(Side.SELL, D(1), D(50))
    position, second = position.after(Side.SELL, D(1), D(50))
    position, third = position.after(Side.SELL, D(1), D(50))
    assert (position.size, position.entry_cost) == (D(0), D(0))
    assert first + second + third == D(50)


@pytest.mark.parametrize(("side", "signed"), [(Side.BUY, "0.5"), (Side.SELL, "-0.5")])
def test_fill_is_signed_by_its_side(side: Side, signed: str) -> None:
    """Bought units are positive, and the notional is never signed."""
    fill = Fill(
        fill_id="1",
        cloid=None,
        symbol=BTC,
        side=side,
        size=Size(D("0.5")),
        price=Price(D(100)),
        fee=Usd(D(0)),
        liquidity=Liquidity.TAKER,
        time=Instant(0),
        closed_pnl=Usd(D(0)),
    )
    assert (fill.signed_size, fill.notional) == (D(signed), D(50))


@pytest.mark.parametrize(
    ("size", "rate", "amount"),
    [
        pytest.param("2", "0.0001", "-0.02", id="longs-pay-a-positive-rate"),
        pytest.param("-2", "0.0001", "0.02", id="shorts-receive-it"),
        pytest.param("2", "-0.0001", "0.02", id="longs-receive-a-negative-rate"),
        pytest.param("-2", "-0.0001", "-0.02", id="shorts-pay-it"),
        pytest.param("2", "0", "0", id="nobody-pays-nothing"),
    ],
)
def test_funding_goes_from_longs_to_shorts_when_the_rate_is_positive(size: str, rate: str, amount: str) -> None:
    """Size times price times rate, signed as what the account receives."""
    payment = FundingPayment.settle(BTC, Instant(3_600_000), size=D(size), price=D(100), rate=D(rate))
    assert payment.amount == D(amount)
    assert (payment.symbol, payment.time, payment.size, payment.rate) == (BTC, 3_600_000, D(size), D(rate))
