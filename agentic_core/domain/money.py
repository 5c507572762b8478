"""Exact amounts with their unit in the type; a float may never meet one.

`Decimal` refuses arithmetic with floats by itself; hosts and tests also trap the silent conversions
(`decimal.FloatOperation`), and `exact` refuses them at the border.
"""

from decimal import ROUND_DOWN, ROUND_UP, Decimal, InvalidOperation
from typing import NewType

from agentic_core.errors import InputError, UsageError

__all__ = ["BPS_ONE", "ZERO", "Bps", "Price", "Size", "Usd", "bps_of", "exact", "from_scaled", "plain", "round_to"]

Usd = NewType("Usd", Decimal)
"""An amount of US dollars; negative means owed or lost."""

Price = NewType("Price", Decimal)
"""US dollars for one unit of an instrument; always positive."""

Size = NewType("Size", Decimal)
"""Units of an instrument; unsigned on orders and fills, signed on positions (long is positive)."""

Bps = NewType("Bps", int)
"""A ratio in basis points: 1/10,000."""

ZERO = Decimal(0)
BPS_ONE = Decimal(10_000)
_BPS = Decimal("0.0001")
_UNITS = {decimals: Decimal(1).scaleb(-decimals) for decimals in range(29)}
"""What the last digit of a scaled integer is worth; a Decimal of the default context holds 28 digits."""


def exact(value: str | int | Decimal, what: str) -> Decimal:
    """Read an exact, finite number; `what` names it in the error.

    Raises:
        UsageError: the value was a float, which cannot be exact.
        InputError: the value was not a finite number.

    >>> exact("0.1", "price")
    Decimal('0.1')
    """
    if isinstance(value, bool | float):
        kind = type(value).__name__
        message = f"{what}: {value!r} is a {kind}, which cannot hold money exactly; pass a string or a Decimal"
        raise UsageError(message)
    try:
        number = Decimal(value)
    except InvalidOperation as exc:
        message = f"{what}: {value!r} is not a number"
        raise InputError(message) from exc
    if not number.is_finite():
        message = f"{what}: {value!r} is not a finite number"
        raise InputError(message)
    return number


def from_scaled(units: int, decimals: int) -> Decimal:
    """Turn an integer count of 10^-decimals into its exact value.

    >>> from_scaled(463775, 1)
    Decimal('46377.5')
    """
    return units * _UNITS[decimals]


def bps_of(amount: Decimal, bps: int) -> Decimal:
    """Return so many basis points of an amount, exactly.

    >>> bps_of(Decimal(1000), 250)
    Decimal('25.0000')
    """
    return amount * bps * _BPS


def round_to(value: Decimal, step: Decimal, *, up: bool) -> Decimal:
    """Round a non-negative value to a multiple of a power-of-ten step, away from zero if `up`.

    >>> round_to(Decimal("1.239"), Decimal("0.01"), up=False)
    Decimal('1.23')
    """
    return value.quantize(step, rounding=ROUND_UP if up else ROUND_DOWN)


def plain(value: Decimal) -> str:
    """Write a number without exponent and without trailing zeros.

    >>> plain(Decimal("10.500")), plain(Decimal("1E+3")), plain(Decimal("-0.00"))
    ('10.5', '1000', '0')
    """
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
