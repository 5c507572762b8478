"""The numbers that rules compare, measured once per action."""

from decimal import Decimal

import msgspec

from agentic_core.domain.account import AccountView
from agentic_core.domain.decision import Number, ProposedAction
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.market import Mark, MarketView
from agentic_core.domain.money import ZERO, Size, Usd
from agentic_core.domain.side import Side
from agentic_core.domain.trading import TradingState

__all__ = ["Figures", "Request", "measure", "named_sizes"]

_NO_UNITS = Size(ZERO)
_SIZE_MAX = Size(Decimal(10**21))
"""No account holds more units; a larger wish is measured as this, because exact sums of it would not fit a Decimal."""


class Request(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An open as it came in, with everything that may be known without arithmetic."""

    action: ProposedAction
    account: AccountView
    market: MarketView
    limits: RiskLimits
    state: TradingState
    instrument: Instrument | None
    mark: Mark | None


class Figures(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an open would lead to, at the mark."""

    limits: RiskLimits
    mark: Decimal
    equity: Usd
    size: Size
    """Units of the new order, rounded down to what the venue takes."""
    opposing: Size
    """Units of an opposite position that a first leg closes."""
    order_usd: Usd
    position_usd: Usd
    """Notional of the symbol afterwards."""
    exposure_usd: Usd
    """Sum of all notionals afterwards."""
    orders_after: int
    """Orders of the UTC day, this action's legs included."""
    loss_bps: Decimal
    """Fall of equity since the day's baseline."""

    def numbers(self) -> dict[str, Number]:
        """Return all figures by name, for the verdict."""
        limits = self.limits
        return {
            "mark": self.mark,
            "equity": self.equity,
            "size": self.size,
            "order_usd": self.order_usd,
            "position_usd": self.position_usd,
            "position_bps_max": limits.position_bps_max,
            "exposure_usd": self.exposure_usd,
            "exposure_bps_max": limits.exposure_bps_max,
            "leverage_max": limits.leverage_max,
            "orders_after": self.orders_after,
            "orders_per_day_max": limits.orders_per_day_max,
            "loss_bps": self.loss_bps,
            "daily_loss_bps_max": limits.daily_loss_bps_max,
        }


def measure(request: Request, side: Side, instrument: Instrument, mark: Decimal) -> Figures:
    """Return what the open would lead to."""
    account = request.account
    equity = account.equity
    held = account.position(request.action.symbol).size
    size = _size(request.action, instrument, mark)
    units = abs(held)
    opposes = held > 0 if side is Side.SELL else held < 0
    position_usd = Usd((size if opposes else units + size) * mark)
    elsewhere = account.exposure() - units * mark
    return Figures(
        limits=request.limits,
        mark=mark,
        equity=equity,
        size=size,
        opposing=Size(units) if opposes else _NO_UNITS,
        order_usd=Usd(size * mark),
        position_usd=position_usd,
        exposure_usd=Usd(elsewhere + position_usd),
        orders_after=account.day.orders + (2 if opposes else 1),
        loss_bps=account.day.loss_bps(equity),
    )


def named_sizes(action: ProposedAction) -> dict[str, Number]:
    """Return the sizes an action names, as far as they are numbers: an infinity or a NaN could not be stored."""
    named = {"size": action.size, "size_usd": action.size_usd}
    return {name: size if size is not None and size.is_finite() else None for name, size in named.items()}


def _size(action: ProposedAction, instrument: Instrument, mark: Decimal) -> Size:
    if action.size is not None:
        return instrument.size_down(min(action.size, _SIZE_MAX))
    wanted = action.size_usd if action.size_usd is not None else ZERO
    if wanted >= _SIZE_MAX * mark:
        return _SIZE_MAX
    # Whole steps, because a quotient is rounded to the nearest digit and could come out as one step too many.
    step = instrument.size_step
    return Size(wanted // (mark * step) * step)
