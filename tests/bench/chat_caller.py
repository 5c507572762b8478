"""Someone who asks the stub, in a process of its own: one kind of caller, one connection that stays open.

    python -m tests.bench.chat_caller socket|ours|openai|openrouter PORT

Each line `[count]` is answered by the microseconds of each call, and of processor time a call.
"""

import asyncio
import gc
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TypeAlias

import msgspec

from agentic_core.chat.catalogue import Catalogue
from agentic_core.chat.catalogue.price_list import PriceList
from agentic_core.chat.provider.httpx_transport import HttpxTransport
from agentic_core.chat.provider.provider_chat_model import ProviderChatModel, ProviderWay
from agentic_core.chat.wire import Flavour
from agentic_core.domain.chat import CallId
from agentic_core.domain.ids import DecisionId, DeploymentId
from agentic_core.ports.chat_model import ChatMessage, ChatRequest, ChatRole, Completion, ToolSpec
from agentic_core.system import SystemClock
from tests.bench.chat_samples import ANSWERED, MESSAGES, MODEL_ID, TOKENS_MAX, TOOLS
from tests.bench.workers import tell

__all__ = ["main"]

_KEY = "sk-or-made-up"
_WITHIN_MS = 30_000
_Say: TypeAlias = Callable[[], Awaitable[str]]

_REQUEST = ChatRequest(
    model_id=MODEL_ID,
    messages=tuple(ChatMessage(role=ChatRole(said["role"]), content=said["content"]) for said in MESSAGES),
    tools=tuple(
        ToolSpec(
            name=tool["function"]["name"],
            description=tool["function"]["description"],
            parameters=msgspec.json.encode(tool["function"]["parameters"]),
        )
        for tool in TOOLS
    ),
    completion_tokens_max=TOKENS_MAX,
)


async def _ours(stack: AsyncExitStack, url: str) -> _Say:
    transport = await stack.enter_async_context(HttpxTransport(url, key=_KEY))
    way = ProviderWay(model_id=MODEL_ID, flavour=Flavour.OPENROUTER, session_id="bench")
    chat_model = ProviderChatModel(transport, Catalogue(price_list=PriceList()), SystemClock(), way)
    call = CallId(deployment=DeploymentId("bench"), decision=DecisionId("bench"), step=0)

    async def say() -> str:
        outcome = await chat_model.call(call, _REQUEST, within_ms=_WITHIN_MS)
        assert isinstance(outcome, Completion), outcome
        return outcome.text

    return say


async def _openai(stack: AsyncExitStack, url: str) -> _Say:
    from openai import AsyncOpenAI  # noqa: PLC0415 - only this caller needs it

    asking = await stack.enter_async_context(AsyncOpenAI(api_key=_KEY, base_url=url, max_retries=0))

    async def say() -> str:
        answer = await asking.chat.completions.create(
            model=MODEL_ID,
            messages=MESSAGES,  # type: ignore[arg-type]  # the same dicts for everybody
            tools=TOOLS,  # type: ignore[arg-type]
            max_completion_tokens=TOKENS_MAX,
        )
        return answer.choices[0].message.content or ""

    return say


async def _openrouter(stack: AsyncExitStack, url: str) -> _Say:
    from openrouter import OpenRouter  # noqa: PLC0415 - only this caller needs it

    asking = await stack.enter_async_context(OpenRouter(api_key=_KEY, server_url=url))

    async def say() -> str:
        answer = await asking.chat.send_async(
            model=MODEL_ID, messages=MESSAGES, tools=TOOLS, max_completion_tokens=TOKENS_MAX
        )
        return str(answer.choices[0].message.content)

    return say


async def _socket(stack: AsyncExitStack, url: str) -> _Say:
    port = int(url.split(":")[2].split("/", maxsplit=1)[0])
    connection = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    asked = {"model": MODEL_ID, "messages": MESSAGES, "tools": TOOLS, "max_completion_tokens": TOKENS_MAX}
    body = msgspec.json.encode(asked)
    request = b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % len(body) + body

    async def say() -> str:
        connection.sendall(request)
        answer = b""
        while not answer.endswith(b"}}}"):
            answer += connection.recv(1 << 16)
        return ANSWERED

    return say


CALLERS = {"socket": _socket, "ours": _ours, "openai": _openai, "openrouter": _openrouter}


async def _attend(name: str, port: str) -> None:
    async with AsyncExitStack() as stack:
        say = await CALLERS[name](stack, f"http://127.0.0.1:{port}/v1")
        tell(await say() == ANSWERED)
        for line in sys.stdin.buffer:
            (count,) = msgspec.json.decode(line)
            tell(await _timed(say, count))


async def _timed(say: _Say, count: int) -> tuple[list[float], float]:
    took: list[float] = []
    gc.collect()
    cost = time.process_time()
    for _ in range(count):
        began = time.perf_counter()
        text = await say()
        took.append((time.perf_counter() - began) * 1e6)
        assert text == ANSWERED, text
    return took, (time.process_time() - cost) / count * 1e6


def main() -> None:
    """Ask whenever the bench says so."""
    asyncio.run(_attend(sys.argv[1], sys.argv[2]))


if __name__ == "__main__":
    main()
