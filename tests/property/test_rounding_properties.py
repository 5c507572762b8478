"""Rounding to what the venue takes: never further, never more aggressive, and nothing happens the second time."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from agentic_core.domain import FeeSchedule, Instrument, Liquidity, Side, Symbol, bps_of, from_scaled, plain
from agentic_core.domain.money import round_to
from agentic_core.execution import limit_price
from tests.support.dice import OFF_ON, Dice, rolls
from tests.support.examples import thorough
from tests.support.expected_rules import venue_takes

INSTRUMENTS = tuple(
    Instrument(symbol=Symbol("X"), size_decimals=decimals, leverage_max=10) for decimals in (5, 0, 1, 2, 3, 4, 6)
)


class Asked(NamedTuple):
    """What is to be rounded, and how."""

    instrument: Instrument
    price: Decimal
    size: Decimal
    up: bool
    side: Side
    collar_bps: int


def asked(dice: Dice) -> Asked:
    """Roll a positive price and a size of any magnitude."""
    price = dice.any_of(
        dice.number(1, 10**15, places=9), Decimal(dice.whole(1, 10**9)).scaleb(dice.whole(-12, 20)), Decimal("0.1")
    )
    size = dice.any_of(dice.number(0, 10**21, places=9), dice.number(0, 10**6, places=7))
    return Asked(dice.any_of(*INSTRUMENTS), price, size, dice.any_of(*OFF_ON), dice.any_of(*Side), dice.whole(0, 2_000))


BYTES = 64


@thorough
@given(rolls(asked, BYTES))
def test_round_price_gives_the_legal_neighbours(rolled: Asked) -> None:
    """Down is at most the price and up at least, both are legal or zero, and none is skipped in between."""
    instrument, price = rolled.instrument, rolled.price
    down, up = instrument.round_price(price, up=False), instrument.round_price(price, up=True)
    assert down <= price <= up
    assert venue_takes(up, instrument.size_decimals)
    assert down == 0 or venue_takes(down, instrument.size_decimals)
    assert instrument.is_legal_price(price) is venue_takes(price, instrument.size_decimals)
    assert (down == up) is venue_takes(price, instrument.size_decimals)
    middle = (down + up) / 2
    assert down == up or not venue_takes(middle, instrument.size_decimals)


@thorough
@given(rolls(asked, BYTES))
def test_round_price_is_idempotent(rolled: Asked) -> None:
    """A legal price stays where it is, in either direction."""
    instrument, up = rolled.instrument, rolled.up
    once = instrument.round_price(rolled.price, up=up)
    assert instrument.round_price(once, up=up) == instrument.round_price(once, up=not up) == once


@thorough
@given(rolls(asked, BYTES))
def test_size_down_never_grows_and_leaves_less_than_a_step(rolled: Asked) -> None:
    """What is left is a whole number of steps, what is cut off is less than one, and a second time cuts nothing."""
    instrument, size = rolled.instrument, rolled.size
    down, step = instrument.size_down(size), instrument.size_step
    assert 0 <= size - down < step
    assert down % step == 0
    assert instrument.size_down(down) == instrument.size_up(down) == down
    assert instrument.is_legal_size(size) is (down == size and size > 0)
    assert instrument.size_up(size) - down == (0 if down == size else step)


@thorough
@given(rolls(asked, BYTES))
def test_limit_price_is_never_more_aggressive_than_the_collar(rolled: Asked) -> None:
    """A buy never pays more than the mark plus the collar, a sell never takes less than the mark minus it."""
    instrument, side = rolled.instrument, rolled.side
    limit = Fraction(limit_price(instrument, side, rolled.price, rolled.collar_bps))
    edge = Fraction(rolled.price) * (10_000 + side.sign * rolled.collar_bps) / 10_000
    assert (limit - edge) * side.sign <= 0
    assert limit == 0 or venue_takes(Decimal(limit.numerator) / limit.denominator, instrument.size_decimals)


@given(st.decimals(-(10**9), 10**9, places=8), st.integers(0, 10**6))
def test_bps_of_is_exact(amount: Decimal, bps: int) -> None:
    """No digit is lost."""
    assert Fraction(bps_of(amount, bps)) == Fraction(amount) * bps / 10_000


@given(st.integers(-(10**20), 10**20), st.integers(0, 12))
def test_from_scaled_and_plain_are_exact(units: int, decimals: int) -> None:
    """An integer count of a step is its number, and the number as people read it is the same one."""
    number = from_scaled(units, decimals)
    assert Fraction(number) == Fraction(units, 10**decimals)
    assert Decimal(plain(number)) == number
    assert "E" not in plain(number)


@given(value=st.decimals(0, 10**9, places=9), decimals=st.integers(0, 8), up=st.booleans())
def test_round_to_lands_on_the_step_in_its_direction(value: Decimal, decimals: int, *, up: bool) -> None:
    """The distance is less than one step, and nothing happens the second time."""
    step = Decimal(1).scaleb(-decimals)
    rounded = round_to(value, step, up=up)
    assert rounded % step == 0
    assert 0 <= (rounded - value if up else value - rounded) < step
    assert round_to(rounded, step, up=up) == rounded


@given(st.decimals(0, 10**7, places=8), st.decimals("-0.001", "0.01", places=7))
def test_fee_is_never_understated(notional: Decimal, rate: Decimal) -> None:
    """It is at least the share of notional, by less than a millionth of a dollar, for rebates too."""
    fee = FeeSchedule(taker_rate=rate, maker_rate=Decimal(0)).fee(notional, Liquidity.TAKER)
    exact = Fraction(notional) * Fraction(rate)
    assert 0 <= Fraction(fee) - exact < Fraction(1, 1_000_000)
