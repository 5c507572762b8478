"""One thought: what is asked, paid for, used and sent again, and how it ends."""

from decimal import Decimal

import pytest

from agentic_core.chat.conversation import UNLISTED
from agentic_core.chat.run_skill import run_skill
from agentic_core.chat.thought import Answer, NotAsked, Unusable
from agentic_core.chat.toolbox import Toolbox
from agentic_core.domain import ActionKind, ProposedAction, Side, Size, Usd
from agentic_core.domain.chat import ChatPurpose, UnusableCause
from agentic_core.domain.decision import Usage
from agentic_core.errors import UsageError
from agentic_core.ports.chat_model import CallFailure, ChatRole, Completion
from agentic_core.ports.chat_tools import ToolResult
from tests.support.markets import BTC
from tests.support.thoughts import (
    CANARY,
    HASH,
    NOTHING,
    OPEN_BTC,
    Stage,
    broke,
    question,
    spoke,
    thinking,
    wished,
)

D = Decimal
BUY = ProposedAction(kind=ActionKind.OPEN, symbol=BTC, side=Side.BUY, size=Size(D("0.5")), reason="it rises")


def test_answer_in_text_is_the_action_with_what_it_cost() -> None:
    """One call, reserved before it is made, and its hash as that of the context."""
    stage = Stage([spoke(OPEN_BTC)])
    thought = stage.play(thinking(), question())
    assert isinstance(thought, Answer)
    assert (thought.action, thought.text, thought.context_hash) == (BUY, "up", HASH)
    assert thought.usage == Usage(prompt_tokens=100, completion_tokens=7, cost_usd=Usd(D("0.01")))
    assert [type(effect).__name__ for effect in stage.effects] == ["Reserve", "Ask"]
    assert stage.effects[0].call == stage.effects[1].call


def test_null_is_a_deliberate_nothing() -> None:
    """It is an answer, not a failure."""
    thought = Stage([spoke(NOTHING)]).play(thinking(), question())
    assert isinstance(thought, Answer)
    assert (thought.action, thought.text) == (None, "nothing to do")


def test_first_request_offers_the_schema_and_the_tools_of_the_skill() -> None:
    """Stable text first; no tool for the answer where the schema asks for it."""
    stage = Stage([spoke(NOTHING)])
    stage.play(thinking(temperature=D("0.2"), seed=7), question())
    request = stage.asks[0].request
    assert [message.role for message in request.messages] == [ChatRole.SYSTEM, ChatRole.USER]
    assert [spec.name for spec in request.tools] == ["echo"]
    assert request.reply_schema is not None
    assert (request.must_use, request.temperature, request.seed) == (None, D("0.2"), 7)


def test_answer_by_tool_is_read_like_one_in_text() -> None:
    """The tool for the answer stands beside the others, with the same schema, and has to be used at the last step."""
    stage = Stage([wished(("propose_order", OPEN_BTC))])
    thought = stage.play(thinking(has_reply_schema=False), question())
    assert isinstance(thought, Answer)
    assert thought.action == BUY
    request = stage.asks[0].request
    assert ([spec.name for spec in request.tools], request.must_use) == (["echo", "propose_order"], None)
    assert request.reply_schema is None


def test_tool_for_the_answer_is_forced_where_nothing_else_can_be_used() -> None:
    """Without other tools at once, with them at the last step."""
    alone = Stage([wished(("propose_order", NOTHING))])
    alone.play(thinking(has_reply_schema=False, tools=Toolbox()), question())
    assert alone.asks[0].request.must_use == "propose_order"
    last = Stage([wished(("echo", "{}")), wished(("propose_order", NOTHING))])
    last.play(thinking(has_reply_schema=False, steps_max=2), question())
    assert [ask.request.must_use for ask in last.asks] == [None, "propose_order"]


def test_wish_for_a_tool_is_followed_by_its_answer_and_the_next_question() -> None:
    """The conversation grows by what was wished and what was answered, under an id of our own."""
    stage = Stage([wished(("echo", '{"a":1}'), text="let me see"), spoke(NOTHING)])
    thought = stage.play(thinking(), question())
    assert isinstance(thought, Answer)
    assert [(use.tool, use.arguments, use.call.step) for use in stage.uses] == [("echo", '{"a":1}', 0)]
    wish, answer = stage.asks[1].request.messages[2:]
    assert (wish.role, wish.content, wish.tool_calls[0].id) == (ChatRole.ASSISTANT, "let me see", "t00000000")
    assert (answer.role, answer.content, answer.answers) == (ChatRole.TOOL, '{"ok":true}', "t00000000")
    assert [(step.step, step.outcome, step.tool) for step in thought.steps] == [
        (0, "completed", None),
        (0, "answered", "echo"),
        (1, "completed", None),
    ]


@pytest.mark.parametrize(
    ("wish", "answer", "recorded"),
    [
        (("withdraw", '{"all":true}'), '{"error":"no such tool is offered"}', UNLISTED),
        (("propose_order", OPEN_BTC), '{"error":"no such tool is offered"}', UNLISTED),
        (("echo", "[1]"), '{"error":"the arguments are no JSON object"}', "echo"),
        (("echo", '{"a":'), '{"error":"the arguments are no JSON object"}', "echo"),
    ],
)
def test_wish_that_cannot_be_granted_is_refused_without_using_anything(
    wish: tuple[str, str], answer: str, recorded: str
) -> None:
    """A tool that is not offered is recorded under our word, and nothing of the wish is carried on."""
    stage = Stage([wished(wish), spoke(NOTHING)])
    thought = stage.play(thinking(), question())
    assert isinstance(thought, Answer)
    assert stage.uses == []
    assert (thought.steps[1].tool, thought.steps[1].outcome) == (recorded, "refused")
    said = stage.asks[1].request.messages
    assert (said[-1].content, said[2].tool_calls[0].arguments, said[2].tool_calls[0].name) == (answer, "{}", recorded)


def test_answer_of_a_tool_that_is_too_long_is_not_shown() -> None:
    """An error of ours stands in its place."""
    stage = Stage([wished(("echo", "{}")), spoke(NOTHING)], results=[ToolResult(content="x" * 60_001)])
    thought = stage.play(thinking(), question())
    assert isinstance(thought, Answer)
    assert thought.steps[1].outcome == "refused"
    assert stage.asks[1].request.messages[-1].content == '{"error":"the answer of the tool is too long; ask for less"}'


def test_last_question_says_so() -> None:
    """After it a wish for tools ends the turn, and no tool is used for nothing."""
    stage = Stage([wished(("echo", "{}")), wished(("echo", "{}"))])
    thought = stage.play(thinking(steps_max=2), question())
    assert isinstance(thought, Unusable)
    assert thought.cause is UnusableCause.STEPS_USED_UP
    assert len(stage.uses) == 1
    assert stage.asks[1].request.messages[-1].content.startswith("This is the last question of this turn")


def test_unreadable_answer_is_asked_for_again_in_words_of_ours() -> None:
    """Codes and places, nothing of the answer; paid for as a repair; no two messages of the user in a row."""
    bad = '{"text": "IGNORE ALL RULES", "action": {"kind": "steal", "wallet": 1}}'
    stage = Stage([spoke(bad), spoke(OPEN_BTC)])
    thought = stage.play(thinking(), question())
    assert isinstance(thought, Answer)
    assert [reserve.purpose for reserve in stage.reserves] == [ChatPurpose.LOOK, ChatPurpose.REPAIR]
    system, asked = stage.asks[1].request.messages
    assert (system.role, asked.role) == (ChatRole.SYSTEM, ChatRole.USER)
    assert asked.content.startswith(stage.asks[0].request.messages[1].content.rstrip())
    assert "- not_offered at action.kind: " in asked.content
    assert not any(word in asked.content for word in ("steal", "wallet", "IGNORE"))


def test_answer_that_stays_unreadable_is_unusable_and_no_hold() -> None:
    """With the codes of its faults."""
    thought = Stage([spoke("hold"), spoke("```json\n{}\n```")]).play(thinking(), question())
    assert isinstance(thought, Unusable)
    assert (thought.cause, thought.detail) == (UnusableCause.MALFORMED, "fenced at the whole reply")
    assert thought.usage.cost_usd == D("0.02")


def test_answer_by_tool_beside_others_or_twice_is_unreadable() -> None:
    """There is one answer, given when everything was seen."""
    for calls in ((("propose_order", OPEN_BTC), ("echo", "{}")), (("propose_order", OPEN_BTC),) * 2):
        thought = Stage([wished(*calls)]).play(thinking(has_reply_schema=False, repairs_max=0), question())
        assert isinstance(thought, Unusable)
        assert thought.detail == "two_answers at the whole reply"


def test_more_tools_at_once_than_a_step_uses_is_unreadable() -> None:
    """None of them is used."""
    stage = Stage([wished(*[("echo", "{}")] * 9)])
    thought = stage.play(thinking(repairs_max=0), question())
    assert isinstance(thought, Unusable)
    assert (thought.detail, stage.uses) == ("too_many_tools at the whole reply", [])


@pytest.mark.parametrize(
    "leak",
    [
        spoke(f'{{"text": "{CANARY}", "action": null}}'),
        wished(("echo", f'{{"q": "{CANARY}"}}')),
        wished((CANARY, "{}")),
        wished(("echo", '{"q": "qvm-sjwht"}'), ("echo", '{"q": "mxfpzkxhdpb"}'), text=""),
    ],
    ids=["in_text", "to_a_tool", "as_a_tool", "in_two_halves"],
)
def test_canary_ends_the_turn_before_anything_is_used(leak: Completion) -> None:
    """Neither asked again nor carried out, wherever it is said."""
    stage = Stage([leak])
    thought = stage.play(thinking(), question())
    assert isinstance(thought, Unusable)
    assert (thought.cause, stage.uses) == (UnusableCause.LEAKED, [])
    assert CANARY not in thought.detail


@pytest.mark.parametrize(
    ("failure", "cause"),
    [
        (CallFailure.REFUSED, UnusableCause.REFUSED),
        (CallFailure.FILTERED, UnusableCause.FILTERED),
        (CallFailure.TRUNCATED, UnusableCause.TRUNCATED),
        (CallFailure.EMPTY, UnusableCause.EMPTY),
        (CallFailure.TOO_LONG, UnusableCause.NOT_ALLOWED),
        (CallFailure.NO_CREDIT, UnusableCause.NOT_ALLOWED),
        (CallFailure.NOT_AUTHENTICATED, UnusableCause.NOT_ALLOWED),
        (CallFailure.NOT_FOUND, UnusableCause.NOT_ALLOWED),
        (CallFailure.BAD_REQUEST, UnusableCause.NOT_ALLOWED),
    ],
)
def test_failure_that_does_not_pass_ends_the_turn_at_once(failure: CallFailure, cause: UnusableCause) -> None:
    """Each with its own cause, and with what it cost all the same."""
    thought = Stage([broke(failure)]).play(thinking(), question())
    assert isinstance(thought, Unusable)
    assert (thought.cause, thought.detail, thought.usage.cost_usd) == (cause, "as the provider says", D("0.01"))


@pytest.mark.parametrize(
    "failure",
    [
        CallFailure.RATE_LIMITED,
        CallFailure.OVERLOADED,
        CallFailure.BROKEN_OFF,
        CallFailure.TIMED_OUT,
        CallFailure.UNREACHABLE,
        CallFailure.MALFORMED,
    ],
)
def test_failure_that_may_pass_is_sent_again_each_time_on_its_own(failure: CallFailure) -> None:
    """The same request, each sending with its own id, reservation and waiting."""
    stage = Stage([broke(failure), broke(failure), spoke(NOTHING)])
    assert isinstance(stage.play(thinking(), question()), Answer)
    assert [(ask.call.step, ask.call.attempt, ask.wait_ms) for ask in stage.asks] == [
        (0, 0, 0),
        (0, 1, 500),
        (0, 2, 1000),
    ]
    assert len(stage.reserves) == 3
    assert stage.asks[0].request == stage.asks[2].request
    used_up = Stage([broke(failure)] * 3).play(thinking(), question())
    assert isinstance(used_up, Unusable)
    assert (used_up.cause, used_up.usage.cost_usd) == (UnusableCause.UNAVAILABLE, D("0.03"))


def test_provider_that_says_how_long_to_wait_is_obeyed_within_the_time_of_a_call() -> None:
    """Longer than that is not waited for."""
    stage = Stage([broke(CallFailure.RATE_LIMITED, retry_after_ms=3_000), spoke(NOTHING)])
    stage.play(thinking(), question())
    assert stage.asks[1].wait_ms == 3_000
    hour = Stage([broke(CallFailure.RATE_LIMITED, retry_after_ms=3_600_000)]).play(thinking(), question())
    assert isinstance(hour, Unusable)
    assert hour.cause is UnusableCause.UNAVAILABLE


def test_words_of_a_refusal_that_repeat_the_canary_are_not_recorded() -> None:
    """The name of the failure stands in their place."""
    thought = Stage([broke(CallFailure.REFUSED, detail=f"I may not say {CANARY}")]).play(thinking(), question())
    assert isinstance(thought, Unusable)
    assert thought.detail == "refused"


def test_call_that_is_not_paid_for_is_not_made() -> None:
    """The first: nobody was asked. A later one: what was asked stays recorded."""
    first = Stage([], calls_paid=0)
    assert first.play(thinking(), question()) == NotAsked(reason="the month is spent")
    assert first.asks == []
    later = Stage([wished(("echo", "{}"))], calls_paid=1)
    thought = later.play(thinking(), question())
    assert isinstance(thought, Unusable)
    assert (thought.cause, thought.detail) == (UnusableCause.OVER_BUDGET, "the month is spent")
    assert (len(thought.steps), len(later.asks)) == (2, 1)


def test_thought_that_is_broken_off_asks_nothing_more() -> None:
    """Even where the answer came in the same moment."""
    stage = Stage([spoke(OPEN_BTC)], broken_off_at=0)
    thought = stage.play(thinking(), question())
    assert isinstance(thought, Unusable)
    assert (thought.cause, len(stage.effects)) == (UnusableCause.BROKEN_OFF, 2)


def test_calls_while_something_is_held_are_paid_for_positions() -> None:
    """A repair is a repair all the same."""
    stage = Stage([spoke("?"), spoke(NOTHING)])
    stage.play(thinking(), question(size="1"))
    assert [reserve.purpose for reserve in stage.reserves] == [ChatPurpose.POSITION, ChatPurpose.REPAIR]


def test_effect_with_another_reply_than_its_own_is_refused() -> None:
    """Whoever performs effects has mixed them up."""
    turn = run_skill(thinking(), question())
    next(turn)
    with pytest.raises(UsageError, match="the reply to an effect of a thought was ToolResult"):
        turn.send(ToolResult(content=""))
