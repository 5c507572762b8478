"""Exact numbers: how they come in, how they are written, and that no float meets them."""

import decimal
import operator
from collections.abc import Callable
from decimal import Decimal
from typing import cast

import pytest

from agentic_core.domain import (
    DayCounters,
    FeeSchedule,
    FundingPayment,
    Liquidity,
    Position,
    Side,
    Usd,
    bps_of,
    exact,
    from_scaled,
    plain,
)
from agentic_core.domain.chat import ChatPurpose
from agentic_core.domain.money import round_to
from agentic_core.errors import InputError, UsageError
from agentic_core.execution import limit_price
from agentic_core.metering import refusal, whole
from agentic_core.risk import find_halt
from tests.support.chat_costs import caps, standing
from tests.support.markets import AT, BTC, LISTED
from tests.support.risk_scenes import Scene

D = Decimal


@pytest.mark.parametrize(
    ("value", "number"),
    [("0.1", D("0.1")), ("-1E-9", D("-0.000000001")), (7, D(7)), (D("46377.50"), D("46377.50"))],
)
def test_exact_of_text_integer_or_decimal_keeps_every_digit(value: str | int | Decimal, number: Decimal) -> None:
    """Nothing is rounded on the way in."""
    assert exact(value, "price") == number


@pytest.mark.parametrize("value", [0.1, 1.0, float("nan"), True])
def test_exact_of_float_or_bool_is_a_usage_error(value: float) -> None:
    """A float cannot hold money exactly, not even one that happens to be whole, and a flag is no amount."""
    with pytest.raises(UsageError, match=r"price: .* cannot hold money exactly"):
        exact(value, "price")  # type: ignore[arg-type]  # the type checker refuses it first


@pytest.mark.parametrize("value", ["", "abc", "1,5", "NaN", "sNaN", "Infinity", D("-Infinity")])
def test_exact_of_what_is_no_finite_number_is_an_input_error(value: str | Decimal) -> None:
    """Words and infinities are refused, and the message names what was read."""
    with pytest.raises(InputError, match=r"equity: .* is not a"):
        exact(value, "equity")


@pytest.mark.parametrize(
    "operation",
    [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow],
)
def test_decimal_arithmetic_with_a_float_raises(operation: Callable[[Decimal, float], object]) -> None:
    """No operation mixes the two, from either side."""
    with pytest.raises(TypeError):
        operation(D(1), 0.5)
    with pytest.raises(TypeError):
        operation(0.5, D(1))  # type: ignore[arg-type]  # the wrong order is the point


@pytest.mark.parametrize("operation", [operator.lt, operator.le, operator.gt, operator.ge])
def test_decimal_ordered_against_a_float_raises(operation: Callable[[Decimal, float], object]) -> None:
    """The trap that hosts and tests set turns the silent comparison into an error."""
    with pytest.raises(decimal.FloatOperation):
        operation(D(1), 0.5)


def test_decimal_made_from_a_float_raises() -> None:
    """Not even the conversion that would keep every binary digit is allowed."""
    with pytest.raises(decimal.FloatOperation):
        D(0.1)


DAY = DayCounters(day=0, baseline=Usd(D(100)))
HALF = cast("Decimal", 0.5)  # the type checker would find it; this is about what happens where nobody ran one
ENTRIES: dict[str, Callable[[], object]] = {
    "bps_of": lambda: bps_of(HALF, 100),
    "round_to": lambda: round_to(HALF, D("0.01"), up=False),
    "fee": lambda: FeeSchedule.hyperliquid_base().fee(HALF, Liquidity.TAKER),
    "funding by size": lambda: FundingPayment.settle(BTC, AT, size=HALF, price=D(1), rate=D(1)),
    "funding by price": lambda: FundingPayment.settle(BTC, AT, size=D(1), price=HALF, rate=D(1)),
    "funding by rate": lambda: FundingPayment.settle(BTC, AT, size=D(1), price=D(1), rate=HALF),
    "round_price": lambda: LISTED[BTC].round_price(HALF, up=True),
    "is_legal_price": lambda: LISTED[BTC].is_legal_price(HALF),
    "size_down": lambda: LISTED[BTC].size_down(HALF),
    "is_legal_size": lambda: LISTED[BTC].is_legal_size(HALF),
    "position by size": lambda: Position.flat(BTC).after(Side.BUY, HALF, D(1)),
    "position by price": lambda: Position.flat(BTC).after(Side.BUY, D(1), HALF),
    "loss_bps": lambda: DAY.loss_bps(HALF),
    "find_halt": lambda: find_halt(DAY, D(1), HALF, Scene().limits),
    "limit_price": lambda: limit_price(LISTED[BTC], Side.BUY, HALF, 100),
    "refusal": lambda: refusal(standing(), caps(), ChatPurpose.LOOK, Usd(HALF)),
    "whole": lambda: whole(Usd(HALF)),
}


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES.keys())
def test_money_function_of_a_float_raises(entry: Callable[[], object]) -> None:
    """Every function that computes an amount refuses one that is not exact."""
    with pytest.raises((TypeError, AttributeError, decimal.FloatOperation)):
        entry()


@pytest.mark.parametrize(
    ("units", "decimals", "number"),
    [(463775, 1, "46377.5"), (1, 8, "0.00000001"), (-5, 0, "-5"), (0, 3, "0.000"), (10**27, 9, "1000000000000000000")],
)
def test_from_scaled_is_the_exact_number(units: int, decimals: int, number: str) -> None:
    """An integer and its scale are one number."""
    assert from_scaled(units, decimals) == D(number)


@pytest.mark.parametrize(
    ("amount", "bps", "share"), [("1000", 250, "25"), ("0.01", 1, "0.000001"), ("-3", 10_000, "-3"), ("7", 0, "0")]
)
def test_bps_of_is_exact(amount: str, bps: int, share: str) -> None:
    """A basis point is a ten-thousandth."""
    assert bps_of(D(amount), bps) == D(share)


@pytest.mark.parametrize(
    ("value", "step", "down", "up"),
    [
        ("1.239", "0.01", "1.23", "1.24"),
        ("1.23", "0.01", "1.23", "1.23"),
        ("0", "0.1", "0", "0"),
        ("0.0001", "1", "0", "1"),
    ],
)
def test_round_to_goes_to_the_step_in_the_direction_named(value: str, step: str, down: str, up: str) -> None:
    """Down is towards zero, up is away from it."""
    assert round_to(D(value), D(step), up=False) == D(down)
    assert round_to(D(value), D(step), up=True) == D(up)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("10.500", "10.5"),
        ("1E+3", "1000"),
        ("1E-7", "0.0000001"),
        ("-0.00", "0"),
        ("0", "0"),
        ("100", "100"),
        ("-1.10", "-1.1"),
    ],
)
def test_plain_has_no_exponent_and_no_trailing_zeros(value: str, text: str) -> None:
    """People read the same number in one spelling."""
    assert plain(D(value)) == text


@pytest.mark.parametrize(
    ("notional", "liquidity", "fee"),
    [
        ("1000", Liquidity.TAKER, "0.45"),
        ("1000", Liquidity.MAKER, "0.15"),
        ("95.596", Liquidity.TAKER, "0.043019"),  # 0.0430182
        ("0.000001", Liquidity.TAKER, "0.000001"),
        ("0", Liquidity.TAKER, "0"),
    ],
)
def test_fee_is_a_share_of_notional_rounded_up(notional: str, liquidity: Liquidity, fee: str) -> None:
    """The venue's base tier is 0.045 % for takers and 0.015 % for makers."""
    assert FeeSchedule.hyperliquid_base().fee(D(notional), liquidity) == D(fee)


def test_fee_that_is_a_rebate_is_never_overstated() -> None:
    """A rebate of 0.0001005 dollars counts as 0.0001: rounding never makes trading look cheaper."""
    rebates = FeeSchedule(taker_rate=D("0.00045"), maker_rate=D("-0.00001"))
    assert rebates.fee(D("10.05"), Liquidity.MAKER) == D("-0.0001")
