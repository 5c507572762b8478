"""The numbers of a verdict."""

from decimal import Decimal

import msgspec

__all__ = ["Figures"]


class Figures(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, repr_omit_defaults=True):
    """Every number a verdict was reached with; None is unknown, or not needed by it.

    Fields may be given by place, unlike everywhere else, because the risk engine makes one of these per check and
    naming them costs five times as much as making it.
    """

    mark: Decimal | None = None
    mark_age_ms: int | None = None
    mark_age_ms_max: int | None = None
    account_age_ms: int | None = None
    account_age_ms_max: int | None = None
    unresolved: int | None = None
    """Orders whose fate was not known."""
    equity: Decimal | None = None
    held: Decimal | None = None
    """Signed units of the symbol before the action."""
    size: Decimal | None = None
    """Units of the order, rounded to what the venue takes."""
    limit_price: Decimal | None = None
    """The worst price the action itself named."""
    order_usd: Decimal | None = None
    order_usd_min: Decimal | None = None
    position_usd: Decimal | None = None
    """Notional of the symbol afterwards, open orders counted worst-side."""
    position_bps_max: int | None = None
    exposure_usd: Decimal | None = None
    """Sum of all notionals afterwards, open orders counted worst-side."""
    exposure_bps_max: int | None = None
    leverage_max: int | None = None
    orders_after: int | None = None
    """Orders of the UTC day, this action's legs included."""
    orders_per_day_max: int | None = None
    minute_orders_after: int | None = None
    """Orders of the UTC minute, this action's legs included."""
    orders_per_minute_max: int | None = None
    reserve_usd: Decimal | None = None
    """Kept back from the loss caps for leaving the positions."""
    baseline: Decimal | None = None
    """Equity at the day's first mark."""
    daily_loss_bps_max: int | None = None
    peak: Decimal | None = None
    """Highest equity at a mark."""
    drawdown_bps_max: int | None = None
    collar_bps: int | None = None
    stop_bps: int | None = None
    maintenance_usd: Decimal | None = None
    """Maintenance margin once the mark stood at the stop."""
    venue_leverage: int | None = None
    """The highest leverage the venue gives a position of this notional."""
    position_before: Decimal | None = None
    """Signed units the decision had seen, where they have moved since."""
