"""How a skill's chat model is asked: the section `modelOptions`, and the list `tools`."""

import re
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field

from agentic_core.skills.fields import Problem, Section, choice, line, number, shown, whole

__all__ = ["CHAT_MODEL_ID", "TOOLS_DEFAULT", "ChatOptions", "Effort", "Providers", "ReplyBy", "ToolNames"]

TOOLS_DEFAULT = ("fetch_recent_bars", "get_portfolio", "get_funding")
"""What a chat model may use where its skill does not say."""

CHAT_MODEL_ID = line("the id of a chat model, such as vendor/name,", 200, r"\S+")

_TOOLS_MAX = 20
_FALLBACKS_MAX = 3
_PROVIDERS_MAX = 20
_TOOL = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SEED_MAX = 2**31 - 1


class Effort(StrEnum):
    """How much a reasoning model may reason."""

    NONE = "none"
    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class ReplyBy(StrEnum):
    """In which form the answer is asked for."""

    SCHEMA = "schema"
    """As text that has to follow a JSON schema."""
    TOOL = "tool"
    """As the arguments of the tool propose_order, for a chat model that takes tools but no schema."""


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    message = f"was {shown(value)}; write true or false"
    raise ValueError(message)


def _names(what: str, most: int) -> BeforeValidator:
    def read(value: object) -> tuple[object, ...]:
        if not isinstance(value, list | tuple) or len(value) > most:
            size = f" of {len(value)}" if isinstance(value, list | tuple) else ""
            message = f"was {shown(value)}{size}; write a list of at most {most} {what}, or []"
            raise ValueError(message)
        twice = next((name for place, name in enumerate(value) if name in value[:place]), None)
        if twice is not None:
            message = f"names {shown(twice)} twice; name each once"
            raise ValueError(message)
        return tuple(value)

    return BeforeValidator(read)


_Flag = Annotated[bool, BeforeValidator(_flag)]
_ProviderNames = Annotated[
    tuple[Annotated[str, line("the name of a provider, such as openai,", 80)], ...], _names("providers", _PROVIDERS_MAX)
]

ToolNames = Annotated[
    tuple[Annotated[str, line("the name of a tool, such as fetch_recent_bars,", 64, _TOOL.pattern)], ...],
    _names("tools", _TOOLS_MAX),
]
"""Names of tools; those of a connected server are written `server__tool`."""


class Providers(Section):
    """Which of a router's providers may answer; a plain endpoint ignores all of it."""

    only: _ProviderNames = ()
    order: _ProviderNames = ()
    """Who is tried first."""
    ignore: _ProviderNames = ()
    allow_fallbacks: _Flag = Field(default=True, alias="allowFallbacks")
    """Whether others may answer where these cannot."""
    may_store: _Flag = Field(default=False, alias="mayStore")
    """Whether a provider may keep what it is shown."""
    zero_retention: _Flag = Field(default=False, alias="zeroRetention")
    """Whether only providers may answer that keep nothing at all."""

    def inconsistencies(self) -> Iterator[Problem]:
        """List what no provider can satisfy."""
        both = [name for name in self.only if name in self.ignore]
        if both:
            message = f"names {shown(both[0])}, which is in only as well; keep it in one of them"
            yield Problem(path="ignore", message=message)
        if self.may_store and self.zero_retention:
            message = "was true beside zeroRetention true; a provider that may keep nothing cannot store: keep one"
            yield Problem(path="mayStore", message=message)


class ChatOptions(Section):
    """How the chat model is asked."""

    fallbacks: Annotated[tuple[Annotated[str, CHAT_MODEL_ID], ...], _names("chat models", _FALLBACKS_MAX)] = ()
    """Chat models that answer where the first cannot, in this order."""
    max_tokens: Annotated[int, whole("the tokens of an answer", 64, 32_000)] = Field(2_000, alias="maxTokens")
    """Most tokens of one answer, those of its reasoning included."""
    max_steps: Annotated[int, whole("the questions of one turn", 1, 20)] = Field(6, alias="maxSteps")
    """Most questions of one turn, repairs included."""
    temperature: Annotated[Decimal, number("a temperature", "0", "2", places=2)] | None = None
    seed: Annotated[int, whole("a seed", 0, _SEED_MAX)] | None = None
    effort: Annotated[Effort, choice(Effort)] | None = None
    reply_by: Annotated[ReplyBy, choice(ReplyBy)] | None = Field(None, alias="replyBy")
    """None leaves it to what the endpoint takes."""
    providers: Providers = Providers()
