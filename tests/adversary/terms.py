"""The numbers of a configuration as the attacker's own arithmetic uses them: whole, and never rounded in its favour.

A price is millionths of a dollar, a size is lots of a ten-thousandth, so that an amount is their product.
"""

import msgspec

from tests.adversary.configurations import SIZE_DECIMALS, Configuration

__all__ = ["AMOUNT_DECIMALS", "BPS", "DOLLAR", "PRICE_DECIMALS", "Terms"]

PRICE_DECIMALS = 6
AMOUNT_DECIMALS = PRICE_DECIMALS + SIZE_DECIMALS
DOLLAR: int = 10**AMOUNT_DECIMALS
BPS = 10_000
_MILLION = 1_000_000


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """Basis points unless said otherwise; None is no such cap."""

    count: int
    """How many symbols there are."""
    gap: int
    carry: int
    funding: int
    fee_ppm: int
    collar: int
    position: int
    exposure: int
    """The lower one of the exposure and the leverage cap."""
    daily: int
    drawdown: int
    reserve: int
    stop: int | None
    tiers: tuple[tuple[int, int], ...]
    """From which amount on which leverage, the same for every symbol."""

    @classmethod
    def of(cls, configuration: Configuration) -> "Terms":
        """Read a configuration."""
        limits, assumed = configuration.limits, configuration.assumptions
        listed = configuration.instruments[0]
        tiers = tuple((int(tier.lower_bound) * DOLLAR, tier.leverage_max) for tier in listed.tiers)
        return cls(
            count=len(configuration.instruments),
            gap=assumed.gap_bps,
            carry=assumed.carry_bps,
            funding=assumed.funding_bps,
            fee_ppm=int(assumed.fees.taker_rate * _MILLION),
            collar=limits.collar_bps,
            position=limits.position_bps_max,
            exposure=min(limits.exposure_bps_max, BPS * limits.leverage_max),
            daily=limits.daily_loss_bps_max,
            drawdown=limits.drawdown_bps_max or BPS,
            reserve=limits.reserve_bps,
            stop=limits.stop_bps,
            tiers=tiers or ((0, listed.leverage_max),),
        )

    def fee(self, amount: int) -> int:
        """Return what executing an amount costs; the part of a unit is left out, as the bound does."""
        return amount * self.fee_ppm // _MILLION

    def maintenance(self, amount: int) -> int:
        """Return the maintenance margin of an amount: half the initial margin, each tier on its own slice."""
        total, tiers = 0, self.tiers
        for place, (lower, leverage) in enumerate(tiers):
            if amount <= lower:
                break
            upper = tiers[place + 1][0] if place + 1 < len(tiers) else amount
            total += (min(amount, upper) - lower) // (2 * leverage)
        return total
