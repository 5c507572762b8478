"""Halts the engine latches by itself, evaluated at every mark."""

from decimal import Decimal

import msgspec

from agentic_core.domain.account import DayCounters
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.money import bps_of, plain
from agentic_core.domain.trading import HaltReason

__all__ = ["HaltFinding", "find_halt"]


class HaltFinding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Why trading must halt now."""

    reason: HaltReason
    detail: str
    numbers: dict[str, Decimal]


def find_halt(day: DayCounters, peak: Decimal, equity: Decimal, limits: RiskLimits) -> HaltFinding | None:
    """Return the halt that is due: equity fell by the cap since the day's baseline, or from its highest mark."""
    allowed = bps_of(day.baseline, limits.daily_loss_bps_max)
    loss = day.baseline - equity
    if loss >= allowed:
        return HaltFinding(
            reason=HaltReason.DAILY_LOSS,
            detail=f"lost {plain(loss)} USD since the day's first mark, the cap is {plain(allowed)}",
            numbers={"equity": equity, "baseline": day.baseline, "loss": loss, "allowed": allowed},
        )
    if limits.drawdown_bps_max is None:
        return None
    allowed = bps_of(peak, limits.drawdown_bps_max)
    fall = peak - equity
    if fall < allowed:
        return None
    return HaltFinding(
        reason=HaltReason.DRAWDOWN,
        detail=f"fell {plain(fall)} USD below the highest equity, the cap is {plain(allowed)}",
        numbers={"equity": equity, "peak": peak, "fall": fall, "allowed": allowed},
    )
