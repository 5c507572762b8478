"""Whether every call has the cost that it had, and every cap held at every step."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from agentic_core.domain.chat import CallId, CallRecord, ChatPurpose, CostSource
from tests.unattended.chat.arrivals import Arrival
from tests.unattended.chat.skill import STEPS_MAX
from tests.unattended.chat.stage import ChatStage

__all__ = ["faults_of_costs"]

_REPAIRS_MAX = 1
_ATTEMPTS_MAX = 3
_ROUNDED = Decimal("0.00000002")
"""Costs are rounded up, each of their two parts."""


def faults_of_costs(stage: ChatStage) -> Iterator[str]:
    """Look at every reservation there ever was."""
    yield from stage.book.faults
    arrived = {arrival.call: arrival for arrival in stage.provider.arrivals}
    for call, row in stage.book.rows.items():
        name = f"call {call.decision[:8]}/{call.step}/{call.attempt}"
        if row.cost_usd is None:
            yield f"{name} is still held at the end"
        else:
            yield from _cost(name, row, row.cost_usd, arrived.get(call))
        if call.step >= STEPS_MAX or call.attempt >= _ATTEMPTS_MAX:
            yield f"{name} is one too many"
    turns = Counter(decision for decision, _ in {(call.decision, call.step) for call in _repairs(stage)})
    yield from (f"turn {one[:8]} was repaired {count} times" for one, count in turns.items() if count > _REPAIRS_MAX)
    for decision in stage.decisions:
        rows = [row for call, row in stage.book.rows.items() if call.decision == decision.decision_id]
        total = sum((row.cost_usd or Decimal(0) for row in rows), Decimal(0))
        if total != decision.usage.cost_usd:
            yield f"turn {decision.decision_id[:8]} says {decision.usage.cost_usd} USD, its calls come to {total}"


def _repairs(stage: ChatStage) -> Iterator[CallId]:
    return (call for call, row in stage.book.rows.items() if row.purpose is ChatPurpose.REPAIR)


def _cost(name: str, row: CallRecord, cost: Decimal, arrival: Arrival | None) -> Iterator[str]:
    if arrival is None:
        if cost and row.source is not CostSource.BOUND:
            yield f"{name} reached nobody, and counts as {cost} USD ({row.source})"
        return
    served = arrival.served
    if row.source is CostSource.NEVER_LEFT:
        yield f"{name} reached the provider, and counts as one that never left"
    least = min(served.charged, row.bound_usd)
    if cost < least:
        yield f"{name} ({served.plan}) cost {served.charged} USD of {row.bound_usd}, and counts as {cost}"
    if row.source is CostSource.REPORTED and served.is_told and not served.charged <= cost <= served.charged + _ROUNDED:
        yield f"{name} ({served.plan}) said that it cost {served.charged} USD, and counts as {cost}"
    if row.source is CostSource.BOUND and cost != row.bound_usd:
        yield f"{name} counts as its bound {row.bound_usd} USD, and that is {cost}"
