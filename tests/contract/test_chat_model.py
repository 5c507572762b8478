"""What every chat model promises: a value for every call, a bound before it, and the same request the same bytes."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from decimal import Decimal

import anyio
import msgspec
import pytest

from agentic_core.chat import ScriptedChatModel
from agentic_core.chat.catalogue import Catalogue
from agentic_core.chat.provider.httpx_transport import HttpxTransport
from agentic_core.chat.provider.provider_chat_model import ProviderChatModel, ProviderWay
from agentic_core.chat.scripted import said
from agentic_core.chat.tapes.taping import ReplayTransport, TapingTransport
from agentic_core.chat.wire import Flavour
from agentic_core.domain.chat import CallId
from agentic_core.domain.money import Usd
from agentic_core.errors import TapeMiss, UsageError
from agentic_core.ports.chat_catalogue import ChatModelCard
from agentic_core.ports.chat_model import CallFailure, CallOutcome, ChatModel, Completion, Failed
from agentic_core.store.memory.tapes import MemoryTape
from tests.support.chat_answers import CALL, HOLD, MODEL, completion, error_body, events, request_for, stream_of
from tests.support.chat_server import KEY, ChatServer, Play, served_chat
from tests.support.clocks import VirtualClock

PORTS = ("agentic_core.ports.chat_model.ChatModel",)
pytestmark = pytest.mark.anyio

WITHIN_MS = 5_000
CENT = Usd(Decimal("0.01"))
CATALOGUE = Catalogue(
    own=[ChatModelCard(id=MODEL, name=MODEL, prompt_usd_mtok=Decimal(1), completion_usd_mtok=Decimal(4))]
)
REQUESTS = tuple(request_for(f"what now, {number}?") for number in range(6))
CALLS = tuple(msgspec.structs.replace(CALL, step=number) for number in range(len(REQUESTS)))
EXPECTED: tuple[CallFailure | None, ...] = (
    None,
    CallFailure.TRUNCATED,
    CallFailure.REFUSED,
    CallFailure.EMPTY,
    CallFailure.RATE_LIMITED,
    CallFailure.BROKEN_OFF,
)
"""What comes of the requests, in their order."""


def plays(*, stream: bool) -> list[Play]:
    """Return how a provider answers the requests."""
    answers = [
        completion(HOLD),
        completion(HOLD[:9], finish="length"),
        completion(None, refusal="I would rather not."),
        completion(""),
    ]
    rest = [
        Play(status=429, body=error_body(429, "slow down", "rate_limit_exceeded"), headers=(("retry-after", "2"),)),
        Play.streamed(events(stream_of(completion())), cut_after=200),
    ]
    if stream:
        return [*(Play.streamed(events(stream_of(answer))) for answer in answers), *rest]
    return [*(Play(body=json.dumps(answer).encode()) for answer in answers), *rest]


@asynccontextmanager
async def scripted() -> AsyncIterator[ChatModel]:
    """Yield the double with an outcome of each kind."""
    whole = said(None, "nothing to do")
    outcomes: list[CallOutcome] = [
        whole if failure is None else Failed(failure=failure, detail="planned", request_hash=whole.request_hash)
        for failure in EXPECTED
    ]
    yield ScriptedChatModel(outcomes, bound=CENT)


def over_a_socket(flavour: Flavour, *, stream: bool) -> Callable[[], AbstractAsyncContextManager[ChatModel]]:
    """Set up a chat model at a provider on this machine."""

    @asynccontextmanager
    async def provider() -> AsyncIterator[ChatModel]:
        server = ChatServer()
        server.plan(*plays(stream=stream))
        way = ProviderWay(model_id=MODEL, flavour=flavour, stream=stream)
        async with served_chat(server) as address, HttpxTransport(address, key=KEY) as transport:
            yield ProviderChatModel(transport, CATALOGUE, VirtualClock(), way)

    return provider


@asynccontextmanager
async def replayed() -> AsyncIterator[ChatModel]:
    """Yield a chat model that answers from a tape of all requests, with no provider any more."""
    tape, clock, server = MemoryTape({}), VirtualClock(), ChatServer()
    server.plan(*plays(stream=True))
    way = ProviderWay(model_id=MODEL, stream=True)
    async with served_chat(server) as address, HttpxTransport(address, key=KEY) as transport:
        recording = ProviderChatModel(TapingTransport(transport, tape, clock), CATALOGUE, clock, way)
        for call, request in zip(CALLS, REQUESTS, strict=True):
            await recording.call(call, request, within_ms=WITHIN_MS)
    yield ProviderChatModel(ReplayTransport(tape), CATALOGUE, clock, way)


CHAT_MODELS: dict[str, Callable[[], AbstractAsyncContextManager[ChatModel]]] = {
    "scripted": scripted,
    "router": over_a_socket(Flavour.OPENROUTER, stream=False),
    "router, streamed": over_a_socket(Flavour.OPENROUTER, stream=True),
    "plain server": over_a_socket(Flavour.PLAIN, stream=False),
    "tape": replayed,
}
"""Every implementation, set up to be asked the requests once, in their order."""


@pytest.fixture(params=sorted(CHAT_MODELS))
def opened(request: pytest.FixtureRequest) -> Callable[[], AbstractAsyncContextManager[ChatModel]]:
    """Give each chat model in turn."""
    return CHAT_MODELS[request.param]


async def outcomes_of(chat_model: ChatModel) -> list[CallOutcome]:
    """Ask everything."""
    with anyio.fail_after(30):
        return [
            await chat_model.call(call, request, within_ms=WITHIN_MS)
            for call, request in zip(CALLS, REQUESTS, strict=True)
        ]


async def test_chat_model_answers_with_a_value_every_time(
    opened: Callable[[], AbstractAsyncContextManager[ChatModel]],
) -> None:
    """A completion, or a failure of its own kind: never an exception, and never one kind for another."""
    async with opened() as chat_model:
        outcomes = await outcomes_of(chat_model)
    assert [outcome.failure if isinstance(outcome, Failed) else None for outcome in outcomes] == list(EXPECTED)
    first = outcomes[0]
    assert isinstance(first, Completion)
    assert json.loads(first.text) == {"text": "nothing to do", "action": None}


async def test_chat_model_has_one_name(opened: Callable[[], AbstractAsyncContextManager[ChatModel]]) -> None:
    """Decisions are recorded under it, so it does not change with what is asked."""
    async with opened() as chat_model:
        before = chat_model.model_id
        await outcomes_of(chat_model)
        assert chat_model.model_id == before != ""


async def test_chat_model_never_costs_more_than_its_bound(
    opened: Callable[[], AbstractAsyncContextManager[ChatModel]],
) -> None:
    """What was held covers what is charged, as far as both are known; asking for it asks nobody."""
    async with opened() as chat_model:
        bounds = [chat_model.bound(request) for request in REQUESTS]
        assert bounds == [chat_model.bound(request) for request in REQUESTS]
        costs = [outcome.usage.cost_usd for outcome in await outcomes_of(chat_model)]
    for bound, cost in zip(bounds, costs, strict=True):
        assert bound is None or cost is None or 0 <= cost <= bound


async def test_chat_model_names_every_request_by_its_hash(
    opened: Callable[[], AbstractAsyncContextManager[ChatModel]],
) -> None:
    """Also those that failed, because a tape holds them too."""
    async with opened() as chat_model:
        hashes = [outcome.request_hash for outcome in await outcomes_of(chat_model)]
    assert all(len(bytes.fromhex(each)) == 32 for each in hashes)


async def test_replay_gives_what_was_recorded_and_asks_nobody() -> None:
    """Twice the same, however often it is asked; a cost that nobody can say any more is unknown."""
    async with replayed() as chat_model, over_a_socket(Flavour.OPENROUTER, stream=True)() as provider:
        first, second = await outcomes_of(chat_model), await outcomes_of(chat_model)
        assert first == second == await outcomes_of(provider)
        assert await chat_model.cost_of("gen-never-asked") is None


async def test_replay_of_another_question_is_a_miss() -> None:
    """It fails closed and says which turn it was."""
    async with replayed() as chat_model:
        with pytest.raises(TapeMiss, match=f"step 0 of turn {CALL.decision}"):
            await chat_model.call(CALL, request_for("something else?"), within_ms=WITHIN_MS)


async def test_replay_of_another_attempt_is_a_miss() -> None:
    """What came of a second sending is not what came of the first."""
    again: CallId = msgspec.structs.replace(CALL, attempt=1)
    async with replayed() as chat_model:
        with pytest.raises(TapeMiss, match="attempt"):
            await chat_model.call(again, REQUESTS[0], within_ms=WITHIN_MS)


async def test_scripted_chat_model_at_its_end_is_a_usage_error() -> None:
    """A test that asks once too often hears about it, and the request does not count."""
    chat_model = ScriptedChatModel([said(None)], bound=None)
    await chat_model.call(CALL, REQUESTS[0], within_ms=WITHIN_MS)
    with pytest.raises(UsageError, match="the script of 1 outcomes is used up"):
        await chat_model.call(CALL, REQUESTS[1], within_ms=WITHIN_MS)
    assert chat_model.requests == (REQUESTS[0],)
    assert chat_model.bound(REQUESTS[0]) is None
