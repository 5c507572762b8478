"""Numbers in the venue's spelling: they come back as they went, and round only the way they are told."""

from decimal import Decimal

import pytest
from hyperliquid.utils.signing import float_to_wire
from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_hl.venue.protocol.numbers import canonical_text
from agentic_hl.wire.units import Rounding, WireError, canonical, check_canonical, decimal_of, price_text, size_text

_often = settings(max_examples=1_000)

# One whole number for everything that is drawn, because hypothesis pays per draw.
_numbers = st.integers(-9 * 10**15, 9 * 10**15).map(lambda drawn: Decimal(drawn // 9).scaleb(-(drawn % 9)))
_fine = st.integers(-(10**28) + 1, 10**28 - 1).map(lambda drawn: Decimal(drawn).scaleb(-8))
_stepped = st.integers(18, 18 * 15 * 10**14).map(
    lambda drawn: (Decimal(drawn // 270 + 1).scaleb(-(drawn // 18 % 15)), drawn // 2 % 9, drawn % 2 == 1)
)


@_often
@given(_numbers | _fine)
def test_written_number_comes_back(number: Decimal) -> None:
    """The same number, in a spelling that writes itself again, without exponent, trailing zero or signed zero."""
    text = canonical(number)
    assert decimal_of(text) == number
    assert canonical(decimal_of(text)) == text
    assert set(text) <= set("-.0123456789")
    assert not ("." in text and text.endswith(("0", ".")))
    assert text != "-0"
    if number >= 0:
        check_canonical(text, "number")


@_often
@given(_numbers)
def test_spelling_is_that_of_the_venue(number: Decimal) -> None:
    """The simulated venue, which shares no code with the wire, writes the same."""
    assert canonical(number) == canonical_text(number)


@_often
@given(_numbers)
def test_spelling_is_that_of_the_sdk(number: Decimal) -> None:
    """Of the part that a float holds exactly enough for the SDK, which writes a zero with its sign."""
    number %= 10**6
    assert canonical(number) == float_to_wire(float(number)).replace("-0", "0" if number == 0 else "-0")


@_often
@given(st.text(alphabet="0123456789.-+eE_ ٣n", max_size=12))
def test_only_plain_decimals_are_read(text: str) -> None:
    """Whatever is read is what Python reads too, and holds nothing but digits, a point and a sign."""
    try:
        number = decimal_of(text)
    except WireError:
        return
    assert number == Decimal(text)
    assert text.strip("-.0123456789") == ""


@_often
@given(_stepped)
def test_price_rounds_to_the_nearest_legal_one_of_its_side(drawn: tuple[Decimal, int, bool]) -> None:
    """Down is not above, up not below, both legal, and no legal price lies between them."""
    price, decimals, spot = drawn
    try:
        low = Decimal(price_text(price, decimals, Rounding.DOWN, spot=spot))
    except WireError:
        low = Decimal(0)
    high = Decimal(price_text(price, decimals, Rounding.UP, spot=spot))
    assert low <= price <= high
    assert low == 0 or _is_legal(low, decimals, spot=spot)
    assert _is_legal(high, decimals, spot=spot)
    if low == high:
        assert price_text(price, decimals, Rounding.EXACT, spot=spot) == canonical(price)
        return
    assert not _is_legal(price, decimals, spot=spot)
    with pytest.raises(WireError):
        price_text(price, decimals, Rounding.EXACT, spot=spot)
    middle = (low + high) / 2
    assert not _is_legal(middle, decimals, spot=spot)


@_often
@given(_stepped)
def test_size_rounds_to_the_nearest_step_of_its_side(drawn: tuple[Decimal, int, bool]) -> None:
    """At most one step apart, and equal where the size is on a step."""
    size, decimals, _ = drawn
    step = Decimal(1).scaleb(-decimals)
    try:
        low = Decimal(size_text(size, decimals, Rounding.DOWN))
    except WireError:
        low = Decimal(0)
    high = Decimal(size_text(size, decimals, Rounding.UP))
    assert low <= size <= high
    assert high - low in {0, step}
    assert low % step == high % step == 0


def _is_legal(price: Decimal, decimals: int, *, spot: bool) -> bool:
    # By the rule as it is written: whole, or five significant figures and (6 or 8) - szDecimals decimals.
    sign, digits, exponent = price.normalize().as_tuple()
    assert not sign
    assert isinstance(exponent, int)
    places = max(0, -exponent)
    return places == 0 or (len(digits) <= 5 and places <= (8 if spot else 6) - decimals)
