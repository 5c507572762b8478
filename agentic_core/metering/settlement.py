"""What a call counts as once it is over."""

from collections.abc import Sequence

import msgspec

from agentic_core.domain.chat import CallRecord, CostSource
from agentic_core.domain.money import ZERO, Usd, plain
from agentic_core.metering.caps import is_credible, whole

__all__ = ["Settlement", "believed", "cost_of_calls", "disagreement", "settlement"]


class Settlement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A cost, and how it is known."""

    cost_usd: Usd
    source: CostSource


def believed(cost: Usd | None) -> Usd | None:
    """Return a cost as it is counted, or None where it is not known, or cannot be a cost."""
    return whole(cost) if cost is not None and is_credible(cost) else None


def settlement(bound: Usd, cost: Usd | None, source: CostSource) -> Settlement:
    """Return what a call counts as of which `bound` was held.

    A cost above the bound counts in full. None, and whatever cannot be a cost, counts as all that was held.
    """
    known = believed(cost)
    if known is None:
        return Settlement(cost_usd=bound, source=CostSource.BOUND)
    return Settlement(cost_usd=known, source=source)


def cost_of_calls(calls: Sequence[CallRecord]) -> Usd | None:
    """Return what calls cost together, or None while one of them is held."""
    costs = [call.cost_usd for call in calls if call.cost_usd is not None]
    return Usd(sum(costs, start=ZERO)) if len(costs) == len(calls) else None


def disagreement(stated: Usd | None, calls: Sequence[CallRecord]) -> str | None:
    """Return what is wrong with the cost that a decision states, or None where its calls come to the same.

    An unknown cost is never right once all of the calls are settled: each of them has a cost then.
    """
    total = cost_of_calls(calls)
    if total == stated:
        return None
    return f"the decision says that it cost {_said(stated)}, its {len(calls)} call(s) come to {_said(total)}"


def _said(amount: Usd | None) -> str:
    return "nobody knows what" if amount is None else f"{plain(amount)} USD"
