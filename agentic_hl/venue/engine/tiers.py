"""Margin of one position, exactly.

Initial margin divides by leverages and maintenance margin by twice the maximum leverages, and thirds have no decimal.
So margin is counted in *parts*: one USD is `PARTS` of them, a common multiple of every divisor, and all sums and
comparisons are whole numbers of parts. Functions on parts run under `exact.EXACT`.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import lcm

import msgspec

from agentic_hl.venue.exact import exactly
from agentic_hl.venue.terms import Tier

__all__ = [
    "PARTS",
    "TierTable",
    "initial_margin",
    "initial_parts",
    "liquidation_price",
    "maintenance_margin",
    "maintenance_parts",
    "tier_table",
]

_LARGEST_LEVERAGE = 50
_PARTS = 2 * lcm(*range(1, _LARGEST_LEVERAGE + 1))
_ZERO = Decimal(0)

PARTS = Decimal(_PARTS)
"""How many parts a USD has."""

_INITIAL = (_ZERO, *(Decimal(_PARTS // leverage) for leverage in range(1, _LARGEST_LEVERAGE + 1)))


class TierTable(msgspec.Struct, frozen=True, kw_only=True):
    """The tiers of a market, ready to count with."""

    rungs: tuple[tuple[Decimal, Decimal, Decimal, int], ...]
    """(lower bound, maintenance rate in parts, deduction in parts, max leverage), the highest first."""

    def max_leverage(self, notional: Decimal) -> int:
        """Tell the highest leverage for a position of this size."""
        return next(leverage for bound, _, _, leverage in self.rungs if notional >= bound)


@exactly
def tier_table(tiers: Sequence[Tier]) -> TierTable:
    """Work out rates and deductions: `d(n) = d(n - 1) + bound(n) * (rate(n) - rate(n - 1))`."""
    rungs: list[tuple[Decimal, Decimal, Decimal, int]] = []
    rate = deduction = _ZERO
    for tier in tiers:
        above = Decimal(_PARTS // (2 * tier.max_leverage))
        deduction = deduction + tier.lower_bound * (above - rate) if rungs else _ZERO
        rate = above
        rungs.append((tier.lower_bound, rate, deduction, tier.max_leverage))
    return TierTable(rungs=tuple(reversed(rungs)))


def initial_parts(notional: Decimal, leverage: int) -> Decimal:
    """Work out the initial margin of a notional, in parts."""
    return notional * _INITIAL[leverage]


def maintenance_parts(notional: Decimal, table: TierTable) -> Decimal:
    """Work out the maintenance margin of a notional, in parts."""
    for bound, rate, deduction, _ in table.rungs:
        if notional >= bound:
            return notional * rate - deduction
    return _ZERO


@exactly
def initial_margin(notional: Decimal, leverage: int) -> Fraction:
    """Work out the initial margin of a notional, in USD.

    >>> initial_margin(Decimal(100), 3)
    Fraction(100, 3)
    """
    return Fraction(initial_parts(notional, leverage)) / _PARTS


@exactly
def maintenance_margin(notional: Decimal, tiers: Sequence[Tier]) -> Fraction:
    """Work out the maintenance margin of a notional, in USD.

    >>> two = (Tier(lower_bound=Decimal(0), max_leverage=10), Tier(lower_bound=Decimal(3000), max_leverage=5))
    >>> maintenance_margin(Decimal(3000), two), maintenance_margin(Decimal(4000), two)
    (Fraction(150, 1), Fraction(250, 1))
    """
    return Fraction(maintenance_parts(notional, tier_table(tiers))) / _PARTS


@exactly
def liquidation_price(szi: Decimal, mark: Decimal, buffer: Fraction, table: TierTable) -> Fraction | None:
    """Find the mark at which equity is down to maintenance margin, all other marks standing still.

    That is `mark - side * available / |szi| / (1 - rate * side)` with the rate of the tier at that very price; what
    is available is reckoned with the same tier, so that the price is the exact root.

    Args:
        szi: Signed units, not 0.
        mark: What the position is marked at.
        buffer: Equity less the maintenance margin of all other positions that share it.
        table: Tiers of the market.

    Returns:
        The price; None where no positive one would liquidate.

    >>> ten = tier_table((Tier(lower_bound=Decimal(0), max_leverage=10),))
    >>> liquidation_price(Decimal(1), Decimal(100), Fraction(10), ten)
    Fraction(1800, 19)
    """
    side = 1 if szi > 0 else -1
    units, at = abs(Fraction(szi)), Fraction(mark)
    upper: Fraction | None = None
    for bound, rate_parts, deduction_parts, _ in table.rungs:
        rate, deduction = Fraction(rate_parts) / _PARTS, Fraction(deduction_parts) / _PARTS
        available = buffer - (units * at * rate - deduction)
        price = at - side * available / units / (1 - rate * side)
        notional = units * price
        if notional >= Fraction(bound) and (upper is None or notional <= upper):
            return price if price > 0 else None
        upper = Fraction(bound)
    return None
