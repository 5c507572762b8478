"""Exact decimal arithmetic for the engine's books.

Money only meets sums, differences and products, which are exact in decimals if there are digits enough: `EXACT` has
them and traps whatever would round. The few divisions say where they round, with the functions here.
"""

from collections.abc import Callable
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    FloatOperation,
    Inexact,
    InvalidOperation,
    Overflow,
    localcontext,
)
from functools import wraps
from typing import ParamSpec, TypeVar

__all__ = ["EXACT", "divided", "exactly", "figure", "rounded"]

_DIGITS = 120
_FIGURE_DIGITS = 28
_WRONG = [InvalidOperation, DivisionByZero, Overflow, FloatOperation]

EXACT = Context(prec=_DIGITS, rounding=ROUND_HALF_EVEN, traps=[*_WRONG, Inexact])
"""Every operation is exact or an exception."""
_ROUNDING = Context(prec=_DIGITS, rounding=ROUND_HALF_EVEN, traps=_WRONG)
_FIGURES = Context(prec=_FIGURE_DIGITS, rounding=ROUND_HALF_EVEN, traps=_WRONG)

_Params = ParamSpec("_Params")
_Result = TypeVar("_Result")


def exactly(function: Callable[_Params, _Result]) -> Callable[_Params, _Result]:
    """Run a function under `EXACT`, whatever the caller's context."""

    @wraps(function)
    def run(*args: _Params.args, **kwargs: _Params.kwargs) -> _Result:
        with localcontext(EXACT):
            return function(*args, **kwargs)

    return run


def divided(numerator: Decimal, denominator: Decimal, step: Decimal, rounding: str = ROUND_HALF_EVEN) -> Decimal:
    """Divide and round to a multiple of a power of ten.

    >>> divided(Decimal(2), Decimal(3), Decimal("0.000001"), "ROUND_UP")
    Decimal('0.666667')
    """
    return _ROUNDING.divide(numerator, denominator).quantize(step, rounding=rounding, context=_ROUNDING)


def rounded(value: Decimal, step: Decimal, rounding: str = ROUND_HALF_EVEN) -> Decimal:
    """Round to a multiple of a power of ten.

    >>> rounded(Decimal("1.25"), Decimal("0.1"))
    Decimal('1.2')
    """
    return value.quantize(step, rounding=rounding, context=_ROUNDING)


def figure(numerator: Decimal, denominator: Decimal) -> Decimal:
    """Divide for display: the exact quotient, rounded once to 28 significant digits.

    >>> figure(Decimal(1), Decimal(3))
    Decimal('0.3333333333333333333333333333')
    """
    return _FIGURES.divide(numerator, denominator)
