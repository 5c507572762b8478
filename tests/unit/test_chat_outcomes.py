"""What comes of a call: refusal, truncation, an empty reply and every kind of error are outcomes of their own."""

import json
from decimal import Decimal
from itertools import product

import pytest

from agentic_core.chat.transport import NoAnswer, RawAnswer
from agentic_core.chat.wire import Asked, outcome_of, outcome_without_answer
from agentic_core.domain.money import Usd
from agentic_core.ports.chat_model import CallFailure, CallUsage, Completion, Failed, ToolCall
from tests.support.chat_answers import GENERATION, HOLD, MODEL, USAGE, completion, error_body, events, stream_of, wish

ASKED = Asked(request_hash="ab" * 32, model_id="asked/for")
JSON = (("content-type", "application/json"),)
EVENTS = (("content-type", "text/event-stream"),)


def judged(body: object, status: int = 200, headers: tuple[tuple[str, str], ...] = JSON) -> Completion | Failed:
    """Judge a body."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return outcome_of(RawAnswer(status=status, headers=headers, body=raw), ASKED)


def failure(body: object, status: int = 200, headers: tuple[tuple[str, str], ...] = JSON) -> CallFailure:
    """Return why there is no whole answer."""
    outcome = judged(body, status, headers)
    assert isinstance(outcome, Failed)
    assert outcome.request_hash == ASKED.request_hash
    return outcome.failure


def test_whole_answer_is_told_with_everything_it_says() -> None:
    """Who answered, what it consumed, and by which name its cost is asked for."""
    assert judged(completion()) == Completion(
        text=HOLD,
        usage=CallUsage(
            prompt_tokens=900,
            completion_tokens=40,
            cached_tokens=128,
            reasoning_tokens=8,
            cost_usd=Usd(Decimal("0.00123")),
        ),
        request_hash=ASKED.request_hash,
        model_id=MODEL,
        provider="somebody",
        generation=GENERATION,
    )


def test_wishes_for_tools_come_with_their_arguments_unread() -> None:
    """Whoever reads them is strict about it; a server that numbers no calls gets numbers."""
    calls = [wish("propose_order", '{"a": 1,', call_id="first"), wish("get_funding", "", call_id=None)]
    outcome = judged(completion(None, finish="tool_calls", tool_calls=calls))
    assert isinstance(outcome, Completion)
    assert outcome.text == ""
    assert outcome.tool_calls == (
        ToolCall(id="first", name="propose_order", arguments='{"a": 1,'),
        ToolCall(id="call_1", name="get_funding", arguments=""),
    )


def test_text_in_parts_is_joined() -> None:
    """Some servers answer with a list."""
    outcome = judged(completion([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]))
    assert isinstance(outcome, Completion)
    assert outcome.text == "ab"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (completion(finish="length"), CallFailure.TRUNCATED),
        (completion(HOLD, finish="length", tool_calls=[wish("propose_order", "{}")]), CallFailure.TRUNCATED),
        (completion(finish="content_filter"), CallFailure.FILTERED),
        (completion(finish="error"), CallFailure.BROKEN_OFF),
        (completion(finish=None), CallFailure.BROKEN_OFF),
        (completion(finish="vibes"), CallFailure.MALFORMED),
        (completion(None, refusal="I cannot help with that."), CallFailure.REFUSED),
        (completion(HOLD, refusal="On second thought, no."), CallFailure.REFUSED),
        (completion(""), CallFailure.EMPTY),
        (completion(" \n"), CallFailure.EMPTY),
        (completion(None, reasoning="hmm"), CallFailure.EMPTY),
        (completion(None, reasoning=None, reasoning_details=[{"type": "x"}]), CallFailure.EMPTY),
        (completion(None, tool_calls=[wish("", "{}")]), CallFailure.MALFORMED),
        (completion(None, tool_calls=[{"id": "x"}]), CallFailure.MALFORMED),
        (completion(None, tool_calls=[{"id": "x", "function": {"name": "f", "arguments": {}}}]), CallFailure.MALFORMED),
        (completion(7), CallFailure.MALFORMED),
        ({"id": GENERATION, "choices": []}, CallFailure.MALFORMED),
        ({"id": GENERATION}, CallFailure.MALFORMED),
        ({"id": GENERATION, "choices": [{"finish_reason": "stop"}]}, CallFailure.MALFORMED),
        ([], CallFailure.MALFORMED),
        (b"<html>busy</html>", CallFailure.MALFORMED),
        (b"", CallFailure.MALFORMED),
        (b'{"choices": "\xff"}', CallFailure.MALFORMED),
        (b'{"choices":' + b"[" * 50_000 + b"]" * 50_000 + b"}", CallFailure.MALFORMED),
    ],
)
def test_answer_that_is_no_whole_one_says_why(answer: object, expected: CallFailure) -> None:
    """None of them is taken for a reply."""
    assert failure(answer) is expected


def test_answer_of_nothing_but_reasoning_says_so_for_people() -> None:
    """The budget of tokens went into thoughts, which is cured by another setting than an empty reply."""
    thoughts: list[tuple[str, object]] = [("reasoning", "hmm"), ("reasoning_details", [{"type": "encrypted"}])]
    ends = (("stop", "nothing but reasoning"), ("length", "after nothing but reasoning"))
    for (name, thought), (finish, words) in product(thoughts, ends):
        outcome = judged(completion(None, finish=finish, **{name: thought}))
        assert isinstance(outcome, Failed)
        assert words in outcome.detail


def test_unusable_answer_still_says_what_it_cost() -> None:
    """A broken choice takes neither the usage nor the generation with it."""
    outcome = judged({"id": GENERATION, "choices": 5, "usage": USAGE})
    assert isinstance(outcome, Failed)
    assert (outcome.usage.cost_usd, outcome.generation) == (Decimal("0.00123"), GENERATION)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (error_body(502, "Provider returned error", "provider_unavailable"), CallFailure.OVERLOADED),
        (error_body(429, "slow down"), CallFailure.RATE_LIMITED),
        (error_body(400, "too long", "context_length_exceeded"), CallFailure.TOO_LONG),
        (error_body("context_length_exceeded", "too long"), CallFailure.TOO_LONG),
        (error_body(0, "?"), CallFailure.BROKEN_OFF),
        (b'{"error":"just words"}', CallFailure.BROKEN_OFF),
        (b'{"error":[1,2]}', CallFailure.BROKEN_OFF),
        (b'{"error":{"code":[],"message":{}}}', CallFailure.BROKEN_OFF),
    ],
)
def test_error_inside_http_200_is_an_error(body: bytes, expected: CallFailure) -> None:
    """Routers have sent their headers long before a provider fails."""
    assert failure(body) is expected


def test_error_of_a_choice_is_an_answer_that_broke_off() -> None:
    """Unless it says that the content itself is the matter."""
    broken = completion(finish="error")
    choices = broken["choices"]
    assert isinstance(choices, list)
    choices[0]["error"] = {"code": 502, "message": "upstream died"}
    assert failure(broken) is CallFailure.BROKEN_OFF
    choices[0]["error"] = {"code": 403, "message": "no", "metadata": {"error_type": "content_policy_violation"}}
    assert failure(broken) is CallFailure.FILTERED


def test_error_in_the_middle_of_a_stream_is_an_answer_that_broke_off() -> None:
    """What came before it is not an answer, however complete it looks; what it cost is kept."""
    error: dict[str, object] = {
        "id": GENERATION,
        "error": {"code": 429, "message": "slow down"},
        "usage": USAGE,
        "choices": [],
    }
    chunks = [*stream_of(completion(finish=None))[:-1], error]
    outcome = judged(events(chunks), headers=EVENTS)
    assert isinstance(outcome, Failed)
    assert (outcome.failure, outcome.usage.cost_usd) == (CallFailure.BROKEN_OFF, Decimal("0.00123"))
    assert outcome.generation == GENERATION


def test_error_at_the_beginning_of_a_stream_is_what_it_says() -> None:
    """Nothing had begun, so it is as good as one with a status."""
    assert failure(events([{"error": {"code": 429, "message": "slow down"}}]), headers=EVENTS) is (
        CallFailure.RATE_LIMITED
    )


def test_stream_without_its_end_is_no_answer() -> None:
    """A connection that closes quietly is not told apart by its last byte."""
    chunks = stream_of(completion())
    assert failure(events(chunks[:-2], done=False), headers=EVENTS) is CallFailure.BROKEN_OFF


def test_stream_is_known_by_its_beginning_where_nobody_says_its_type() -> None:
    """The type of a content is optional on small servers."""
    assert isinstance(judged(events(stream_of(completion())), headers=()), Completion)


@pytest.mark.parametrize("index", [-1, 128, 10**9])
def test_stream_with_an_impossible_number_of_a_wish_is_malformed(index: int) -> None:
    """A number is no reason to make room for all below it."""
    piece = {"index": index, "id": "c", "function": {"name": "f", "arguments": "{}"}}
    chunk = {"choices": [{"index": 0, "delta": {"tool_calls": [piece]}, "finish_reason": "tool_calls"}]}
    assert failure(events([chunk]), headers=EVENTS) is CallFailure.MALFORMED


@pytest.mark.parametrize(("timed_out", "never_left"), [(False, False), (True, False), (False, True), (True, True)])
def test_call_without_an_answer_says_whether_it_can_have_cost_something(timed_out: bool, never_left: bool) -> None:
    """Only what never left is free."""
    outcome = outcome_without_answer(NoAnswer(cause="gone", timed_out=timed_out, never_left=never_left), ASKED)
    waited = CallFailure.TIMED_OUT if timed_out else CallFailure.BROKEN_OFF
    assert outcome.failure is (CallFailure.UNREACHABLE if never_left else waited)
    assert outcome.never_left is never_left
    assert outcome.usage.cost_usd is None


def test_stream_that_broke_still_names_its_generation() -> None:
    """So its cost can be asked for."""
    part = events(stream_of(completion()), done=False)[:400]
    outcome = outcome_without_answer(NoAnswer(cause="gone", part=part), ASKED)
    assert (outcome.failure, outcome.generation) == (CallFailure.BROKEN_OFF, GENERATION)


@pytest.mark.parametrize("status", [302, 400, 403, 429, 502, 503])
def test_error_that_says_what_it_cost_is_not_free(status: int) -> None:
    """Whatever its status says about when it arose."""
    body = {"id": GENERATION, "error": {"code": status, "message": "no"}, "usage": USAGE}
    outcome = judged(body, status)
    assert isinstance(outcome, Failed)
    assert (outcome.usage.cost_usd, outcome.generation) == (Decimal("0.00123"), GENERATION)
