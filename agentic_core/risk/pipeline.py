"""The pipeline of an open, SHAPE to VENUE; the first refusal wins.

It is pure and total: the same facts give the same verdict, and every proposal has one.
"""

from decimal import Decimal

import msgspec

from agentic_core.domain.decision import Approved, Denied, PlannedOrder, ProposedAction
from agentic_core.domain.figures import Figures
from agentic_core.domain.money import ZERO, Size
from agentic_core.domain.side import Side
from agentic_core.risk.facts import Facts
from agentic_core.risk.measure import Measured, measure
from agentic_core.risk.rules import deny
from agentic_core.risk.stages import (
    maintenance_at_stop,
    open_misshapen,
    out_of_reach,
    over_allowances,
    over_caps,
    refused_by_venue,
    stale,
    stop_too_late,
)

__all__ = ["closing_leg", "judge", "named_figures"]

_BUY = Side.BUY
_DIGITS_MAX = 100


def judge(facts: Facts) -> Approved | Denied:
    """Return what may be done about an open."""
    action, instrument, mark = facts.action, facts.instrument, facts.mark
    rule = open_misshapen(action) or out_of_reach(facts) or stale(facts)
    if rule is not None:
        return deny(rule, action, _early_figures(facts))
    assert instrument is not None, "R2_UNKNOWN_INSTRUMENT lets no open of an unlisted symbol pass"
    assert mark is not None, "R4_NO_MARK lets no open without a mark pass"
    measured = measure(facts, instrument, mark)
    legs = 2 if measured.opposed else 1
    figures = _figures(facts, measured, mark, legs)
    rule = (
        over_caps(facts, measured, instrument)
        or over_allowances(facts, measured, legs)
        or refused_by_venue(facts, measured, instrument, mark)
        or stop_too_late(facts, measured, instrument)
    )
    if rule is None:
        return Approved(plan=_plan(facts, measured), numbers=figures)
    if rule == "R6_VENUE_LEVERAGE":
        lent = instrument.leverage_at(measured.position_usd)
        figures = msgspec.structs.replace(figures, venue_leverage=lent)
    if rule == "R9_LIQUIDATION_BEFORE_STOP":
        maintenance_usd = maintenance_at_stop(facts, measured, instrument)
        figures = msgspec.structs.replace(figures, maintenance_usd=maintenance_usd)
    return deny(rule, action, figures)


def closing_leg(facts: Facts) -> PlannedOrder | None:
    """Return the order that closes an opposite position, or None where none is held; no rule refuses it."""
    held, side = facts.held, facts.action.side
    if not held or side is None or (held > 0) is (side is _BUY):
        return None
    return PlannedOrder(symbol=facts.action.symbol, side=side, size=Size(abs(held)), reduce_only=True)


def named_figures(action: ProposedAction) -> Figures:
    """Return the numbers an action names, as far as they could be stored: no NaN, and nothing absurdly long."""
    return Figures(size=_storable(action.size), limit_price=_storable(action.limit_price))


def _storable(number: Decimal | None) -> Decimal | None:
    # PostgreSQL holds numbers of up to 131,072 digits, and no price or size needs a hundred.
    if number is None or not number.is_finite() or abs(number.adjusted()) > _DIGITS_MAX:
        return None
    return number


def _plan(facts: Facts, measured: Measured) -> tuple[PlannedOrder, ...]:
    action = facts.action
    side, symbol = action.side, action.symbol
    assert side is not None, "R1_SIDE_MISSING lets no open without a side pass"
    size, limit = measured.size, action.limit_price
    if not measured.opposed:
        return (PlannedOrder(symbol, side, size, False, limit, facts.held),)  # noqa: FBT003 - by place, see Facts
    closing = PlannedOrder(symbol=symbol, side=side, size=measured.opposed, reduce_only=True)
    # The opening leg is only sent once the closing one before it has filled.
    opening = PlannedOrder(
        symbol=symbol, side=side, size=size, reduce_only=False, limit_price=limit, position_before=Size(ZERO)
    )
    return (closing, opening)


def _early_figures(facts: Facts) -> Figures:
    # Before anything is measured: what was known, without what the action itself made up.
    limits = facts.limits
    known = facts.mark is not None
    return msgspec.structs.replace(
        named_figures(facts.action),
        mark=facts.mark,
        mark_age_ms=facts.mark_age_ms if known else None,
        mark_age_ms_max=limits.mark_age_ms_max,
        account_age_ms=facts.account_age_ms,
        account_age_ms_max=limits.account_age_ms_max,
        unresolved=facts.unresolved,
    )


def _figures(facts: Facts, measured: Measured, mark: Decimal, legs: int) -> Figures:
    limits = facts.limits
    return Figures(
        mark,
        facts.mark_age_ms,
        limits.mark_age_ms_max,
        facts.account_age_ms,
        limits.account_age_ms_max,
        facts.unresolved,
        facts.equity,
        facts.held,
        measured.size,
        _storable(facts.action.limit_price),
        measured.order_usd,
        limits.order_usd_min,
        measured.position_usd,
        limits.position_bps_max,
        measured.exposure_usd,
        limits.exposure_bps_max,
        limits.leverage_max,
        facts.orders + legs,
        limits.orders_per_day_max,
        facts.minute_orders + legs,
        limits.orders_per_minute_max,
        measured.reserve_usd,
        facts.baseline,
        limits.daily_loss_bps_max,
        facts.peak,
        limits.drawdown_bps_max,
        limits.collar_bps,
        limits.stop_bps,
    )
