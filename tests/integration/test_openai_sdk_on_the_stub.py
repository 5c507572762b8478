"""The server that stands in for a provider is judged by OpenAI's own SDK: what that takes, a real one would say too."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import openai
import pytest
from openai.types.chat import ChatCompletionMessageFunctionToolCall, ChatCompletionMessageParam

from tests.support.chat_answers import GENERATION, HOLD, MODEL, completion, error_body, events, stream_of, wish
from tests.support.chat_server import KEY, ChatServer, Play, served_chat

pytestmark = pytest.mark.anyio

ASKED: list[ChatCompletionMessageParam] = [
    {"role": "system", "content": "you trade"},
    {"role": "user", "content": "what now?"},
]


@asynccontextmanager
async def joined(server: ChatServer, *, key: str = KEY) -> AsyncIterator[openai.AsyncOpenAI]:
    """Yield the SDK at a server on this machine."""
    async with served_chat(server) as address, openai.AsyncOpenAI(base_url=address, api_key=key, max_retries=0) as sdk:
        with anyio.fail_after(30):
            yield sdk


async def test_sdk_reads_a_whole_answer() -> None:
    """Text, usage and identity."""
    async with joined(ChatServer()) as sdk:
        answer = await sdk.chat.completions.create(model=MODEL, messages=ASKED, max_tokens=500)
    assert (answer.id, answer.model, answer.choices[0].message.content) == (GENERATION, MODEL, HOLD)
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (900, 40)


async def test_sdk_reads_a_wish_for_a_tool() -> None:
    """Whole, and from its pieces."""
    call = wish("propose_order", '{"action":null}')
    async with joined(ChatServer(says=completion(None, finish="tool_calls", tool_calls=[call]))) as sdk:
        answer = await sdk.chat.completions.create(model=MODEL, messages=ASKED)
        stream = await sdk.chat.completions.create(model=MODEL, messages=ASKED, stream=True)
        pieces = [piece async for piece in stream]
    wished = (answer.choices[0].message.tool_calls or [])[0]
    assert isinstance(wished, ChatCompletionMessageFunctionToolCall)
    assert (wished.id, wished.function.name, wished.function.arguments) == (
        "call_1",
        "propose_order",
        '{"action":null}',
    )
    deltas = [part for piece in pieces for choice in piece.choices for part in choice.delta.tool_calls or []]
    assert "".join(part.function.arguments or "" for part in deltas if part.function) == '{"action":null}'


async def test_sdk_reads_a_streamed_answer() -> None:
    """With the usage in its last piece."""
    async with joined(ChatServer()) as sdk:
        stream = await sdk.chat.completions.create(model=MODEL, messages=ASKED, stream=True)
        pieces = [piece async for piece in stream]
    assert "".join(choice.delta.content or "" for piece in pieces for choice in piece.choices) == HOLD
    assert pieces[-1].usage is not None
    assert pieces[-1].usage.total_tokens == 940


async def test_sdk_reads_the_list_of_models() -> None:
    """By their ids."""
    async with joined(ChatServer()) as sdk:
        assert [model.id async for model in sdk.models.list()] == [MODEL, "vendor/other"]


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        (400, openai.BadRequestError),
        (404, openai.NotFoundError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
    ],
)
async def test_sdk_takes_an_error_for_what_it_is(status: int, raised: type[openai.APIStatusError]) -> None:
    """With its message."""
    server = ChatServer()
    server.plan(Play(status=status, body=error_body(status, "planned", "unmapped")))
    async with joined(server) as sdk:
        with pytest.raises(raised, match="planned"):
            await sdk.chat.completions.create(model=MODEL, messages=ASKED)


async def test_sdk_with_another_key_is_refused() -> None:
    """As by a provider."""
    async with joined(ChatServer(), key="another") as sdk:
        with pytest.raises(openai.AuthenticationError):
            await sdk.chat.completions.create(model=MODEL, messages=ASKED)


async def test_sdk_sees_an_error_in_the_middle_of_a_stream() -> None:
    """After the pieces that came before it."""
    error: dict[str, object] = {"error": {"code": 502, "message": "upstream died"}, "choices": []}
    server = ChatServer()
    server.plan(Play.streamed(events([*stream_of(completion())[:2], error])))
    async with joined(server) as sdk:
        stream = await sdk.chat.completions.create(model=MODEL, messages=ASKED, stream=True)
        with pytest.raises(openai.APIError, match="upstream died"):
            [piece async for piece in stream]


async def test_sdk_asks_in_the_form_that_the_server_reads() -> None:
    """A request of the SDK is what the server has seen."""
    server = ChatServer()
    async with joined(server) as sdk:
        await sdk.chat.completions.create(model=MODEL, messages=ASKED, seed=7, temperature=0.2)
    body = json.loads(server.seen[0].body)
    assert (body["model"], body["seed"], body["messages"]) == (MODEL, 7, ASKED)
