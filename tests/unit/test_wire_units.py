"""Numbers in the venue's spelling: what is written, which way it is rounded, and what is refused."""

from decimal import Decimal

import pytest

from agentic_hl.wire.units import (
    Rounding,
    WireError,
    canonical,
    check_canonical,
    decimal_of,
    price_text,
    scaled,
    size_text,
    usd_units,
)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("100.0", "100"),
        ("100", "100"),
        ("1E+3", "1000"),
        ("0.00001", "0.00001"),
        ("1E-8", "0.00000001"),
        ("32165.0", "32165"),
        ("1670.10", "1670.1"),
        ("-0.0", "0"),
        ("0E+3", "0"),
        ("-12.50", "-12.5"),
        ("12345678901234567890", "12345678901234567890"),
        ("99999999999999999999.99999999", "99999999999999999999.99999999"),
    ],
)
def test_number_is_written_without_zeros_and_exponents(number: str, text: str) -> None:
    """A trailing zero or an exponent would be hashed as another number."""
    assert canonical(Decimal(number)) == text


@pytest.mark.parametrize("number", ["0.000000001", "1.123456789", "NaN", "Infinity", "-Infinity", "1E+20", "sNaN"])
def test_number_that_cannot_be_sent_is_refused(number: str) -> None:
    """More than eight decimals, more digits than the venue holds, and what is no number."""
    with pytest.raises(WireError):
        canonical(Decimal(number))


@pytest.mark.parametrize(("text", "number"), [("0", "0"), ("0.0", "0"), ("-12.50", "-12.5"), ("32165.0", "32165")])
def test_number_is_read_as_the_venue_writes_it(text: str, number: str) -> None:
    """Also with the zeros that the venue adds to what it was sent."""
    assert decimal_of(text) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1 ", "+1", ".5", "5.", "1e5", "1E-8", "1_000", "1,000", "0x10", "NaN", "Infinity", "--1", "00", "01.5",
     "٣", "1\n", "1.5.2", "-", "½", "9" * 65],
)  # fmt: skip
def test_text_that_is_no_number_of_the_venue_is_refused(text: str) -> None:
    """Python would read most of these; the message shows the text, and no more of it than a line."""
    with pytest.raises(WireError, match="is not a decimal as the venue writes it") as refused:
        decimal_of(text)
    assert len(str(refused.value)) < 140


@pytest.mark.parametrize("text", ["100.0", "1.50", "01", ".5", "1e5", "-1", "", "0.123456789", "+1", "0.0", "-0"])
def test_text_that_would_be_hashed_otherwise_is_no_canonical_one(text: str) -> None:
    """It is refused with the name of what it stands for."""
    with pytest.raises(WireError, match="limit price"):
        check_canonical(text, "limit price")


@pytest.mark.parametrize(
    ("price", "decimals", "rounding", "text"),
    [
        # Five significant figures.
        ("1670.16", 4, Rounding.DOWN, "1670.1"),
        ("1670.11", 4, Rounding.UP, "1670.2"),
        ("46377.5", 5, Rounding.DOWN, "46377"),
        ("46377.5", 5, Rounding.UP, "46378"),
        ("0.012345678", 0, Rounding.DOWN, "0.012345"),
        # Six decimals less those of the size.
        ("1.234567", 2, Rounding.DOWN, "1.2345"),
        ("0.123456", 2, Rounding.UP, "0.1235"),
        ("0.0123456", 1, Rounding.DOWN, "0.01234"),
        ("3.5", 6, Rounding.UP, "4"),
        # Whole numbers are legal whatever their digits.
        ("123456", 5, Rounding.EXACT, "123456"),
        ("1234567.8", 0, Rounding.DOWN, "1234567"),
        ("1234567.8", 0, Rounding.UP, "1234568"),
        # Rounding up into the next power of ten.
        ("99999.5", 1, Rounding.UP, "100000"),
        ("9.99999", 0, Rounding.UP, "10"),
        ("0.0099999999", 0, Rounding.UP, "0.01"),
        ("1670.10", 4, Rounding.EXACT, "1670.1"),
    ],
)
def test_perpetual_price_goes_the_way_it_is_told(price: str, decimals: int, rounding: Rounding, text: str) -> None:
    """To five significant figures and 6 - szDecimals decimals, or whole."""
    assert price_text(Decimal(price), decimals, rounding) == text


def test_spot_price_has_two_decimals_more() -> None:
    """Eight less those of the size, in place of six."""
    assert price_text(Decimal("0.0012345678"), 0, Rounding.DOWN, spot=True) == "0.0012345"
    assert price_text(Decimal("0.0012345678"), 0, Rounding.DOWN) == "0.001234"
    assert price_text(Decimal("0.0012345678"), 3, Rounding.DOWN, spot=True) == "0.00123"


@pytest.mark.parametrize(
    ("size", "decimals", "rounding", "text"),
    [
        ("0.0147", 4, Rounding.EXACT, "0.0147"),
        ("0.01479", 4, Rounding.DOWN, "0.0147"),
        ("0.01471", 4, Rounding.UP, "0.0148"),
        ("12.9", 0, Rounding.DOWN, "12"),
        ("1000", 0, Rounding.EXACT, "1000"),
        ("123456.78901", 5, Rounding.EXACT, "123456.78901"),
    ],
)
def test_size_goes_the_way_it_is_told(size: str, decimals: int, rounding: Rounding, text: str) -> None:
    """To szDecimals decimals, without a limit of figures."""
    assert size_text(Decimal(size), decimals, rounding) == text


@pytest.mark.parametrize("number", ["0", "-1", "NaN", "Infinity", "1E+20"])
def test_price_or_size_that_is_not_positive_is_refused(number: str) -> None:
    """Whatever the direction."""
    for rounding in Rounding:
        with pytest.raises(WireError, match="price"):
            price_text(Decimal(number), 2, rounding)
        with pytest.raises(WireError, match="size"):
            size_text(Decimal(number), 2, rounding)


def test_number_that_becomes_nothing_is_refused() -> None:
    """A price or size of zero is none."""
    with pytest.raises(WireError, match="becomes zero"):
        price_text(Decimal("0.0000001"), 0, Rounding.DOWN)
    with pytest.raises(WireError, match="becomes zero"):
        size_text(Decimal("0.009"), 2, Rounding.DOWN)
    assert size_text(Decimal("0.009"), 2, Rounding.UP) == "0.01"


def test_number_off_its_steps_is_refused_where_it_has_to_be_exact() -> None:
    """The message says how many decimals there are."""
    with pytest.raises(WireError, match=r"price 1670\.11 is not legal: the venue takes 1 decimals"):
        price_text(Decimal("1670.11"), 4, Rounding.EXACT)
    with pytest.raises(WireError, match=r"size 0\.01471 is not legal"):
        size_text(Decimal("0.01471"), 4, Rounding.EXACT)


def test_dollars_are_counted_in_millionths() -> None:
    """As isolated margin and vault transfers count them; what is finer is refused."""
    assert usd_units(Decimal(1000)) == 1_000_000_000
    assert usd_units(Decimal("-0.000001")) == -1
    with pytest.raises(WireError, match="more than 6 decimals"):
        usd_units(Decimal("0.0000001"))
    assert scaled(Decimal("0.00000001"), 8) == 1
