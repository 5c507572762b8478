"""Decimals as the venue reads and writes them.

A price or a size is plain: no exponent, at most 8 decimals. An amount of a transfer may carry an exponent, because
clients write floats there and sign the text they wrote.
"""

import re
from decimal import Decimal

from agentic_hl.venue.exact import rounded

__all__ = ["amount_of", "canonical_text", "dollars", "of_micros", "plain_decimal", "two_places"]

_PLAIN = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,8})?")
_AMOUNT = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,2})?")
_MICRO = Decimal("0.000001")
_CENT = Decimal("0.01")


def plain_decimal(text: str) -> Decimal:
    """Read a price or a size.

    Trailing zeros are read (they change the hash, which is the sender's loss), an exponent or a ninth decimal is not.

    Raises:
        ValueError: the text is no plain decimal.

    >>> plain_decimal("1670.10")
    Decimal('1670.10')
    """
    if _PLAIN.fullmatch(text) is None:
        raise ValueError(f"{text!r} is no plain decimal with at most 8 decimals")
    return Decimal(text)


def amount_of(text: str) -> Decimal:
    """Read the amount of a transfer; an exponent is allowed.

    Raises:
        ValueError: the text is no number.
    """
    if _AMOUNT.fullmatch(text) is None:
        raise ValueError(f"{text!r} is no decimal number")
    return Decimal(text)


def canonical_text(value: Decimal) -> str:
    """Write a decimal as it is hashed: no exponent, no trailing zeros, no minus zero.

    >>> canonical_text(Decimal("100.00")), canonical_text(Decimal("-0.0")), canonical_text(Decimal("1E-7"))
    ('100', '0', '0.0000001')
    """
    if not value:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def of_micros(units: int) -> Decimal:
    """Turn the integer form of USD, in millionths, into USD."""
    return units * _MICRO


def two_places(value: Decimal) -> Decimal:
    """Round to cents, as texts about volume show it."""
    return rounded(value, _CENT)


def dollars(value: Decimal) -> str:
    """Write USD as the error texts do: cents at most, no trailing zeros.

    >>> dollars(Decimal("12066.750")), dollars(Decimal(0))
    ('$12066.75', '$0')
    """
    return f"${canonical_text(two_places(value))}"
