"""What an error means, wherever it stands: in the status, in a body of HTTP 200, or in the middle of a stream.

Source: OpenRouter's error codes and canonical error types, and the codes by which OpenAI names the same things.
"""

from http import HTTPStatus
from typing import Final

import msgspec

from agentic_core.ports.chat_model import CallFailure

__all__ = ["ForeignError", "failure_of", "in_the_middle", "never_worked"]

_F = CallFailure

_BY_TYPE: Final[dict[str, CallFailure]] = {
    "authentication": _F.NOT_AUTHENTICATED,
    "content_filter": _F.FILTERED,
    "content_policy_violation": _F.FILTERED,
    "context_length_exceeded": _F.TOO_LONG,
    "insufficient_quota": _F.NO_CREDIT,
    "invalid_api_key": _F.NOT_AUTHENTICATED,
    "invalid_prompt": _F.BAD_REQUEST,
    "invalid_request": _F.BAD_REQUEST,
    "max_tokens_exceeded": _F.TRUNCATED,
    "model_not_found": _F.NOT_FOUND,
    "not_found": _F.NOT_FOUND,
    "openrouter_credits": _F.NO_CREDIT,
    "openrouter_guardrail_budget": _F.NO_CREDIT,
    "openrouter_in_flight_budget": _F.RATE_LIMITED,
    "openrouter_key_limit": _F.NO_CREDIT,
    "openrouter_workspace_budget": _F.NO_CREDIT,
    "payload_too_large": _F.TOO_LONG,
    "payment_required": _F.NO_CREDIT,
    "permission_denied": _F.NOT_AUTHENTICATED,
    "precondition_failed": _F.BAD_REQUEST,
    "provider_overloaded": _F.OVERLOADED,
    "provider_unavailable": _F.OVERLOADED,
    "rate_limit_exceeded": _F.RATE_LIMITED,
    "refusal": _F.REFUSED,
    "server": _F.OVERLOADED,
    "string_too_long": _F.TOO_LONG,
    "timeout": _F.TIMED_OUT,
    "token_limit_exceeded": _F.NO_CREDIT,
    "unprocessable": _F.BAD_REQUEST,
}

_BY_STATUS: Final[dict[int, CallFailure]] = {
    400: _F.BAD_REQUEST,
    401: _F.NOT_AUTHENTICATED,
    402: _F.NO_CREDIT,
    403: _F.NOT_AUTHENTICATED,
    404: _F.NOT_FOUND,
    408: _F.TIMED_OUT,
    409: _F.OVERLOADED,
    413: _F.TOO_LONG,
    422: _F.BAD_REQUEST,
    425: _F.OVERLOADED,
    429: _F.RATE_LIMITED,
    504: _F.TIMED_OUT,
    524: _F.TIMED_OUT,
}

_PASSING: Final = frozenset({_F.OVERLOADED, _F.RATE_LIMITED, _F.TIMED_OUT, _F.MALFORMED, _F.BAD_REQUEST})
"""What, once an answer has begun, says no more than that it broke."""

_BEFORE_ANY_WORK: Final = frozenset({503, 529})
_DETAIL_MAX = 300


class ForeignError(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An error as a provider writes it."""

    code: int | str | None = None
    message: str | None = None
    type: str | None = None
    error_type: str | None = None
    """The router's own class of it."""
    limit_source: str | None = None
    """Which of the router's limits was met; requests that still run fill one that soon has room again."""
    is_flagged: bool = False
    """Whether a moderation tells what it found."""

    def detail(self, status: int) -> str:
        """Return what it says, in one bounded line for people."""
        said = " ".join("".join(c if c.isprintable() else " " for c in self.message or "").split())
        named = " ".join(str(word) for word in (self.code, self.type, self.error_type, self.limit_source) if word)
        return f"HTTP {status}: {said or 'no message'} ({named or 'no code'})"[:_DETAIL_MAX]


def failure_of(status: int, error: ForeignError | None) -> CallFailure:
    """Return what an error is; its own words go before the status they came with."""
    if error is None:
        return _by_status(status)
    words = (error.limit_source, error.error_type, error.code, error.type)
    named = next((_BY_TYPE[word] for word in words if isinstance(word, str) and word in _BY_TYPE), None)
    if named is not None:
        return named
    code = _number(error.code) or status
    if code == HTTPStatus.FORBIDDEN and error.is_flagged:
        return CallFailure.FILTERED
    return _by_status(code)


def in_the_middle(failure: CallFailure) -> CallFailure:
    """Return what the same error is once an answer had begun."""
    return CallFailure.BROKEN_OFF if failure in _PASSING else failure


def never_worked(status: int) -> bool:
    """Tell whether a status says that no chat model began to work, so that the call cost nothing.

    OpenRouter answers with the status of an error only as long as the model has not begun. Statuses that a proxy on the
    way makes when it waited in vain say nothing about that.
    """
    is_refused = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return status in _BEFORE_ANY_WORK or (is_refused and status != HTTPStatus.REQUEST_TIMEOUT)


def _by_status(status: int) -> CallFailure:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return CallFailure.OVERLOADED
    return CallFailure.BAD_REQUEST if status >= HTTPStatus.MULTIPLE_CHOICES else CallFailure.MALFORMED


def _number(code: int | str | None) -> int | None:
    if isinstance(code, str):
        return int(code) if code.isascii() and code.isdigit() and len(code) == 3 else None  # noqa: PLR2004 - a status
    return code
