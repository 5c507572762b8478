"""Numbers as a chat model reads them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_core.chat.showing.figures import NUMBER_CHARS_MAX, percent, price, rounded, usd

D = Decimal


@pytest.mark.parametrize(
    ("number", "figures", "text"),
    [
        ("1234567.891", 6, "1234570"),
        ("0.000012345678", 4, "0.00001235"),
        ("2.50", 5, "2.5"),
        ("0", 5, "0"),
        ("-0.00", 5, "0"),
        ("1E+60", 5, "1E+60"),
        ("1E-60", 5, "1E-60"),
        ("NaN", 5, "NaN"),
    ],
)
def test_rounded_number_has_few_figures_and_no_exponent(number: str, figures: int, text: str) -> None:
    """But for numbers that no market has."""
    assert rounded(D(number), figures) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [("10000", "10000.00"), ("-0.004", "0.00"), ("-0.006", "-0.01"), ("2.345", "2.34"), ("9E+30", "9E+30")],
)
def test_dollars_are_written_to_the_cent(number: str, text: str) -> None:
    """Half a cent goes to the even one, and nothing is a negative zero."""
    assert usd(D(number)) == text


def test_share_of_nothing_is_unknown() -> None:
    """It is neither zero nor an error."""
    assert percent(D(1), D(8)) == "12.50 %"
    assert percent(D(-1), D(3)) == "-33.33 %"
    assert percent(D(1), D(0)) == "unknown"
    assert percent(D(1), D(-5)) == "unknown"


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_any_number_is_short(number: Decimal) -> None:
    """A table stays a table, whatever a source delivers."""
    assert len(price(number)) <= NUMBER_CHARS_MAX
    assert len(usd(number)) <= NUMBER_CHARS_MAX
