"""Closing a position, whole or in part: never refused for its risk, and never smaller than the venue takes."""

from decimal import Decimal

from agentic_core.domain.account import AccountView
from agentic_core.domain.decision import Approved, Noop, PlannedOrder, ProposedAction
from agentic_core.domain.figures import Figures
from agentic_core.domain.instrument import VENUE_ORDER_USD_MIN, Instrument
from agentic_core.domain.market import MarketView
from agentic_core.domain.money import Price, Size
from agentic_core.risk.measure import is_usable_limit, order_size

__all__ = ["close"]


def close(action: ProposedAction, account: AccountView, market: MarketView) -> Approved | Noop:
    """Return the order that closes what the action names; a well-formed close is always approved."""
    position = account.position(action.symbol)
    if position.size == 0:
        return Noop(reason="nothing_to_close")
    mark = market.mark(action.symbol)
    price = mark.price if mark is not None else None
    instrument = market.instrument(action.symbol) or Instrument.generic(action.symbol)
    held = abs(position.size)
    size, adjusted = _size(action, instrument, held, price)
    order = PlannedOrder(
        symbol=action.symbol,
        side=position.closing_side,
        size=Size(size),
        reduce_only=True,
        limit_price=_usable_limit(action, instrument),
    )
    return Approved(plan=(order,), numbers=Figures(mark=price, held=position.size, size=size), adjusted=adjusted)


def _size(
    action: ProposedAction, instrument: Instrument, held: Decimal, mark: Decimal | None
) -> tuple[Decimal, tuple[str, ...]]:
    if action.size is None and action.size_usd is None:
        return held, ()
    if mark is None:
        if action.size is None:
            return held, ("R4_NO_MARK",)
        return min(max(order_size(action, instrument, held), instrument.size_step), held), ()
    wanted = min(order_size(action, instrument, mark), held)
    if wanted == held:
        return held, ()
    raised = wanted * mark < VENUE_ORDER_USD_MIN
    size = instrument.size_up(VENUE_ORDER_USD_MIN / mark) if raised else wanted
    adjusted = ("R9_PARTIAL_BELOW_MINIMUM",) if raised else ()
    if (held - size) * mark < VENUE_ORDER_USD_MIN:
        return held, (*adjusted, "R9_LEAVES_DUST")
    return size, adjusted


def _usable_limit(action: ProposedAction, instrument: Instrument) -> Price | None:
    # A price the venue would refuse must not cost the close: the collar's own limit takes its place.
    limit = action.limit_price
    return limit if limit is not None and is_usable_limit(limit, instrument) else None
