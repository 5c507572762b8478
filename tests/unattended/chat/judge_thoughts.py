"""Whether what was recorded and done is what the chat model said, and unusable answers are nothing else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from agentic_core.domain import DecisionId, IntentKind, Symbol
from agentic_core.domain.decision import Decision, EngineResult, NoopResult
from tests.lifecycles.written import Line
from tests.unattended.chat.arrivals import Arrival, What
from tests.unattended.chat.stage import ChatStage
from tests.unattended.scene import DEPOSIT, Scene

__all__ = ["faults_of_thoughts"]

_UNUSABLE = "unusable_reply: "
_IN_A_ROW = 3
_AT_ONCE = ("not_allowed", "leaked")
_PAGING_MS = 1_000
_CAP = DEPOSIT * Decimal("0.46")
"""The cap of a position is 40 % of the equity, which may have grown a little."""


def faults_of_thoughts(
    scene: Scene, stage: ChatStage, results: Mapping[DecisionId, EngineResult], lines: Sequence[Line]
) -> Iterator[str]:
    """Look at every decision of a chat model, and at every order that may make a position larger."""
    orders = [line for line in lines if line.kind == "intent" and line.body["kind"] == IntentKind.ORDER]
    ordering = {str(line.body["decision_id"]): line for line in orders}
    opening = {str(line.body["decision_id"]): line for line in orders if not line.body["reduce_only"]}
    last: dict[str, Arrival] = {}
    for arrival in stage.provider.arrivals:
        last[arrival.call.decision] = arrival
    for decision in stage.decisions:
        key, result = decision.decision_id, results.get(decision.decision_id)
        arrival_or_none = last.get(key)
        name = f"turn {key[:8]}"
        if arrival_or_none is None:
            if key in ordering or decision.proposed_action is not None:
                yield f"{name} wished for something, and nobody was asked"
            continue
        yield from _decision(name, decision, result, arrival_or_none, is_ordering=key in ordering)
        if arrival_or_none.served.is_outside and key in opening:
            yield f"{name} opened what lies outside what was allowed: {arrival_or_none.served.action}"
    if stage.plan.is_quiet:
        yield from _pages(scene, stage, results)
    yield from _sizes(scene, opening.values())


def _sizes(scene: Scene, opening: Iterable[Line]) -> Iterator[str]:
    for line in opening:
        symbol, size = Symbol(str(line.body["symbol"])), Decimal(str(line.body["size"]))
        if symbol not in scene.marks or size * scene.marks[symbol] > _CAP:
            yield f"{size} {symbol} were ordered, which no cap allows"


def _pages(scene: Scene, stage: ChatStage, results: Mapping[DecisionId, EngineResult]) -> Iterator[str]:
    in_a_row = 0
    for decision in sorted(stage.decisions, key=lambda one: one.tick_at):
        result = results.get(decision.decision_id)
        is_unusable = _reason(result).startswith(_UNUSABLE)
        in_a_row = in_a_row + 1 if is_unusable else 0
        at = stage.decided[decision.decision_id]
        needs_human = in_a_row == _IN_A_ROW or (is_unusable and _reason(result).endswith(_AT_ONCE))
        if needs_human and not any(paged <= at + _PAGING_MS for paged, _ in scene.pages):
            yield f"{in_a_row} turn(s) in a row ended with {_reason(result)}, and nobody was called"


def _reason(result: EngineResult | None) -> str:
    return result.reason if isinstance(result, NoopResult) else ""


def _decision(
    name: str, decision: Decision, result: EngineResult | None, arrival: Arrival, *, is_ordering: bool
) -> Iterator[str]:
    served, reason = arrival.served, _reason(result)
    is_unusable = reason.startswith(_UNUSABLE)
    has_answer = arrival.was_handed_over and served.what in {What.ACTION, What.NOTHING}
    if not has_answer or is_unusable:
        if decision.proposed_action is not None or is_ordering:
            yield f"{name} ended with {served.plan}, and became an order"
        if result is not None and not is_unusable:
            yield f"{name} ended with {served.plan}, and is recorded as {result}"
        if has_answer and is_unusable and not reason.endswith(("broken_off", "over_budget")):
            yield f"{name} had the answer {served.action}, and is recorded as {reason}"
        return
    wished = decision.proposed_action
    if wished is None or served.action is None:
        if (wished is None) != (served.action is None):
            yield f"{name} had the answer {served.action}, and decided {wished}"
        return
    said = (served.action["kind"], served.action["symbol"], served.action.get("side"))
    if said != (wished.kind, wished.symbol, wished.side) or not _same_size(served.action, decision):
        yield f"{name} had the answer {served.action}, and decided {wished}"


def _same_size(action: Mapping[str, object], decision: Decision) -> bool:
    wished = decision.proposed_action
    assert wished is not None, "there is an action"
    for name, amount in (("size", wished.size), ("sizeUsd", wished.size_usd)):
        said = action.get(name)
        if (said is None) != (amount is None) or (said is not None and Decimal(str(said)) != amount):
            return False
    return True
