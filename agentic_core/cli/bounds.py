"""What the commands say about the most a skill can lose."""

from decimal import Decimal
from typing import assert_never

from agentic_core.domain.bounds import GapAssumptions, LossBound, Unbounded
from agentic_core.domain.money import plain

__all__ = ["in_words"]


def in_words(bound: LossBound | Unbounded) -> str:
    """Return one line: the three figures with what they assume, or why there are none."""
    match bound:
        case LossBound(assumptions=assumptions):
            order, day, deployment = (_percent(bps) for bps in (bound.order_bps, bound.day_bps, bound.deployment_bps))
            losses = f"{order} per order, {day} per day, {deployment} before it halts for good"
            return f"worst loss by the caps: {losses} ({_assumed(assumptions)})"
        case Unbounded(path=path, reason=reason):
            return f"worst loss by the caps: everything, so that it cannot be deployed; {path} {reason}"
        case never:
            assert_never(never)


def _assumed(assumptions: GapAssumptions) -> str:
    gap, carry = _percent(assumptions.gap_bps), _percent(assumptions.carry_bps)
    return f"assumes gaps up to {gap} between turns, and no rise above {carry} from one open to the next"


def _percent(bps: int) -> str:
    return f"{plain(Decimal(bps) / 100)} %"
