"""A request as bytes; the same request has the same bytes, whenever and for whomever it is made.

What a chat model is asked (the question) and what a router may charge for it (the ceiling) are put together last, so
that new prices make no new question, and a tape stays of use.
Source: OpenAI's chat completions, and OpenRouter's OpenAPI file of August 2026 for what is only hers.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from agentic_core.domain.money import plain
from agentic_core.ports.chat_model import ChatMessage, ChatRequest, ChatRole, Routing, ToolCall, ToolSpec

__all__ = ["Ceiling", "Flavour", "question_body", "with_ceiling"]


class Flavour(StrEnum):
    """Whose extras a request may carry."""

    OPENROUTER = "openrouter"
    PLAIN = "plain"
    """What any server takes that calls itself compatible with OpenAI's; it routes nothing and falls back on nothing."""


class Ceiling(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The highest prices a router may choose, so that what was reserved covers what it charges."""

    prompt_usd_mtok: Decimal
    completion_usd_mtok: Decimal
    request_usd: Decimal


class _Caching(msgspec.Struct, frozen=True):
    type: str = "ephemeral"


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    type: str = "text"
    text: str
    cache_control: _Caching = _Caching()


class _CalledFunction(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    arguments: str


class _Call(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    type: str = "function"
    function: _CalledFunction


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    role: ChatRole
    content: str | tuple[_Part, ...]
    tool_calls: tuple[_Call, ...] | msgspec.UnsetType = msgspec.UNSET
    tool_call_id: str | msgspec.UnsetType = msgspec.UNSET


class _OfferedFunction(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    description: str
    parameters: msgspec.Raw


class _Tool(msgspec.Struct, frozen=True, kw_only=True):
    type: str = "function"
    function: _OfferedFunction


class _NamedFunction(msgspec.Struct, frozen=True, kw_only=True):
    name: str


class _Choice(msgspec.Struct, frozen=True, kw_only=True):
    type: str = "function"
    function: _NamedFunction


class _ReplyForm(msgspec.Struct, frozen=True, kw_only=True):
    name: str = "reply"
    strict: bool = True
    schema: msgspec.Raw


class _ResponseFormat(msgspec.Struct, frozen=True, kw_only=True):
    type: str = "json_schema"
    json_schema: _ReplyForm


class _Reasoning(msgspec.Struct, frozen=True, kw_only=True):
    effort: str


class _PricesMax(msgspec.Struct, frozen=True, kw_only=True):
    prompt: str
    completion: str
    request: str


class _Provider(msgspec.Struct, frozen=True, kw_only=True):
    require_parameters: bool = True
    allow_fallbacks: bool
    may_keep: str = msgspec.field(name="data_collection")
    zdr: bool | msgspec.UnsetType = msgspec.UNSET
    only: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    order: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    ignore: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


class _StreamOptions(msgspec.Struct, frozen=True):
    include_usage: bool = True


class _Body(msgspec.Struct, kw_only=True):
    model_id: str = msgspec.field(name="model")
    fallbacks: tuple[str, ...] | msgspec.UnsetType = msgspec.field(name="models", default=msgspec.UNSET)
    messages: tuple[_Message, ...]
    tools: tuple[_Tool, ...] | msgspec.UnsetType = msgspec.UNSET
    tool_choice: _Choice | msgspec.UnsetType = msgspec.UNSET
    response_format: _ResponseFormat | msgspec.UnsetType = msgspec.UNSET
    max_tokens: int | msgspec.UnsetType = msgspec.UNSET
    max_completion_tokens: int | msgspec.UnsetType = msgspec.UNSET
    temperature: Decimal | msgspec.UnsetType = msgspec.UNSET
    seed: int | msgspec.UnsetType = msgspec.UNSET
    reasoning: _Reasoning | msgspec.UnsetType = msgspec.UNSET
    reasoning_effort: str | msgspec.UnsetType = msgspec.UNSET
    stream: bool | msgspec.UnsetType = msgspec.UNSET
    stream_options: _StreamOptions | msgspec.UnsetType = msgspec.UNSET
    provider: _Provider | msgspec.UnsetType = msgspec.UNSET
    """Last, where `with_ceiling` expects it."""


_END: Final = b"}}"
"""Of the routing and of the body."""

_MAX_PRICE: Final = b',"max_price":'
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def question_body(request: ChatRequest, flavour: Flavour, *, stream: bool = False) -> bytes:
    """Return the bytes of a question; they hold no time, no price and no name of a deployment.

    Args:
        request: what is asked.
        flavour: a plain endpoint is told neither fallbacks nor routing.
        stream: whether the answer shall come in pieces.
    """
    body = _body(request)
    if flavour is Flavour.OPENROUTER:
        _add_routed(body, request)
    else:
        _add_plain(body, request)
    if stream:
        body.stream = True
        if flavour is Flavour.PLAIN:
            body.stream_options = _StreamOptions()
    return _ENCODER.encode(body)


def with_ceiling(question: bytes, ceiling: Ceiling) -> bytes:
    """Return the bytes of a question to a router with the highest prices that may be charged for it."""
    prices = _PricesMax(
        prompt=plain(ceiling.prompt_usd_mtok),
        completion=plain(ceiling.completion_usd_mtok),
        request=plain(ceiling.request_usd),
    )
    return b"%b%b%b%b" % (question[: -len(_END)], _MAX_PRICE, _ENCODER.encode(prices), _END)


def _body(request: ChatRequest) -> _Body:
    body = _Body(model_id=request.model_id, messages=tuple(map(_message, request.messages)))
    if request.tools:
        body.tools = tuple(map(_tool, request.tools))
    if request.must_use is not None:
        body.tool_choice = _Choice(function=_NamedFunction(name=request.must_use))
    if request.reply_schema is not None:
        body.response_format = _ResponseFormat(json_schema=_ReplyForm(schema=msgspec.Raw(request.reply_schema)))
    if request.temperature is not None:
        body.temperature = request.temperature
    if request.seed is not None:
        body.seed = request.seed
    return body


def _add_routed(body: _Body, request: ChatRequest) -> None:
    body.max_completion_tokens = request.completion_tokens_max
    body.messages = _with_cache_mark(body.messages)
    body.provider = _provider(request.routing)
    if request.fallbacks:
        body.fallbacks = request.fallbacks
    if request.effort is not None:
        body.reasoning = _Reasoning(effort=request.effort)


def _add_plain(body: _Body, request: ChatRequest) -> None:
    # Every server knows max_tokens; OpenAI's own reasoning models, which alone take an effort, refuse it.
    if request.effort is None:
        body.max_tokens = request.completion_tokens_max
    else:
        body.max_completion_tokens = request.completion_tokens_max
        body.reasoning_effort = request.effort


def _message(message: ChatMessage) -> _Message:
    return _Message(
        role=message.role,
        content=message.content,
        tool_calls=tuple(map(_call, message.tool_calls)) or msgspec.UNSET,
        tool_call_id=msgspec.UNSET if message.answers is None else message.answers,
    )


def _call(call: ToolCall) -> _Call:
    return _Call(id=call.id, function=_CalledFunction(name=call.name, arguments=call.arguments))


def _tool(spec: ToolSpec) -> _Tool:
    parameters = msgspec.Raw(spec.parameters)
    return _Tool(function=_OfferedFunction(name=spec.name, description=spec.description, parameters=parameters))


def _with_cache_mark(messages: tuple[_Message, ...]) -> tuple[_Message, ...]:
    # A cache covers everything up to the mark, so it stands on the last message that is the same in every turn.
    stable = [at for at, message in enumerate(messages) if message.role is ChatRole.SYSTEM]
    if not stable:
        return messages
    last = stable[-1]
    marked = msgspec.structs.replace(messages[last], content=(_Part(text=str(messages[last].content)),))
    return (*messages[:last], marked, *messages[last + 1 :])


def _provider(routing: Routing) -> _Provider:
    return _Provider(
        allow_fallbacks=routing.allow_fallbacks,
        may_keep="allow" if routing.may_store else "deny",
        zdr=routing.zero_retention or msgspec.UNSET,
        only=routing.only or msgspec.UNSET,
        order=routing.order or msgspec.UNSET,
        ignore=routing.ignore or msgspec.UNSET,
    )
