"""Margin tiers: the larger a position, the less leverage the venue gives it.

Hyperliquid: the maintenance rate of a tier is half the initial margin at its highest leverage, and each tier deducts
what the tiers below it ask less (developer documentation, "Margin tiers").
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import msgspec

from agentic_core.domain.money import ZERO, Usd
from agentic_core.errors import UsageError

__all__ = ["MarginTier", "check_tiers", "maintenance_of", "tier_at"]


class MarginTier(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The leverage allowed from a notional on, up to the next tier."""

    lower_bound: Usd
    leverage_max: int

    @property
    def maintenance_rate(self) -> Decimal:
        """Maintenance margin as a share of the notional within this tier."""
        return Decimal(1) / (2 * self.leverage_max)


def check_tiers(tiers: Sequence[MarginTier]) -> None:
    """Refuse tiers that do not start at zero, do not rise, or give a larger position more leverage.

    Raises:
        UsageError: the tiers are none a venue can have.
    """
    bounds = [tier.lower_bound for tier in tiers]
    leverages = [tier.leverage_max for tier in tiers]
    rising = all(low < high for low, high in pairwise(bounds))
    falling = all(high >= low for high, low in pairwise(leverages))
    if bounds[:1] != [ZERO] or not rising or not falling or leverages[-1] < 1:
        shown = ", ".join(f"{tier.leverage_max}x from {tier.lower_bound} USD" for tier in tiers)
        message = (
            f"margin tiers must start at 0 USD, rise, and never give more leverage to more; were {shown or 'none'}"
        )
        raise UsageError(message)


def tier_at(tiers: Sequence[MarginTier], notional: Decimal) -> MarginTier:
    """Return the tier of a notional."""
    found = tiers[0]
    for tier in tiers:
        if notional < tier.lower_bound:
            break
        found = tier
    return found


def maintenance_of(tiers: Sequence[MarginTier], notional: Decimal) -> Usd:
    """Return the maintenance margin of a notional.

    >>> maintenance_of([MarginTier(lower_bound=Usd(Decimal(0)), leverage_max=40)], Decimal(80_000))
    Decimal('1000.0000')
    """
    total, deduction, below = ZERO, ZERO, ZERO
    for tier in tiers:
        if notional < tier.lower_bound:
            break
        rate = tier.maintenance_rate
        deduction += tier.lower_bound * (rate - below)
        total, below = notional * rate - deduction, rate
    return Usd(total)
