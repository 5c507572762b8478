"""One exchange with a language model; what it says is untrusted."""

from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypeAlias

import msgspec

from agentic_core.domain.chat import CallId
from agentic_core.domain.money import Usd

__all__ = [
    "CallFailure",
    "CallOutcome",
    "CallUsage",
    "ChatMessage",
    "ChatModel",
    "ChatRequest",
    "ChatRole",
    "Completion",
    "Failed",
    "Routing",
    "ToolCall",
    "ToolSpec",
]


class ChatRole(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class ToolCall(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A wish of the chat model to use a tool."""

    id: str
    name: str
    arguments: str
    """JSON text, not read by anybody yet."""


class ChatMessage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One message of a conversation."""

    role: ChatRole
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    """Of an assistant."""
    answers: str | None = None
    """Of a tool: the id of the call it answers."""


class ToolSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A tool as it is offered."""

    name: str
    description: str
    parameters: bytes
    """JSON schema of its arguments."""


class Routing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which of a router's providers may answer; a plain endpoint takes none of it."""

    only: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    allow_fallbacks: bool = True
    may_store: bool = False
    """Whether a provider may keep what it is shown."""
    zero_retention: bool = False


class ChatRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one call asks; the same request has the same bytes."""

    model_id: str
    fallbacks: tuple[str, ...] = ()
    """Models that answer where the first one cannot."""
    messages: tuple[ChatMessage, ...]
    """Stable text first: a provider's cache covers what stands before the first difference."""
    tools: tuple[ToolSpec, ...] = ()
    must_use: str | None = None
    """The one tool that has to be used; None leaves it to the chat model."""
    reply_schema: bytes | None = None
    """JSON schema of a reply in text; None leaves its form open."""
    completion_tokens_max: int
    temperature: Decimal | None = None
    seed: int | None = None
    effort: str | None = None
    """How much a reasoning model may reason, in the provider's words."""
    routing: Routing = Routing()


class CallUsage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a call consumed, as the provider says it; a cost of None is unknown, never zero."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    """With those of its reasoning."""
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    cost_usd: Usd | None = None


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer: text, wishes for tools, or both."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    usage: CallUsage
    request_hash: str
    """SHA-256 of the request's bytes, hex."""
    model_id: str
    """Who answered, as the provider names it."""
    provider: str = ""
    generation: str | None = None
    """By which the provider tells the cost afterwards."""


class CallFailure(StrEnum):
    """Why a call has no whole answer."""

    REFUSED = "refused"
    FILTERED = "filtered"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    MALFORMED = "malformed"
    """What came back is not what the protocol says."""
    TOO_LONG = "too_long"
    """The request does not fit into the model's context."""
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    """The provider or the way to it says that it cannot now."""
    BROKEN_OFF = "broken_off"
    """An error arrived in the middle of the answer."""
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    """No connection came about: the request never left."""
    NO_CREDIT = "no_credit"
    NOT_AUTHENTICATED = "not_authenticated"
    NOT_FOUND = "not_found"
    """No such model, or none that takes the parameters that are required."""
    BAD_REQUEST = "bad_request"


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """A call without a whole answer; it may have cost something all the same."""

    failure: CallFailure
    detail: str
    """For people; never shown to a chat model."""
    usage: CallUsage = CallUsage()
    request_hash: str
    generation: str | None = None
    retry_after_ms: int | None = None
    """How long to wait first, where the provider said so."""
    never_left: bool = False
    """Whether it provably cost nothing because nothing was sent."""


CallOutcome: TypeAlias = Completion | Failed


class ChatModel(Protocol):
    """One configured way to a language model."""

    @property
    def model_id(self) -> str:
        """The provider's name for it."""

    def bound(self, request: ChatRequest) -> Usd | None:
        """Return the most one exchange about this request can cost, or None when unknown."""

    async def call(self, call: CallId, request: ChatRequest, *, within_ms: int) -> CallOutcome:
        """Ask once; an exchange that failed is a Failed value, never an exception.

        Raises:
            TapeMiss: it only replays, and this exchange is not on its tape.
        """

    async def cost_of(self, generation: str) -> Usd | None:
        """Return what an answer cost, asked afterwards, or None where nobody says."""
