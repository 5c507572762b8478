"""A whole thought at a provider on a real socket: what the loop asks is what OpenAI's own types describe."""

import json
from collections.abc import Generator, Sequence
from decimal import Decimal

import anyio
import msgspec
import pytest
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from pydantic import TypeAdapter

from agentic_core.chat.catalogue import Catalogue
from agentic_core.chat.effects import Ask, Asked, Reserve, Reserved, ThoughtEffect, ThoughtReply
from agentic_core.chat.provider.httpx_transport import HttpxTransport
from agentic_core.chat.provider.provider_chat_model import ProviderChatModel, ProviderWay
from agentic_core.chat.run_skill import run_skill
from agentic_core.chat.thought import Answer, Thought, Unusable
from agentic_core.chat.wire import Flavour
from agentic_core.domain.chat import UnusableCause
from agentic_core.domain.money import Usd
from agentic_core.ports.chat_catalogue import ChatModelCard
from agentic_core.ports.chat_model import ChatModel
from tests.support.chat_answers import MODEL, completion, error_body, events, stream_of, wish
from tests.support.chat_server import KEY, ChatServer, Play, served_chat
from tests.support.clocks import VirtualClock
from tests.support.thoughts import OPEN_BTC, Echo, question, thinking

pytestmark = pytest.mark.anyio

CATALOGUE = Catalogue(
    own=[ChatModelCard(id=MODEL, name=MODEL, prompt_usd_mtok=Decimal(1), completion_usd_mtok=Decimal(4))]
)
DESCRIBED = TypeAdapter(CompletionCreateParamsNonStreaming)
ANSWER = Play(body=json.dumps(completion(OPEN_BTC)).encode())
BY_TOOL = completion(None, finish="tool_calls", tool_calls=[wish("propose_order", OPEN_BTC)])
USE_ECHO = completion(None, finish="tool_calls", tool_calls=[wish("echo", '{"said":1}', call_id="call_a")])


async def replied(chat_model: ChatModel, effect: ThoughtEffect) -> ThoughtReply:
    """Do what a thought asks for, with money for everything."""
    match effect:
        case Reserve():
            assert effect.bound is not None
            return Reserved()
        case Ask():
            outcome = await chat_model.call(effect.call, effect.request, within_ms=5_000)
            return Asked(outcome=outcome, cost_usd=outcome.usage.cost_usd or Usd(Decimal(0)))
        case _:
            return await Echo().use(effect.arguments, effect.context)


async def thought_of(
    plays: Sequence[Play], *, flavour: Flavour = Flavour.OPENROUTER, by_schema: bool = True
) -> tuple[Thought, list[dict[str, object]]]:
    """Think at a provider that plays these, and return the thought with the bodies that arrived."""
    server = ChatServer()
    server.plan(*plays)
    way = ProviderWay(model_id=MODEL, flavour=flavour)
    async with served_chat(server) as address, HttpxTransport(address, key=KEY) as transport:
        chat_model = ProviderChatModel(transport, CATALOGUE, VirtualClock(), way)
        turn = run_skill(thinking(chat_model=chat_model, has_reply_schema=by_schema, seed=7), question())
        thought = await _ended(turn, chat_model)
    return thought, [json.loads(seen.body) for seen in server.seen]


async def _ended(turn: Generator[ThoughtEffect, ThoughtReply, Thought], chat_model: ChatModel) -> Thought:
    with anyio.fail_after(30):
        effect = next(turn)
        while True:
            reply = await replied(chat_model, effect)
            try:
                effect = turn.send(reply)
            except StopIteration as stop:
                thought: Thought = stop.value
                return thought


def described(body: dict[str, object]) -> dict[str, object]:
    """Return what of a body OpenAI's types describe; what they describe otherwise is an error."""
    read: dict[str, object] = json.loads(DESCRIBED.dump_json(DESCRIBED.validate_python(body), warnings=False))
    return read


def without_marks(body: dict[str, object]) -> dict[str, object]:
    """Return a body whose stable text is a plain one: the mark for a cache is the router's alone."""
    messages = body["messages"]
    assert isinstance(messages, list)
    texts = [
        each | ({"content": each["content"][0]["text"]} if isinstance(each["content"], list) else {})
        for each in messages
    ]
    return body | {"messages": texts}


@pytest.mark.parametrize("flavour", list(Flavour))
@pytest.mark.parametrize("by_schema", [True, False])
async def test_thought_with_a_tool_comes_to_its_action(flavour: Flavour, by_schema: bool) -> None:
    """It asks, uses the tool, is answered in text or by the tool for it, and every request is a sound one."""
    answer = ANSWER if by_schema else Play(body=json.dumps(BY_TOOL).encode())
    plays = [Play(body=json.dumps(USE_ECHO).encode()), answer]
    thought, bodies = await thought_of(plays, flavour=flavour, by_schema=by_schema)
    assert isinstance(thought, Answer)
    assert thought.action is not None
    assert (thought.action.symbol, thought.action.size) == ("BTC", Decimal("0.5"))
    assert thought.usage.cost_usd == Decimal("0.00246")
    assert len(bodies) == 2
    for body in bodies:
        sent = without_marks(body)
        read = described(sent)
        assert {"messages", "model", "seed", "tools"} <= read.keys()
        assert read == {name: value for name, value in sent.items() if name in read}


async def test_answer_of_a_tool_goes_back_to_the_call_that_wished_for_it() -> None:
    """Under the id by which the provider knows it or one of ours, the same in both messages."""
    _, bodies = await thought_of([Play(body=json.dumps(USE_ECHO).encode()), ANSWER])
    messages = bodies[1]["messages"]
    assert isinstance(messages, list)
    wished, answered = messages[-2:]
    assert (wished["role"], answered["role"]) == ("assistant", "tool")
    assert wished["tool_calls"][0]["function"] == {"name": "echo", "arguments": '{"said":1}'}
    assert wished["tool_calls"][0]["id"] == answered["tool_call_id"]
    assert messages[:2] == bodies[0]["messages"]


async def test_question_is_sent_again_where_the_provider_fails_in_passing() -> None:
    """Busy, then broken in the middle, then answered: the same bytes three times."""
    busy = Play(status=529, body=error_body(529, "busy", "provider_overloaded"))
    broken = Play.streamed(events(stream_of(completion(OPEN_BTC))), cut_after=300)
    thought, bodies = await thought_of([busy, broken, ANSWER])
    assert isinstance(thought, Answer)
    assert bodies[0] == bodies[1] == bodies[2]
    assert [step.outcome for step in thought.steps] == ["overloaded", "broken_off", "completed"]


@pytest.mark.parametrize(
    ("play", "cause"),
    [
        (Play(body=json.dumps(completion(None, refusal="no")).encode()), UnusableCause.REFUSED),
        (Play(body=json.dumps(completion("{", finish="length")).encode()), UnusableCause.TRUNCATED),
        (Play(body=json.dumps(completion("")).encode()), UnusableCause.EMPTY),
        (Play(status=401, body=error_body(401, "who?", "authentication")), UnusableCause.NOT_ALLOWED),
        (Play(body=error_body(402, "no credit", "payment_required")), UnusableCause.NOT_ALLOWED),
    ],
)
async def test_failure_that_stays_ends_the_thought_at_once(play: Play, cause: UnusableCause) -> None:
    """One call, and the cause of its own kind."""
    thought, bodies = await thought_of([play])
    assert isinstance(thought, Unusable)
    assert thought.cause is cause
    assert len(bodies) == 1
    assert KEY not in str(msgspec.to_builtins(thought))
