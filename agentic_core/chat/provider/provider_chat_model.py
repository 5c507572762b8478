"""A chat model behind a provider that speaks OpenAI's chat completions, such as OpenRouter or a server of one's own."""

from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import msgspec

from agentic_core.chat.transport import NO_HEADERS, ChatTransport, NoAnswer
from agentic_core.chat.wire import (
    Asked,
    Ceiling,
    Flavour,
    generation_cost,
    outcome_of,
    outcome_without_answer,
    question_body,
    with_ceiling,
)
from agentic_core.domain.chat import CallId
from agentic_core.domain.money import Usd
from agentic_core.errors import ConfigError
from agentic_core.ports.chat_catalogue import ChatModelCatalogue
from agentic_core.ports.chat_model import CallOutcome, ChatRequest
from agentic_core.ports.clock import Clock

__all__ = ["ProviderChatModel", "ProviderWay"]

_COMPLETIONS = "/chat/completions"
_GENERATION = "/generation?id="
_SESSION = "x-session-id"
_SESSION_MAX = 256
_LOOK_UP_MS = 5_000
_LOOK_UP_WAITS_S: Final = (0.0, 0.5, 1.0, 2.0)
"""Before each look; the router knows a cost a moment after the answer."""

_WORTH_ANOTHER_LOOK: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS})


class ProviderWay(msgspec.Struct, frozen=True, kw_only=True):
    """How a chat model is reached."""

    model_id: str
    flavour: Flavour = Flavour.OPENROUTER
    session_id: str = ""
    """Keeps a router at the provider whose cache is warm, such as the id of a deployment; at most 256 characters."""
    stream: bool = False
    """Whether answers come in pieces: nothing is used before it is whole, but a broken one still says what it cost."""


class ProviderChatModel:
    """Asks over a transport; the same request is the same bytes, so that a tape finds it again."""

    def __init__(self, transport: ChatTransport, catalogue: ChatModelCatalogue, clock: Clock, way: ProviderWay) -> None:
        """Take the way to the provider, the prices, and the clock by which it waits for a cost.

        Raises:
            ConfigError: the session id is too long.
        """
        if len(way.session_id) > _SESSION_MAX:
            raise ConfigError(f"the session id has {len(way.session_id)} characters; give it {_SESSION_MAX} at most")
        self._transport = transport
        self._catalogue = catalogue
        self._clock = clock
        self._way = way
        self._is_routed = way.flavour is Flavour.OPENROUTER
        has_session = self._is_routed and way.session_id
        self._headers: Mapping[str, str] = {_SESSION: way.session_id} if has_session else NO_HEADERS
        self._last: tuple[ChatRequest, bytes] | None = None

    @property
    def model_id(self) -> str:
        """The provider's name for it."""
        return self._way.model_id

    def bound(self, request: ChatRequest) -> Usd | None:
        """Return the most the dearest model that may answer can cost, or None where one has no price."""
        prompt_bytes = len(self._question(request))
        bounds = []
        for model_id in self._may_answer(request):
            bound = self._catalogue.bound(
                model_id, prompt_bytes=prompt_bytes, completion_tokens=request.completion_tokens_max
            )
            if bound is None:
                return None
            bounds.append(bound)
        return max(bounds)

    async def call(self, call: CallId, request: ChatRequest, *, within_ms: int) -> CallOutcome:
        """Ask once.

        Raises:
            TapeMiss: the transport only replays, and this exchange is not on its tape.
        """
        question = self._question(request)
        ceiling = self._ceiling(request)
        answer = await self._transport.post(
            _COMPLETIONS,
            question if ceiling is None else with_ceiling(question, ceiling),
            self._headers,
            within_ms=within_ms,
            call=call,
            question=question,
        )
        asked = Asked(request_hash=sha256(question).hexdigest(), model_id=request.model_id)
        if isinstance(answer, NoAnswer):
            return outcome_without_answer(answer, asked)
        return outcome_of(answer, asked)

    async def cost_of(self, generation: str) -> Usd | None:
        """Ask the router what an answer cost, again for a moment as long as it does not know it."""
        if not self._is_routed:
            return None
        path = _GENERATION + quote(generation, safe="")
        for wait_s in _LOOK_UP_WAITS_S:
            if wait_s:
                await self._clock.sleep(wait_s)
            answer = await self._transport.get(path, within_ms=_LOOK_UP_MS)
            if isinstance(answer, NoAnswer):
                return None
            if answer.status == HTTPStatus.OK:
                return generation_cost(answer.body)
            if answer.status not in _WORTH_ANOTHER_LOOK and answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                return None
        return None

    def _question(self, request: ChatRequest) -> bytes:
        # What a request can cost is asked just before it is made.
        last = self._last
        if last is not None and last[0] is request:
            return last[1]
        question = question_body(request, self._way.flavour, stream=self._way.stream)
        self._last = (request, question)
        return question

    def _may_answer(self, request: ChatRequest) -> tuple[str, ...]:
        return (request.model_id, *(request.fallbacks if self._is_routed else ()))

    def _ceiling(self, request: ChatRequest) -> Ceiling | None:
        if not self._is_routed:
            return None
        prompts, completions, requests = [], [], []
        for model_id in self._may_answer(request):
            card = self._catalogue.find(model_id)
            if card is None or card.prices is None:
                return None
            read, written = card.prices
            prompts.append(read)
            completions.append(written)
            requests.append(card.request_usd)
        return Ceiling(prompt_usd_mtok=max(prompts), completion_usd_mtok=max(completions), request_usd=max(requests))
