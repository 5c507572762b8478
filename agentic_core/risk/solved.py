"""The caps solved for one unknown: the position that reaches them, and the equity that is reached by it.

A quotient is rounded, so a result may lie a digit beside the end it stands for, and it does not tell whether the end
itself still passes: `room` finds that out by the rules' own conditions.
"""

from decimal import Decimal

from agentic_core.domain.instrument import Instrument
from agentic_core.domain.money import BPS_ONE, ZERO
from agentic_core.domain.side import Side
from agentic_core.risk.facts import Facts
from agentic_core.risk.measure import Measured
from agentic_core.risk.stages import equity_needed_at_stop

__all__ = ["equity_usd_least", "position_usd_most"]

_NONE = Decimal(-1)


def position_usd_most(facts: Facts, instrument: Instrument) -> Decimal:
    """Return the notional of the symbol at which the first of R5, R6, R8 and R9's stop refuses; below zero for none."""
    equity, shares, stop_bps = facts.equity, facts.limits.shares, facts.limits.stop_bps
    left = equity - _equity_kept(facts)
    if facts.baseline <= ZERO or left <= ZERO:
        return _NONE
    exposure = equity * min(shares.exposure, shares.leverage)
    if shares.reserve > ZERO:
        exposure = min(exposure, left / shares.reserve)
    most = min(equity * shares.position, exposure - facts.elsewhere_usd, _lent_usd(instrument, equity))
    return most if stop_bps is None else min(most, _survivable_usd(facts, instrument, stop_bps))


def equity_usd_least(facts: Facts, measured: Measured, instrument: Instrument) -> Decimal | None:
    """Return the equity from which on none of R5, R6, R8 and R9's stop refuses; None where a cap is zero."""
    shares = facts.limits.shares
    if shares.tightest <= ZERO:
        return None
    lent = Decimal(instrument.leverage_at(measured.position_usd))
    bounds = [
        measured.position_usd / min(shares.position, lent),
        measured.exposure_usd / min(shares.exposure, shares.leverage),
        measured.reserve_usd + _equity_kept(facts),
    ]
    if facts.limits.stop_bps is not None:
        bounds.append(equity_needed_at_stop(facts, measured, instrument))
    return max(bounds)


def _equity_kept(facts: Facts) -> Decimal:
    # What the loss caps do not let go of.
    shares = facts.limits.shares
    kept = facts.baseline * shares.daily_kept
    return kept if shares.drawdown_kept is None else max(kept, facts.peak * shares.drawdown_kept)


def _lent_usd(instrument: Instrument, equity: Decimal) -> Decimal:
    # A tier whose own leverage does not reach into it ends the position where it begins.
    if not instrument.tiers:
        return equity * instrument.leverage_max
    return min(max(tier.lower_bound, equity * tier.leverage_max) for tier in instrument.tiers)


def _survivable_usd(facts: Facts, instrument: Instrument, stop_bps: int) -> Decimal:
    # The maintenance margin is the highest of its tiers' lines, so the least of their solutions is the solution.
    stop = Decimal(stop_bps) / BPS_ONE
    moved = 1 - stop if facts.action.side is Side.BUY else 1 + stop
    free = facts.equity - facts.elsewhere_maintenance
    if not instrument.tiers:
        return free / (stop + instrument.maintenance_rate * moved)
    least, below = None, ZERO
    for tier in instrument.tiers:
        rate = tier.maintenance_rate
        free += tier.lower_bound * (rate - below)
        most = free / (stop + rate * moved)
        least, below = most if least is None else min(least, most), rate
    assert least is not None, "an instrument with tiers has at least one"
    return least
