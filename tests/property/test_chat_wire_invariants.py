"""Whatever a provider sends, reading it ends with an outcome; and in pieces an answer says what it says whole."""

import json

from hypothesis import given
from hypothesis import strategies as st

from agentic_core.chat.transport import NoAnswer, RawAnswer
from agentic_core.chat.wire import Asked, Flavour, outcome_of, outcome_without_answer, question_body, with_ceiling
from agentic_core.chat.wire.request import Ceiling
from agentic_core.domain.money import Usd
from agentic_core.ports.chat_model import CallFailure, Completion, Failed
from tests.support.chat_answers import USAGE, completion, events, request_for, stream_of, wish

ASKED = Asked(request_hash="ef" * 32, model_id="asked/for")
TYPES = st.sampled_from([(), (("content-type", "application/json"),), (("content-type", "text/event-stream"),)])
NAMES = (
    "id choices usage error message delta content tool_calls function name arguments finish_reason index refusal "
    "reasoning reasoning_details cost code metadata reasons error_type stop length"
)
WORDS = st.sampled_from(NAMES.split())
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
LEAVES = st.none() | st.booleans() | st.integers(-3, 600) | st.floats(allow_nan=False) | WORDS | TEXTS
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5))
BODIES = st.one_of(
    st.binary(max_size=200),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.lists(JSON, max_size=4).map(lambda chunks: b"".join(b"data: %b\n\n" % json.dumps(c).encode() for c in chunks)),
)


@given(status=st.integers(100, 599), headers=TYPES, body=BODIES)
def test_every_answer_has_an_outcome(status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
    """No answer is an exception, and none says a cost below zero."""
    outcome = outcome_of(RawAnswer(status=status, headers=headers, body=body), ASKED)
    assert isinstance(outcome, Completion | Failed)
    assert outcome.usage.cost_usd is None or outcome.usage.cost_usd >= 0
    if isinstance(outcome, Completion):
        assert status == 200
        assert outcome.text.strip() or outcome.tool_calls


@st.composite
def spoilt(draw: st.DrawFn) -> RawAnswer:
    """Draw a sound answer, whole or in pieces, in which one thing was replaced by something else."""
    sound = completion(finish="tool_calls", tool_calls=[wish("f", "{}")], reasoning="hmm", reasoning_details=[{"a": 1}])
    chunks: list[object] = [sound] if draw(st.booleans()) else [*stream_of(sound)]
    at = draw(st.integers(0, len(chunks) - 1))
    chunks[at] = _replaced(draw, chunks[at])
    if len(chunks) == 1:
        return RawAnswer(status=200, body=json.dumps(chunks[0]).encode())
    return RawAnswer(status=200, body=b"".join(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks))


def _replaced(draw: st.DrawFn, value: object) -> object:
    inner: list[str | int] = []
    if isinstance(value, dict | list):
        inner = list(value) if isinstance(value, dict) else list(range(len(value)))
    if not inner or draw(st.integers(0, 3)) == 0:
        return draw(JSON)
    key = draw(st.sampled_from(inner))
    if isinstance(value, dict):
        return {**value, key: _replaced(draw, value[key])}
    assert isinstance(value, list)
    return [_replaced(draw, item) if place == key else item for place, item in enumerate(value)]


@given(answer=spoilt())
def test_every_spoilt_answer_has_an_outcome(answer: RawAnswer) -> None:
    """One thing that is not what the protocol says, at any depth."""
    outcome = outcome_of(answer, ASKED)
    assert outcome.usage.cost_usd is None or outcome.usage.cost_usd >= 0
    if isinstance(outcome, Completion):
        assert outcome.text.strip() or outcome.tool_calls
        assert all(call.name for call in outcome.tool_calls)


@given(part=st.binary(max_size=200) | st.integers(0, 2_000).map(lambda n: events(stream_of(completion()))[:n]))
def test_every_call_without_an_answer_has_an_outcome(part: bytes) -> None:
    """However much of it had come."""
    outcome = outcome_without_answer(NoAnswer(cause="gone", part=part), ASKED)
    assert outcome.failure is CallFailure.BROKEN_OFF


@given(
    text=TEXTS,
    refusal=st.sampled_from(["", "no"]),
    reasoning=TEXTS,
    calls=st.lists(st.tuples(st.sampled_from(["a", "b", ""]), TEXTS), max_size=3),
    finish=st.sampled_from(["stop", "tool_calls", "length", "content_filter", "error", None]),
    cuts=st.lists(st.integers(1, 29), max_size=5),
)
def test_answer_in_pieces_comes_to_the_same_as_whole(
    text: str, refusal: str, reasoning: str, calls: list[tuple[str, str]], finish: str | None, cuts: list[int]
) -> None:
    """Wherever it is cut."""
    wishes = [wish(name, arguments, call_id=f"c{at}") for at, (name, arguments) in enumerate(calls)]
    thoughts = {"reasoning": reasoning, "reasoning_details": [{"text": reasoning}] if reasoning else []}
    answer = completion(text, finish=finish, refusal=refusal, tool_calls=wishes, **thoughts)
    whole = RawAnswer(status=200, body=json.dumps(answer).encode())
    streamed = RawAnswer(status=200, body=events(stream_of(answer, cuts)))
    assert outcome_of(streamed, ASKED) == outcome_of(whole, ASKED)


@given(prompt=st.decimals(0, 1_000, places=4), written=st.decimals(0, 1_000, places=4))
def test_ceiling_keeps_the_body_json_and_the_question_its_own(prompt: Usd, written: Usd) -> None:
    """The same question has the same bytes, however dear it may be."""
    question = question_body(request_for(), Flavour.OPENROUTER)
    ceiling = Ceiling(prompt_usd_mtok=prompt, completion_usd_mtok=written, request_usd=Usd(prompt * 0))
    body = json.loads(with_ceiling(question, ceiling))
    assert body["provider"]["max_price"].keys() == {"prompt", "completion", "request"}
    assert question == question_body(request_for(), Flavour.OPENROUTER)


def test_usage_of_the_samples_is_what_a_router_documents() -> None:
    """The samples above stand for it."""
    assert set(USAGE) >= {"prompt_tokens", "completion_tokens", "cost", "is_byok", "cost_details"}
