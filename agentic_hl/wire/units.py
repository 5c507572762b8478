"""Numbers in the venue's spelling: decimals as text, prices and sizes on its steps.

Nothing here rounds by itself: whoever needs a legal price or size names the direction.
"""

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum

from agentic_core.errors import AgenticError

__all__ = [
    "Rounding",
    "WireError",
    "canonical",
    "check_canonical",
    "decimal_of",
    "price_text",
    "scaled",
    "size_text",
    "usd_units",
]

_DECIMALS_MAX = 8
"""Decimals the venue keeps of any number in an action."""

_DIGITS_MAX = 20
"""Digits before the point; an unsigned 64-bit integer has no more."""

_TEXT_LENGTH_MAX = 64
_FIGURES_MAX = 5
_PRICE_DECIMALS_PERP = 6
_PRICE_DECIMALS_SPOT = 8
_USD_DECIMALS = 6
_STEPS = tuple(Decimal(1).scaleb(-decimals) for decimals in range(_PRICE_DECIMALS_SPOT + 1))

_is_plain = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII).fullmatch
_is_canonical = re.compile(r"(?:0|[1-9][0-9]{0,19})(?:\.[0-9]{0,7}[1-9])?", re.ASCII).fullmatch


class WireError(AgenticError):
    """Something cannot be written in the venue's spelling, or read from it."""


class Rounding(StrEnum):
    """Which way a number goes that is not on a step of the venue."""

    DOWN = "down"
    UP = "up"
    EXACT = "exact"
    """Not at all: it is refused."""


def decimal_of(text: str) -> Decimal:
    """Read a decimal as the venue writes it: ASCII digits, perhaps a sign and a point, no exponent.

    Raises:
        WireError: it is anything else, such as `1e5`, `+1`, `.5`, `1_000` or a number of more than 64 characters.

    >>> decimal_of("-0.0000125")
    Decimal('-0.0000125')
    """
    if len(text) > _TEXT_LENGTH_MAX or _is_plain(text) is None:
        message = f"{text[:_TEXT_LENGTH_MAX]!r} is not a decimal as the venue writes it, such as -0.0000125"
        raise WireError(message)
    return Decimal(text)


def canonical(value: Decimal) -> str:
    """Write a number as the venue hashes it: no exponent, no trailing zeros, at most eight decimals.

    Raises:
        WireError: it needs more decimals or digits, or is not finite.

    >>> canonical(Decimal("100.00")), canonical(Decimal("1E+3")), canonical(Decimal("-0.0"))
    ('100', '1000', '0')
    """
    if not value.is_finite() or value.adjusted() >= _DIGITS_MAX:
        message = f"{value} cannot be sent; the venue takes finite numbers of at most {_DIGITS_MAX} whole digits"
        raise WireError(message)
    whole, _, fraction = format(value, "f").partition(".")
    fraction = fraction.rstrip("0")
    if fraction:
        if len(fraction) > _DECIMALS_MAX:
            message = (
                f"{value} has more than {_DECIMALS_MAX} decimals; round it first, the venue would hash another number"
            )
            raise WireError(message)
        return f"{whole}.{fraction}"
    return "0" if whole == "-0" else whole


def check_canonical(text: str, what: str) -> None:
    """Refuse the text of a non-negative number that the venue would hash differently; `what` names it in the error.

    Raises:
        WireError: the text is not what `canonical` writes.
    """
    if _is_canonical(text) is None:
        message = f"{what}: {text!r} is not canonical; write it with `canonical`, such as 100 or 0.5"
        raise WireError(message)


def price_text(price: Decimal, size_decimals: int, rounding: Rounding, *, spot: bool = False) -> str:
    """Write a legal price: at most five significant figures and 6 (spot 8) minus `size_decimals` decimals, or whole.

    Raises:
        WireError: it is not positive, becomes zero, or is not legal and `rounding` is EXACT.

    >>> price_text(Decimal("46377.55"), 5, Rounding.UP), price_text(Decimal("123456"), 5, Rounding.EXACT)
    ('46378', '123456')
    """
    _check_finite(price, "price")
    decimals_max = (_PRICE_DECIMALS_SPOT if spot else _PRICE_DECIMALS_PERP) - size_decimals
    decimals = max(0, min(decimals_max, _FIGURES_MAX - 1 - price.adjusted()))
    return _stepped(price, decimals, rounding, "price")


def size_text(size: Decimal, size_decimals: int, rounding: Rounding) -> str:
    """Write a legal size: at most `size_decimals` decimals.

    Raises:
        WireError: it is not positive, becomes zero, or is not legal and `rounding` is EXACT.

    >>> size_text(Decimal("0.0123456"), 5, Rounding.DOWN)
    '0.01234'
    """
    _check_finite(size, "size")
    return _stepped(size, size_decimals, rounding, "size")


def scaled(value: Decimal, decimals: int) -> int:
    """Turn a number into a count of 10^-decimals.

    Raises:
        WireError: it is none, because it has more decimals.

    >>> scaled(Decimal("1.033"), 8)
    103300000
    """
    _check_finite(value, "number", signed=True)
    whole = int(value.scaleb(decimals))
    if Decimal(whole).scaleb(-decimals) != value:
        message = f"{value} has more than {decimals} decimals; round it first"
        raise WireError(message)
    return whole


def usd_units(usd: Decimal) -> int:
    """Turn US dollars into the millionths in which margin and vault transfers count them.

    >>> usd_units(Decimal("-12.5"))
    -12500000
    """
    return scaled(usd, _USD_DECIMALS)


def _check_finite(value: Decimal, what: str, *, signed: bool = False) -> None:
    if not value.is_finite() or value.adjusted() >= _DIGITS_MAX or (value <= 0 and not signed):
        message = f"{what} {value} cannot be sent; it must be a {'' if signed else 'positive '}finite number"
        raise WireError(message)


def _stepped(value: Decimal, decimals: int, rounding: Rounding, what: str) -> str:
    mode = ROUND_CEILING if rounding is Rounding.UP else ROUND_FLOOR
    legal = value.quantize(_STEPS[decimals], mode) if decimals else value.to_integral_value(mode)
    if rounding is Rounding.EXACT and legal != value:
        message = f"{what} {value} is not legal: the venue takes {decimals} decimals there; round it down or up"
        raise WireError(message)
    if not legal:
        message = f"{what} {value} becomes zero with the {decimals} decimals the venue takes"
        raise WireError(message)
    return canonical(legal)
