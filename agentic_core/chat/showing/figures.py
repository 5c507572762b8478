"""Numbers as a chat model reads them: short, without exponents, with few enough digits to be worth their tokens."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

from agentic_core.domain.money import ZERO, plain

__all__ = ["NUMBER_CHARS_MAX", "percent", "price", "rounded", "usd"]

NUMBER_CHARS_MAX = 32
"""Characters of a number; a longer one is no price and no size of any market, and is written in its exponent form."""

_CENT = Decimal("0.01")
_PRICE_FIGURES = 8
_CONTEXT_FIGURES = 28
_PERCENT_STEP = Decimal("0.01")


def rounded(value: Decimal, figures: int) -> str:
    """Write a number with at most so many significant figures.

    >>> rounded(Decimal("1234567.891"), 6), rounded(Decimal("0.000012345678"), 4)
    ('1234570', '0.00001235')
    """
    short = Context(prec=figures, rounding=ROUND_HALF_EVEN).plus(value)
    if not short.is_finite() or abs(short.adjusted()) + figures > NUMBER_CHARS_MAX - 3:
        return str(short)
    return plain(short)


def price(value: Decimal) -> str:
    """Write a price or a size; no venue has more figures than are kept."""
    return rounded(value, _PRICE_FIGURES)


def usd(value: Decimal) -> str:
    """Write US dollars to the cent.

    >>> usd(Decimal("10000")), usd(Decimal("-0.004"))
    ('10000.00', '0.00')
    """
    if value.adjusted() > _CONTEXT_FIGURES - 4:
        return rounded(value, _PRICE_FIGURES)
    cents = value.quantize(_CENT, ROUND_HALF_EVEN)
    return f"{abs(cents) if cents == 0 else cents:f}"


def percent(part: Decimal, whole: Decimal) -> str:
    """Write a share in percent to two places; of nothing there is no share.

    >>> percent(Decimal(1), Decimal(8)), percent(Decimal(1), Decimal(0))
    ('12.50 %', 'unknown')
    """
    if whole <= ZERO:
        return "unknown"
    return f"{usd(part * 100 / whole)} %"
