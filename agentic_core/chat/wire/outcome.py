"""What came of a call: a whole answer, or which of the many ways in which there is none."""

from decimal import Decimal
from http import HTTPStatus
from typing import Final

import msgspec

from agentic_core.chat.transport import NoAnswer, RawAnswer
from agentic_core.chat.wire.answer import error_in, heard_whole
from agentic_core.chat.wire.failures import failure_of, in_the_middle, never_worked
from agentic_core.chat.wire.heard import Heard
from agentic_core.chat.wire.stream import heard_in_pieces, is_stream
from agentic_core.chat.wire.usage import usage_of
from agentic_core.domain.money import Usd
from agentic_core.ports.chat_model import CallFailure, CallOutcome, CallUsage, Completion, Failed

__all__ = ["Asked", "outcome_of", "outcome_without_answer"]

_WHOLE: Final = frozenset({"stop", "tool_calls", "function_call"})
_CUT: Final[dict[str, CallFailure]] = {
    "length": CallFailure.TRUNCATED,
    "content_filter": CallFailure.FILTERED,
    "error": CallFailure.BROKEN_OFF,
}
_FREE: Final = CallUsage(cost_usd=Usd(Decimal(0)))
_UNKNOWN: Final = CallUsage()
_WAIT_MS_MAX = 3_600_000
_MS_PER_S = 1_000
_DIGITS_MAX = 9
_DETAIL_MAX = 300


class Asked(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was asked, as far as its outcome repeats it."""

    request_hash: str
    model_id: str


def outcome_of(answer: RawAnswer, asked: Asked) -> CallOutcome:
    """Judge an answer of any status."""
    if answer.status != HTTPStatus.OK:
        return _refused(answer, asked)
    headers = dict(answer.headers)
    is_in_pieces = is_stream(headers.get("content-type", ""), answer.body)
    heard = heard_in_pieces(answer.body) if is_in_pieces else heard_whole(answer.body)
    return _judged(heard, asked, headers)


def outcome_without_answer(nothing: NoAnswer, asked: Asked) -> Failed:
    """Judge what is left of a call without an answer; a stream that broke still tells what it belongs to."""
    failure = CallFailure.TIMED_OUT if nothing.timed_out else CallFailure.BROKEN_OFF
    if nothing.never_left:
        failure = CallFailure.UNREACHABLE
    heard = heard_in_pieces(nothing.part) if is_stream("", nothing.part) else Heard()
    return Failed(
        failure=failure,
        detail=nothing.cause[:_DETAIL_MAX],
        usage=usage_of(heard.usage) if heard.usage else _UNKNOWN,
        request_hash=asked.request_hash,
        generation=heard.generation,
        never_left=nothing.never_left,
    )


def _refused(answer: RawAnswer, asked: Asked) -> Failed:
    error, heard = error_in(answer.body), heard_whole(answer.body)
    usage = usage_of(heard.usage) if heard.usage else _UNKNOWN
    if usage.cost_usd is None and never_worked(answer.status):
        usage = _FREE
    said = f"HTTP {answer.status} without a word that can be read"
    return Failed(
        failure=failure_of(answer.status, error),
        detail=said if error is None else error.detail(answer.status),
        usage=usage,
        request_hash=asked.request_hash,
        generation=heard.generation,
        retry_after_ms=_wait_asked(dict(answer.headers)),
    )


def _judged(heard: Heard, asked: Asked, headers: dict[str, str]) -> CallOutcome:
    usage = usage_of(heard.usage) if heard.usage else _UNKNOWN
    fault = _fault(heard)
    if fault is None:
        return Completion(
            text=heard.text,
            tool_calls=heard.tool_calls,
            usage=usage,
            request_hash=asked.request_hash,
            model_id=heard.model_id or asked.model_id,
            provider=heard.provider,
            generation=heard.generation,
        )
    failure, detail = fault
    return Failed(
        failure=failure,
        detail=detail[:_DETAIL_MAX],
        usage=usage,
        request_hash=asked.request_hash,
        generation=heard.generation,
        retry_after_ms=_wait_asked(headers),
    )


def _fault(heard: Heard) -> tuple[CallFailure, str] | None:
    if heard.error is not None:
        failure = failure_of(HTTPStatus.OK, heard.error)
        if failure is CallFailure.MALFORMED or heard.has_begun:  # an error without a name is no other answer either
            failure = in_the_middle(failure)
        return failure, heard.error.detail(HTTPStatus.OK)
    if heard.fault is not None:
        return CallFailure.MALFORMED, heard.fault
    return _unfinished(heard) or _without_content(heard)


def _unfinished(heard: Heard) -> tuple[CallFailure, str] | None:
    if heard.finish is None:
        return CallFailure.BROKEN_OFF, "the answer ends without saying why"
    if heard.finish in _CUT:
        spent = ", after nothing but reasoning" if heard.has_reasoning and not heard.text.strip() else ""
        return _CUT[heard.finish], f"the answer ended for the reason {heard.finish!r}{spent}"
    if heard.finish not in _WHOLE:
        return CallFailure.MALFORMED, f"the answer ended for a reason nobody knows: {heard.finish[:40]!r}"
    return None


def _without_content(heard: Heard) -> tuple[CallFailure, str] | None:
    if heard.refusal.strip():
        return CallFailure.REFUSED, "the chat model declined to answer"
    if heard.tool_calls or heard.text.strip():
        return None
    what = "nothing but reasoning" if heard.has_reasoning else "nothing"
    return CallFailure.EMPTY, f"the answer is whole and says {what}"


def _wait_asked(headers: dict[str, str]) -> int | None:
    # The other form of the header is a date, which would need a clock that agrees with the provider's.
    exact, seconds = _digits(headers.get("retry-after-ms")), _digits(headers.get("retry-after"))
    if exact is not None:
        return min(exact, _WAIT_MS_MAX)
    return None if seconds is None else min(seconds * _MS_PER_S, _WAIT_MS_MAX)


def _digits(text: str | None) -> int | None:
    if text is None or not (text.isascii() and text.isdigit()):
        return None
    return int(text[:_DIGITS_MAX])
