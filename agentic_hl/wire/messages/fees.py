"""What trading costs an account, and what it has traded."""

from decimal import Decimal

import msgspec

from agentic_hl.wire.units import decimal_of

__all__ = [
    "DailyVolume",
    "FeeTier",
    "FeeTiers",
    "MakerTier",
    "Period",
    "Referral",
    "Referrer",
    "UserFees",
    "WireFeeSchedule",
]


class FeeTier(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """From a 14-day volume on, these rates."""

    ntl_cutoff: str
    cross: str
    add: str
    spot_cross: str | None = None
    spot_add: str | None = None


class MakerTier(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """From a share of all making on, this rate."""

    maker_fraction_cutoff: str
    add: str


class FeeTiers(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The steps of the schedule."""

    vip: tuple[FeeTier, ...] = ()
    mm: tuple[MakerTier, ...] = ()


class WireFeeSchedule(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """The venue's schedule; rates are shares of notional."""

    cross: str
    add: str
    spot_cross: str | None = None
    spot_add: str | None = None
    tiers: FeeTiers = FeeTiers()
    referral_discount: str | None = None


class DailyVolume(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """What an account and the venue traded in a day."""

    date: str
    user_cross: str
    user_add: str
    exchange: str


class UserFees(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """What an account pays."""

    user_cross_rate: str
    user_add_rate: str
    user_spot_cross_rate: str | None = None
    user_spot_add_rate: str | None = None
    active_referral_discount: str = "0"
    daily_user_vlm: tuple[DailyVolume, ...] = ()
    fee_schedule: WireFeeSchedule | None = None

    @property
    def taker_rate(self) -> Decimal:
        """Share of notional paid for taking, before the referral discount."""
        return decimal_of(self.user_cross_rate)

    @property
    def maker_rate(self) -> Decimal:
        """Share of notional paid for making; negative is a rebate."""
        return decimal_of(self.user_add_rate)


class Period(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """An account over a time: pairs of milliseconds and US dollars."""

    account_value_history: tuple[tuple[int, str], ...]
    pnl_history: tuple[tuple[int, str], ...]
    vlm: str


class Referrer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who referred an account."""

    referrer: str
    code: str


class Referral(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """What an account has to do with referrals."""

    cum_vlm: str
    referred_by: Referrer | None = None
    unclaimed_rewards: str = "0"
    claimed_rewards: str = "0"
    builder_rewards: str = "0"
