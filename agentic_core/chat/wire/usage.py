"""What a call consumed, as the provider says it; whatever cannot be read is unknown, never zero."""

from decimal import Decimal
from typing import Annotated, Final

import msgspec

from agentic_core.domain.money import Usd
from agentic_core.metering import is_credible, whole
from agentic_core.ports.chat_model import CallUsage

__all__ = ["UNREADABLE", "credible", "usage_of"]

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding foreign JSON raises."""

_Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


class _PromptDetails(msgspec.Struct, frozen=True, gc=False):
    cached_tokens: _Count | None = None


class _CompletionDetails(msgspec.Struct, frozen=True, gc=False):
    reasoning_tokens: _Count | None = None


class _Tokens(msgspec.Struct, frozen=True, gc=False):
    prompt_tokens: _Count | None = None
    completion_tokens: _Count | None = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _CompletionDetails | None = None


class _CostDetails(msgspec.Struct, frozen=True, gc=False):
    upstream_inference_cost: Decimal | None = None


class _Cost(msgspec.Struct, frozen=True, gc=False):
    cost: Decimal | None = None
    is_byok: bool | None = None
    cost_details: _CostDetails | None = None


_TOKENS: Final = msgspec.json.Decoder(_Tokens)
_COST: Final = msgspec.json.Decoder(_Cost)
_NO_PROMPT_DETAILS: Final = _PromptDetails()
_NO_COMPLETION_DETAILS: Final = _CompletionDetails()


def usage_of(raw: bytes | msgspec.Raw) -> CallUsage:
    """Read the usage of an answer; its counts and its cost are judged apart, so that one cannot spoil the other."""
    tokens = _tokens(raw)
    prompt = tokens.prompt_tokens_details or _NO_PROMPT_DETAILS
    completion = tokens.completion_tokens_details or _NO_COMPLETION_DETAILS
    return CallUsage(
        prompt_tokens=tokens.prompt_tokens or 0,
        completion_tokens=tokens.completion_tokens or 0,
        cached_tokens=prompt.cached_tokens or 0,
        reasoning_tokens=completion.reasoning_tokens or 0,
        cost_usd=_cost(raw),
    )


def credible(cost: Decimal | None, *, is_byok: bool, upstream: Decimal | None) -> Usd | None:
    """Return a cost rounded up to a hundred-millionth of a dollar, or None where it is missing or impossible.

    Where the answer was made with a key of our own at the provider behind the router, the router's cost is only its
    own charge, and the other provider's comes on top.
    """
    total = _amount(cost)
    if total is None or not is_byok:
        return total
    behind = _amount(upstream)
    return None if behind is None else Usd(total + behind)


def _amount(cost: Decimal | None) -> Usd | None:
    if cost is None or not is_credible(Usd(cost)):
        return None
    return whole(Usd(cost))


def _tokens(raw: bytes | msgspec.Raw) -> _Tokens:
    try:
        return _TOKENS.decode(raw)
    except UNREADABLE:
        return _Tokens()


def _cost(raw: bytes | msgspec.Raw) -> Usd | None:
    try:
        told = _COST.decode(raw)
    except UNREADABLE:
        return None
    details = told.cost_details or _CostDetails()
    return credible(told.cost, is_byok=told.is_byok is True, upstream=details.upstream_inference_cost)
