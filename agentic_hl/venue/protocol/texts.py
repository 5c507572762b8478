"""How the venue writes numbers for its readers."""

from decimal import Decimal

__all__ = ["shown", "shown_or_none"]

_ZEROS = {"-0.0", "0.0"}


def shown(value: Decimal) -> str:
    """Write a number without exponent, with at least one decimal and no further trailing zeros.

    >>> shown(Decimal("104320")), shown(Decimal("0.01500")), shown(Decimal("-0.00")), shown(Decimal("1E+3"))
    ('104320.0', '0.015', '0.0', '1000.0')
    """
    text = format(value, "f")
    whole, _, fraction = text.partition(".")
    text = f"{whole}.{fraction.rstrip('0') or '0'}"
    return "0.0" if text in _ZEROS else text


def shown_or_none(value: Decimal | None) -> str | None:
    """Write a number, or null where there is none."""
    return None if value is None else shown(value)
