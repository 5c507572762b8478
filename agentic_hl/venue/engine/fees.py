"""What trading costs, by volume of 14 days, maker share and discount.

A fee is `sz · px · rate`, rounded up to a millionth of a USD, a rebate down (assumed; USDC has six decimals).
"""

from decimal import ROUND_CEILING, Decimal

import msgspec

from agentic_hl.venue.exact import rounded

__all__ = ["FEE_WINDOW_DAYS", "FeeSchedule", "MakerTier", "VipTier", "fee_of", "fee_rates"]

FEE_WINDOW_DAYS = 14
_MICRO = Decimal("0.000001")
_WHOLE = Decimal(1)


class VipTier(msgspec.Struct, frozen=True, kw_only=True):
    """From more than this volume on, these rates."""

    cutoff: Decimal
    cross: Decimal
    add: Decimal


class MakerTier(msgspec.Struct, frozen=True, kw_only=True):
    """From more than this part of all maker volume on, this rate for resting orders."""

    cutoff: Decimal
    add: Decimal


def _vip(cutoff_millions: int, cross: str, add: str) -> VipTier:
    return VipTier(cutoff=Decimal(cutoff_millions) * 1_000_000, cross=Decimal(cross), add=Decimal(add))


class FeeSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """The rates, as fractions of notional."""

    cross: Decimal = Decimal("0.00045")
    add: Decimal = Decimal("0.00015")
    vip: tuple[VipTier, ...] = (
        _vip(5, "0.0004", "0.00012"),
        _vip(25, "0.00035", "0.00008"),
        _vip(100, "0.0003", "0.00004"),
        _vip(500, "0.00028", "0"),
        _vip(2_000, "0.00026", "0"),
        _vip(7_000, "0.00024", "0"),
    )
    """Ascending."""
    makers: tuple[MakerTier, ...] = (
        MakerTier(cutoff=Decimal("0.005"), add=Decimal("-0.00001")),
        MakerTier(cutoff=Decimal("0.015"), add=Decimal("-0.00002")),
        MakerTier(cutoff=Decimal("0.03"), add=Decimal("-0.00003")),
    )
    """Ascending."""


def fee_rates(
    schedule: FeeSchedule, volume: Decimal, *, maker_share: Decimal = Decimal(0), discount: Decimal = Decimal(0)
) -> tuple[Decimal, Decimal]:
    """Tell the taker and the maker rate.

    A discount takes its part of positive rates and leaves rebates alone (assumed).

    >>> fee_rates(FeeSchedule(), Decimal(0))
    (Decimal('0.00045'), Decimal('0.00015'))
    >>> fee_rates(FeeSchedule(), Decimal(6_000_000), maker_share=Decimal("0.02"))
    (Decimal('0.0004'), Decimal('-0.00002'))
    """
    cross, add = schedule.cross, schedule.add
    for tier in schedule.vip:
        if volume > tier.cutoff:
            cross, add = tier.cross, tier.add
    for share in schedule.makers:
        if maker_share > share.cutoff:
            add = share.add
    if discount:
        kept = _WHOLE - discount
        cross = cross * kept if cross > 0 else cross
        add = add * kept if add > 0 else add
    return cross, add


def fee_of(notional: Decimal, rate: Decimal) -> Decimal:
    """Tell the fee of an execution; a rebate is negative.

    >>> fee_of(Decimal("10.9035"), Decimal("0.00045")), fee_of(Decimal("10.9035"), Decimal("-0.00003"))
    (Decimal('0.004907'), Decimal('-0.000327'))
    """
    return rounded(notional * rate, _MICRO, ROUND_CEILING)
