"""Why a question to the venue has no answer, and whether asking again can help."""

from enum import StrEnum
from http import HTTPStatus
from typing import TypeVar

import msgspec

from agentic_core.errors import VenueUnavailable
from agentic_hl.rest.transport import Answered, HttpOutcome, NeverLeft, Unclear
from agentic_hl.wire.messages.reading import Unreadable

__all__ = ["FailureKind", "RestFailure", "answered", "failure_of", "readable", "unreadable_answer"]

_T = TypeVar("_T")

_RETRIED_STATUS = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_EXCERPT = 120


class FailureKind(StrEnum):
    """What went wrong."""

    NOT_CONNECTED = "not_connected"
    TIMED_OUT = "timed_out"
    BROKEN_OFF = "broken_off"
    OUT_OF_WEIGHT = "out_of_weight"
    """Our own budget had not enough weight before the deadline."""

    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    REFUSED = "refused"
    """The venue or a proxy before it does not take such a request."""

    NOT_JSON = "not_json"
    """Something else than the venue answered, most likely a proxy."""

    UNREADABLE = "unreadable"
    """The venue answered what this release cannot read."""


class RestFailure(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """No answer, with what somebody who retries has to know."""

    kind: FailureKind
    message: str
    retryable: bool
    retry_after_ms: int | None = None
    """How long to wait at least, where somebody said so."""

    status: int | None = None


def failure_of(outcome: HttpOutcome, kind: str) -> RestFailure | None:
    """Return why an outcome is no answer to a question of some kind, or None when it is worth reading."""
    match outcome:
        case NeverLeft(cause=cause, waits_for_weight_ms=None):
            return _failure(FailureKind.NOT_CONNECTED, f"{kind} was not asked: {cause}")
        case NeverLeft(cause=cause, waits_for_weight_ms=wait):
            return _failure(FailureKind.OUT_OF_WEIGHT, f"{kind} was not asked: {cause}", retry_after_ms=wait)
        case Unclear(cause=cause, timed_out=timed_out):
            failure = FailureKind.TIMED_OUT if timed_out else FailureKind.BROKEN_OFF
            return _failure(failure, f"{kind} has no answer: {cause}")
        case Answered():
            return _refusal(outcome, kind)


def unreadable_answer(answer: Answered, kind: str, cause: str) -> RestFailure:
    """Return the failure of an answer that came with success and cannot be read."""
    if _is_json(answer):
        message = f"the answer to {kind} cannot be read: {cause}; a newer release may know it"
        return RestFailure(kind=FailureKind.UNREADABLE, message=message, retryable=False, status=answer.status)
    message = f"the answer to {kind} is no JSON but {answer.content_type or 'of no type'}: {_excerpt(answer.body)}"
    return RestFailure(kind=FailureKind.NOT_JSON, message=message, retryable=True, status=answer.status)


def answered(answer: _T | RestFailure) -> _T:
    """Return an answer, for whoever cannot go on without one.

    Raises:
        VenueUnavailable: there is none.
    """
    if isinstance(answer, RestFailure):
        message = answer.message
        raise VenueUnavailable(message, retryable=answer.retryable, retry_after_ms=answer.retry_after_ms)
    return answer


def readable(value: _T | Unreadable) -> _T:
    """Return a value of the venue, for whoever cannot go on without one.

    Raises:
        VenueUnavailable: what the venue wrote makes no sense.
    """
    if isinstance(value, Unreadable):
        message = f"the venue's {value.what or 'answer'} makes no sense: {value.cause}; a newer release may know it"
        raise VenueUnavailable(message, retryable=False)
    return value


def _refusal(answer: Answered, kind: str) -> RestFailure | None:
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        failure = FailureKind.RATE_LIMITED
    elif status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        failure = FailureKind.SERVER_ERROR
    else:
        failure = FailureKind.REFUSED
    return RestFailure(
        kind=failure,
        message=f"{kind} was answered with HTTP {status}: {_excerpt(answer.body)}",
        retryable=status in _RETRIED_STATUS or status >= HTTPStatus.INTERNAL_SERVER_ERROR,
        retry_after_ms=answer.retry_after_ms,
        status=status,
    )


def _failure(kind: FailureKind, message: str, *, retry_after_ms: int | None = None) -> RestFailure:
    return RestFailure(kind=kind, message=message, retryable=True, retry_after_ms=retry_after_ms)


def _is_json(answer: Answered) -> bool:
    # A proxy that answers HTML under the venue's content type is still no venue, so the text decides too.
    return answer.body.lstrip()[:1] != b"<" and ("json" in answer.content_type or answer.content_type == "")


def _excerpt(body: bytes) -> str:
    return repr(body[:_EXCERPT].decode("utf-8", "backslashreplace")) if body else "no text"
