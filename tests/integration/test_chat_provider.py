"""A chat model behind a provider on a real socket: its calls, its bounds, the cost that is asked for afterwards."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from hashlib import sha256

import anyio
import msgspec
import pytest

from agentic_core.chat.catalogue import Catalogue
from agentic_core.chat.provider.httpx_transport import HttpxTransport
from agentic_core.chat.provider.provider_chat_model import ProviderChatModel, ProviderWay
from agentic_core.chat.provider.provider_keys import ProviderKeys
from agentic_core.chat.wire import Flavour, question_body
from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.money import Usd
from agentic_core.errors import ConfigError, UsageError, VenueUnavailable
from agentic_core.ports.chat_catalogue import ChatModelCard
from agentic_core.ports.chat_model import CallFailure, Completion, Failed
from tests.support.chat_answers import CALL, GENERATION, HOLD, MODEL, error_body, request_for
from tests.support.chat_server import KEY, ChatServer, Play, served_chat
from tests.support.clocks import VirtualClock

pytestmark = pytest.mark.anyio

WITHIN_MS = 5_000


def card(model_id: str, prompt: str | None, written: str | None) -> ChatModelCard:
    """Return a card with prices of a million tokens."""
    prices = [None if price is None else Decimal(price) for price in (prompt, written)]
    return ChatModelCard(id=model_id, name=model_id, prompt_usd_mtok=prices[0], completion_usd_mtok=prices[1])


CATALOGUE = Catalogue(own=[card(MODEL, "1", "4"), card("vendor/dear", "10", "2"), card("vendor/secret", None, None)])
WITH_FALLBACK = msgspec.structs.replace(request_for(), fallbacks=("vendor/dear",))


@asynccontextmanager
async def asked_over(server: ChatServer, way: ProviderWay) -> AsyncIterator[ProviderChatModel]:
    """Yield a chat model at a provider on this machine."""
    async with served_chat(server) as address, HttpxTransport(address, key=KEY) as transport:
        with anyio.fail_after(30):
            yield ProviderChatModel(transport, CATALOGUE, VirtualClock(), way)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("flavour", list(Flavour))
async def test_call_comes_to_a_whole_answer(flavour: Flavour, stream: bool) -> None:
    """In one piece or in many, from a router or a plain server."""
    way = ProviderWay(model_id=MODEL, flavour=flavour, stream=stream)
    async with asked_over(ChatServer(), way) as chat_model:
        outcome = await chat_model.call(CALL, request_for(), within_ms=WITHIN_MS)
    assert isinstance(outcome, Completion)
    assert (outcome.text, outcome.usage.cost_usd, outcome.generation) == (HOLD, Decimal("0.00123"), GENERATION)


async def test_request_hash_is_that_of_the_question_without_its_prices() -> None:
    """A tape that is searched by it survives a change of prices, which are sent all the same."""
    server = ChatServer()
    async with asked_over(server, ProviderWay(model_id=MODEL)) as chat_model:
        outcome = await chat_model.call(CALL, WITH_FALLBACK, within_ms=WITHIN_MS)
    assert outcome.request_hash == sha256(question_body(WITH_FALLBACK, Flavour.OPENROUTER)).hexdigest()
    prices = {"prompt": "10", "completion": "4", "request": "0"}
    assert json.loads(server.seen[0].body)["provider"]["max_price"] == prices


async def test_session_goes_into_a_header_of_the_router_only() -> None:
    """In the body it would make every deployment ask something else."""
    for flavour, expected in ((Flavour.OPENROUTER, "dep-1"), (Flavour.PLAIN, None)):
        server = ChatServer()
        way = ProviderWay(model_id=MODEL, flavour=flavour, session_id="dep-1")
        async with asked_over(server, way) as chat_model:
            await chat_model.call(CALL, request_for(), within_ms=WITHIN_MS)
        assert server.seen[0].headers.get("x-session-id") == expected
        assert b"dep-1" not in server.seen[0].body


async def test_bound_is_that_of_the_dearest_model_that_may_answer() -> None:
    """Unknown where one of them has no price; a plain server knows no other model."""
    async with asked_over(ChatServer(), ProviderWay(model_id=MODEL)) as routed:
        alone, both = routed.bound(request_for()), routed.bound(WITH_FALLBACK)
        unknown = routed.bound(msgspec.structs.replace(request_for(), fallbacks=("vendor/secret",)))
    assert alone is not None
    assert both is not None
    assert both > alone > Decimal("0.002")
    assert unknown is None
    async with asked_over(ChatServer(), ProviderWay(model_id=MODEL, flavour=Flavour.PLAIN)) as plain:
        assert plain.bound(WITH_FALLBACK) == plain.bound(request_for())


async def test_refused_key_is_told_without_the_key() -> None:
    """Somebody has to look, and reads this."""
    server = ChatServer(key="another")
    async with asked_over(server, ProviderWay(model_id=MODEL)) as chat_model:
        outcome = await chat_model.call(CALL, request_for(), within_ms=WITHIN_MS)
    assert isinstance(outcome, Failed)
    assert (outcome.failure, outcome.usage.cost_usd) == (CallFailure.NOT_AUTHENTICATED, Decimal(0))
    assert KEY not in repr(outcome)


async def test_cost_is_asked_for_until_the_router_knows_it() -> None:
    """It takes a moment; the clock that waits is the injected one."""
    server, clock = ChatServer(), VirtualClock()
    server.cost_after = 3
    costs: list[Usd | None] = []

    async def look() -> None:
        costs.append(await chat_model.cost_of(GENERATION))

    async with served_chat(server) as address, HttpxTransport(address, key=KEY) as transport:
        chat_model = ProviderChatModel(transport, CATALOGUE, clock, ProviderWay(model_id=MODEL))
        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(look)
                for asked in range(1, 5):
                    while len(server.seen) < asked:
                        await anyio.wait_all_tasks_blocked()
                        await clock.let_pass(500)
    assert costs == [Decimal("0.00123")]
    assert [seen.path for seen in server.seen] == [f"/api/v1/generation?id={GENERATION}"] * 4


@pytest.mark.parametrize("told", [None, -1.0])
async def test_cost_that_the_router_does_not_say_stays_unknown(told: float | None) -> None:
    """Never zero."""
    server = ChatServer()
    server.costs[GENERATION] = told
    async with asked_over(server, ProviderWay(model_id=MODEL)) as chat_model:
        assert await chat_model.cost_of(GENERATION) is None


async def test_cost_is_not_asked_for_where_nobody_can_say_it() -> None:
    """A plain server has no such address, and a refused key is refused the next time as well."""
    plain, refusing = ChatServer(), ChatServer(key="another")
    async with asked_over(plain, ProviderWay(model_id=MODEL, flavour=Flavour.PLAIN)) as chat_model:
        assert await chat_model.cost_of(GENERATION) is None
    async with asked_over(refusing, ProviderWay(model_id=MODEL)) as chat_model:
        assert await chat_model.cost_of(GENERATION) is None
    assert (len(plain.seen), len(refusing.seen)) == (0, 1)


async def test_name_of_a_generation_cannot_change_the_path() -> None:
    """It is a stranger's text."""
    server = ChatServer()
    server.costs["..%2Fkeys%3Fa%3D%0D%0Ab"] = 1.0
    async with asked_over(server, ProviderWay(model_id=MODEL)) as chat_model:
        assert await chat_model.cost_of("../keys?a=\r\nb") == 1
    assert server.seen[0].path == "/api/v1/generation?id=..%2Fkeys%3Fa%3D%0D%0Ab"


async def test_session_that_is_too_long_is_refused() -> None:
    """The router would cut it or refuse every call."""
    way = ProviderWay(model_id=MODEL, session_id="x" * 257)
    async with HttpxTransport("http://127.0.0.1:1") as transport:
        with pytest.raises(ConfigError, match="256 at most"):
            ProviderChatModel(transport, CATALOGUE, VirtualClock(), way)


async def test_key_of_a_deployment_has_its_limit_and_can_be_taken_back() -> None:
    """Taking it back again is no error."""
    server = ChatServer()
    async with served_chat(server) as address, HttpxTransport(address, key=KEY) as transport:
        keys = ProviderKeys(transport)
        made = await keys.create(DeploymentId("dep-1"), month_usd=Usd(Decimal("12.50")))
        assert server.keys[made.name] == {
            "name": "agentic dep-1",
            "limit": 12.5,
            "limit_reset": "monthly",
            "include_byok_in_limit": True,
        }
        await keys.revoke(made.name)
        await keys.revoke(made.name)
    assert server.keys == {}
    assert made.reveal() == "sk-or-handed-out-1"
    assert "handed-out" not in repr(made)
    with pytest.raises(UsageError, match="neither copied nor pickled"):
        made.__reduce__()


async def test_keys_are_made_only_with_a_management_key() -> None:
    """Said in words that help."""
    async with served_chat(ChatServer(key="another")) as address, HttpxTransport(address, key=KEY) as transport:
        with pytest.raises(ConfigError, match="takes a management key"):
            await ProviderKeys(transport).create(DeploymentId("dep-1"), month_usd=Usd(Decimal(1)))


async def test_error_of_a_provider_is_retryable_by_its_kind() -> None:
    """A planned fault first, then the answer."""
    server = ChatServer()
    server.plan(Play(status=529, body=error_body(529, "busy", "provider_overloaded"), headers=(("retry-after", "2"),)))
    async with asked_over(server, ProviderWay(model_id=MODEL)) as chat_model:
        first = await chat_model.call(CALL, request_for(), within_ms=WITHIN_MS)
        second = await chat_model.call(CALL, request_for(), within_ms=WITHIN_MS)
    assert isinstance(first, Failed)
    assert (first.failure, first.retry_after_ms) == (CallFailure.OVERLOADED, 2_000)
    assert isinstance(second, Completion)


async def test_key_that_may_have_been_made_is_not_asked_for_again() -> None:
    """Its answer was lost, so a second one would be a second key."""
    async with served_chat(ChatServer()) as address:
        pass
    async with HttpxTransport(address, key=KEY) as transport:
        with pytest.raises(VenueUnavailable, match="try again") as unreached:
            await ProviderKeys(transport).create(DeploymentId("dep-1"), month_usd=Usd(Decimal(1)))
    assert unreached.value.retryable
