"""Worst-side units, resting units, liquidation prices and what may leave; every number from paper."""

from decimal import Decimal

import pytest

from agentic_core.domain import ClientOrderId, Instrument, OpenIntent, Price, Side, Size, Symbol, Usd
from agentic_core.domain.margin import MarginTier
from agentic_core.execution.margining import liquidation_price, resting_units, units_at_worst, withdrawable

D = Decimal
BTC, ETH = Symbol("BTC"), Symbol("ETH")
PLAIN = Instrument(symbol=BTC, size_decimals=5, leverage_max=40)
TIERED = Instrument(
    symbol=BTC,
    size_decimals=5,
    leverage_max=40,
    tiers=(
        MarginTier(lower_bound=Usd(D(0)), leverage_max=40),
        MarginTier(lower_bound=Usd(D(150_000_000)), leverage_max=20),
    ),
)


@pytest.mark.parametrize(
    ("held", "buys", "sells", "worst"),
    [
        ("0", "2", "1", "2"),
        ("0", "1", "2", "-2"),
        ("0", "2", "2", "2"),
        ("3", "0", "2", "3"),
        ("3", "0", "7", "-4"),
        ("3", "1", "7", "4"),
        ("-3", "7", "0", "4"),
        ("-3", "2", "0", "-3"),
        ("-3", "2", "4", "-7"),
    ],
)
def test_larger_of_both_sides_counts(held: str, buys: str, sells: str, worst: str) -> None:
    """All buys, or all sells; where both are as large, the long one."""
    assert units_at_worst(D(held), D(buys), D(sells)) == D(worst)


def test_resting_units_add_up_by_symbol_and_side_and_leave_out_what_only_reduces() -> None:
    """Two buys and a sale of BTC, a sale of ETH, and a reduce-only sale that needs no margin."""

    def order(symbol: Symbol, side: Side, size: str, *, reduce_only: bool = False) -> OpenIntent:
        return OpenIntent(
            cloid=ClientOrderId("0x" + "0" * 32),
            symbol=symbol,
            side=side,
            size=Size(D(size)),
            limit_price=Price(D(100)),
            reduce_only=reduce_only,
            resting=True,
        )

    orders = [
        order(BTC, Side.BUY, "1"),
        order(BTC, Side.SELL, "4"),
        order(BTC, Side.BUY, "2"),
        order(ETH, Side.SELL, "5"),
        order(ETH, Side.SELL, "7", reduce_only=True),
    ]
    assert resting_units(orders) == {BTC: (D(3), D(4)), ETH: (D(0), D(5))}


@pytest.mark.parametrize(
    ("instrument", "size", "value", "price"),
    [
        (PLAIN, "2", "20000", "91139.240506"),
        (PLAIN, "-2", "20000", "108641.975309"),
        (TIERED, "2000", "13125000", "94871.794872"),
        (TIERED, "2000", "63125000", "69303.797468"),
        (TIERED, "-2000", "13125000", "104878.048780"),
    ],
)
def test_liquidation_price_is_where_the_value_is_down_to_the_maintenance(
    instrument: Instrument, size: str, value: str, price: str
) -> None:
    """Long and short, in the first tier and beyond it, at a mark of 100,000."""
    found = liquidation_price(instrument, D(size), D(100_000), value=D(value))
    assert found is not None
    assert round(found, 6) == D(price)
    left = D(value) + D(size) * (found - 100_000)
    assert abs(left - instrument.maintenance(abs(D(size)) * found)) < D("0.001")


def test_maintenance_of_other_positions_brings_the_liquidation_nearer() -> None:
    """They share the value, so 5,000 dollars less carry this one."""
    apart = liquidation_price(PLAIN, D(2), D(100_000), value=D(15_000))
    assert liquidation_price(PLAIN, D(2), D(100_000), value=D(20_000), other_maintenance=D(5_000)) == apart


def test_position_that_no_price_above_zero_liquidates_has_none() -> None:
    """More cash than the position could ever lose."""
    assert liquidation_price(PLAIN, D(1), D(100_000), value=D(200_000)) is None


@pytest.mark.parametrize(
    ("value", "initial", "notional", "left"),
    [("1000", "300", "2000", "700"), ("1000", "100", "2000", "800"), ("100", "300", "2000", "0")],
)
def test_no_more_may_leave_than_margin_and_a_tenth_of_the_notional_spare(
    value: str, initial: str, notional: str, left: str
) -> None:
    """The larger of both stays, and never less than nothing leaves."""
    assert withdrawable(D(value), D(initial), D(notional)) == D(left)
