"""Every course a small thought can take: it ends, pays first, uses what is offered, and counts what it cost."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TypeAlias

import pytest

from agentic_core.chat.effects import Ask, Asked, Refused, Reserve, Reserved, ThoughtReply, UseTool
from agentic_core.chat.run_skill import run_skill
from agentic_core.chat.thinking import Thinking
from agentic_core.chat.thought import Answer, NotAsked, Question, Thought, Unusable
from agentic_core.domain.chat import ChatPurpose, UnusableCause
from agentic_core.ports.chat_model import CallFailure, CallOutcome, Completion
from agentic_core.ports.chat_tools import ToolResult
from tests.support.thoughts import CANARY, NOTHING, OPEN_BTC, PRICE, broke, question, spoke, thinking, wished

STEPS, ATTEMPTS, REPAIRS = 3, 2, 1
UNPAID = "unpaid"
BROKEN_OFF = "broken_off"
OUTCOMES: dict[str, CallOutcome] = {
    "open": spoke(OPEN_BTC),
    "nothing": spoke(NOTHING),
    "prose": spoke("I would rather hold."),
    "silence": spoke(" "),
    "leak": spoke(CANARY),
    "tool": wished(("echo", "{}")),
    "unlisted": wished(("withdraw", "{}"), ("echo", "{}")),
    "answer_by_tool": wished(("propose_order", OPEN_BTC)),
    "two_answers": wished(("propose_order", OPEN_BTC), ("propose_order", NOTHING)),
    "busy": broke(CallFailure.RATE_LIMITED),
    "refusal": broke(CallFailure.REFUSED),
    BROKEN_OFF: spoke(OPEN_BTC),
}
"""What can come of one call; besides, none may be paid for."""

Course: TypeAlias = tuple[str, ...]


class Run:
    """One course of a thought: what it yielded, and how it ended if the course was long enough."""

    def __init__(self, way: Thinking, asked: Question, course: Course) -> None:
        self.course = course
        self.reserves: list[Reserve] = []
        self.asks: list[Ask] = []
        self.uses: list[UseTool] = []
        self.thought: Thought | None = None
        self.is_paid_first = True
        turn, left = run_skill(way, asked), list(course)
        effect = next(turn)
        while True:
            reply = self._reply(effect, left)
            if reply is None:
                return
            try:
                effect = turn.send(reply)
            except StopIteration as stop:
                self.thought = stop.value
                self.is_used_up = not left
                return

    def _reply(self, effect: Reserve | Ask | UseTool, left: list[str]) -> ThoughtReply | None:
        match effect:
            case Reserve():
                self.reserves.append(effect)
                if not left:
                    return None
                if left[0] == UNPAID:
                    left.pop(0)
                    return Refused(reason="spent")
                return Reserved()
            case Ask():
                self.is_paid_first &= self.reserves[-1].call == effect.call and len(self.reserves) == len(self.asks) + 1
                self.asks.append(effect)
                name = left.pop(0)
                return Asked(outcome=OUTCOMES[name], cost_usd=PRICE, is_broken_off=name == BROKEN_OFF)
            case UseTool():
                self.uses.append(effect)
                return ToolResult(content="{}")


def runs(way: Thinking, asked: Question) -> Iterator[Run]:
    """Play every course to its end, each as short as it can be."""
    waiting: list[Course] = [()]
    while waiting:
        run = Run(way, asked, waiting.pop())
        if run.thought is None:
            waiting += [(*run.course, name) for name in (UNPAID, *OUTCOMES)]
        else:
            yield run


def check_payment(run: Run) -> None:
    """Every call was reserved before it was made, once and under its own name, within the caps."""
    calls = [ask.call for ask in run.asks]
    assert run.is_paid_first, run.course
    assert len({(call.step, call.attempt) for call in calls}) == len(calls) <= STEPS * ATTEMPTS, run.course
    assert all(call.step < STEPS and call.attempt < ATTEMPTS for call in calls), run.course
    repairs = {reserve.call.step for reserve in run.reserves if reserve.purpose is ChatPurpose.REPAIR}
    assert len(repairs) <= REPAIRS, run.course


def check_sums(run: Run, thought: Answer | Unusable) -> None:
    """What was consumed is the sum over the calls, and every call and use is recorded."""
    whole = [OUTCOMES[name] for name in run.course if name != UNPAID]
    assert len(whole) == len(run.asks), run.course
    assert thought.usage.cost_usd == PRICE * len(run.asks), run.course
    completions = [one for one in whole if isinstance(one, Completion)]
    assert thought.usage.prompt_tokens == 100 * len(completions), run.course
    calls = [step for step in thought.steps if step.tool is None]
    assert [(step.step, step.attempt) for step in calls] == [(ask.call.step, ask.call.attempt) for ask in run.asks]
    assert sum((step.cost_usd or Decimal(0) for step in calls), Decimal(0)) == thought.usage.cost_usd, run.course
    used = [step for step in thought.steps if step.tool == "echo" and step.outcome == "answered"]
    assert len(used) == len(run.uses), run.course


def check_end(run: Run, *, by_tool: bool) -> None:
    """An answer is what was said last and could be read; whatever else ended the turn has its own name."""
    last, thought = run.course[-1], run.thought
    answers = {"open", "nothing", *(["answer_by_tool"] if by_tool else [])}
    assert isinstance(thought, Answer) is (last in answers), run.course
    if isinstance(thought, Answer):
        assert (thought.action is None) is (last == "nothing"), run.course
    if isinstance(thought, NotAsked):
        assert (run.course, run.asks) == ((UNPAID,), []), run.course
    if isinstance(thought, Unusable):
        assert thought.cause in causes(last), run.course


def causes(last: str) -> set[UnusableCause]:
    """Return how a turn may end that ended with this."""
    return {
        UNPAID: {UnusableCause.OVER_BUDGET},
        BROKEN_OFF: {UnusableCause.BROKEN_OFF},
        "busy": {UnusableCause.UNAVAILABLE},
        "refusal": {UnusableCause.REFUSED},
        "leak": {UnusableCause.LEAKED},
        "silence": {UnusableCause.EMPTY},
        "prose": {UnusableCause.MALFORMED},
        "tool": {UnusableCause.STEPS_USED_UP},
        "unlisted": {UnusableCause.STEPS_USED_UP},
        "answer_by_tool": {UnusableCause.STEPS_USED_UP},
        "two_answers": {UnusableCause.STEPS_USED_UP, UnusableCause.MALFORMED},
    }[last]


@pytest.mark.parametrize(("by_tool", "courses"), [(False, 2_569), (True, 1_369)])
def test_thought_of_any_course_ends_paid_for_and_within_its_tools(by_tool: bool, courses: int) -> None:
    """All courses of three questions, two sendings each and one repair."""
    way = thinking(has_reply_schema=not by_tool, steps_max=STEPS, attempts_max=ATTEMPTS, repairs_max=REPAIRS)
    asked = question()
    count = 0
    for run in runs(way, asked):
        count += 1
        check_payment(run)
        assert all(use.tool == "echo" for use in run.uses), run.course
        if isinstance(run.thought, Answer | Unusable):
            check_sums(run, run.thought)
        check_end(run, by_tool=by_tool)
    assert count == courses
