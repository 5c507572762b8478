"""The caps of a skill, as the risk engine reads them."""

from decimal import Decimal

import msgspec

from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import Bps, Usd

__all__ = ["RiskLimits"]


class RiskLimits(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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
    collar_bps: Bps = Bps(100)
    """How far from the mark an order may execute."""
    mark_age_ms_max: int = 30_000

    def leverage_cap(self, venue_max: int) -> Decimal:
        """Return the highest leverage allowed on an instrument."""
        return Decimal(min(self.leverage_max, venue_max))
