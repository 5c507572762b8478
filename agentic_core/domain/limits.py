"""The caps of a skill, as the risk engine reads them."""

from decimal import Decimal
from functools import cached_property

import msgspec

from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import Bps, Usd, bps_of

__all__ = ["RiskLimits", "Shares"]


_ONE = Decimal(1)


class Shares(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Caps as exact factors, ready to be multiplied with an amount."""

    position: Decimal
    exposure: Decimal
    leverage: Decimal
    tightest: Decimal
    """The least of the three before."""
    reserve: Decimal
    daily_kept: Decimal
    """What must be left of the day's baseline for trading to go on."""
    drawdown_kept: Decimal | None
    """What must be left of the peak."""
    stop_at_worst: Decimal
    """The most equity, of all notionals, that a stop can need to fire before a liquidation."""
    collar: Decimal


class RiskLimits(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What a deployment may do at most; the deciding side can neither see past nor change it."""

    position_bps_max: Bps
    """Notional of one symbol over equity."""
    exposure_bps_max: Bps
    """Sum of all notionals over equity."""
    orders_per_day_max: int
    """Orders sent in one UTC day; closing orders count but are never refused for it."""
    leverage_max: int
    order_usd_min: Usd
    symbols_allowed: frozenset[Symbol]
    cost_usd_month_max: Usd
    daily_loss_bps_max: Bps
    """Fall of equity since the first mark of the UTC day at which the deployment halts."""
    drawdown_bps_max: Bps | None = None
    """Fall of equity from its highest mark at which the deployment halts; None is no such halt."""
    cost_usd_day_max: Usd | None = None
    """The most that chat models may cost in one UTC day; None is no cap of its own."""
    orders_per_minute_max: int = 10
    """Orders sent in one UTC minute; closing orders count but are never refused for it."""
    stop_bps: Bps | None = None
    """Distance of a protective stop from the mark; None is no stop of the skill's own."""
    reserve_bps: Bps = Bps(50)
    """Share of all notionals kept back from the loss caps, for what leaving the positions would cost."""
    collar_bps: Bps = Bps(100)
    """How far from the mark an order may execute."""
    mark_age_ms_max: int = 30_000
    account_age_ms_max: int = 60_000
    """How old the account may be for an open."""
    venue_marks_only: bool = False
    """Whether an open needs the venue's own mark, as it does with real money."""

    @cached_property
    def shares(self) -> "Shares":
        """The caps as factors of an amount."""
        drawdown, stop = self.drawdown_bps_max, bps_of(_ONE, self.stop_bps or 0)
        return Shares(
            position=bps_of(_ONE, self.position_bps_max),
            exposure=bps_of(_ONE, self.exposure_bps_max),
            leverage=Decimal(self.leverage_max),
            tightest=min(
                bps_of(_ONE, self.position_bps_max), bps_of(_ONE, self.exposure_bps_max), Decimal(self.leverage_max)
            ),
            reserve=bps_of(_ONE, self.reserve_bps),
            daily_kept=_ONE - bps_of(_ONE, self.daily_loss_bps_max),
            drawdown_kept=None if drawdown is None else _ONE - bps_of(_ONE, drawdown),
            # A maintenance margin is at most half of a notional, and a short has grown by the stop's distance.
            stop_at_worst=stop + (_ONE + stop) / 2,
            collar=bps_of(_ONE, self.collar_bps),
        )
