"""One thought of a chat model: questions, tools and at last an answer, without I/O.

This generator yields what it needs (`chat.effects`) and is resumed with what came of it. Every call is reserved before
it is made, on its own; a question is sent again only where the provider failed; a tool is used only where it is
offered; an answer that cannot be read is asked for again a bounded number of times and otherwise is `Unusable`, which
is neither an order nor a wish to do nothing. It ends after `steps_max` questions of `attempts_max` sendings at most.
"""

from collections.abc import Generator
from typing import Final, TypeAlias, TypeVar, assert_never

from agentic_core.chat.conversation import Conversation
from agentic_core.chat.effects import Ask, Asked, Refused, Reserve, Reserved, ThoughtEffect, ThoughtReply, UseTool
from agentic_core.chat.reading.leaks import leaks
from agentic_core.chat.reading.prose import prose
from agentic_core.chat.reading.readings import Reading, Wish, Wishes
from agentic_core.chat.reading.replies import Parsed, Unreadable
from agentic_core.chat.thinking import Thinking
from agentic_core.chat.thought import Question, Thought
from agentic_core.domain.chat import UnusableCause
from agentic_core.errors import UsageError
from agentic_core.ports.chat_model import CallFailure, Completion, Failed
from agentic_core.ports.chat_tools import ToolResult

__all__ = ["run_skill"]

_Kind = TypeVar("_Kind")
_Result = TypeVar("_Result")
_Thinks: TypeAlias = Generator[ThoughtEffect, ThoughtReply, _Result]

_BACKOFF_MS: Final = 500
_BACKOFF_MS_MAX: Final = 8_000
_DETAIL_MAX: Final = 500

_AGAIN: Final = frozenset(
    {
        CallFailure.RATE_LIMITED,
        CallFailure.OVERLOADED,
        CallFailure.BROKEN_OFF,
        CallFailure.TIMED_OUT,
        CallFailure.UNREACHABLE,
        CallFailure.MALFORMED,
    }
)
"""Failures that may pass."""
_CAUSES: Final = {
    CallFailure.REFUSED: UnusableCause.REFUSED,
    CallFailure.FILTERED: UnusableCause.FILTERED,
    CallFailure.TRUNCATED: UnusableCause.TRUNCATED,
    CallFailure.EMPTY: UnusableCause.EMPTY,
    **dict.fromkeys(_AGAIN, UnusableCause.UNAVAILABLE),
    CallFailure.TOO_LONG: UnusableCause.NOT_ALLOWED,
    CallFailure.NO_CREDIT: UnusableCause.NOT_ALLOWED,
    CallFailure.NOT_AUTHENTICATED: UnusableCause.NOT_ALLOWED,
    CallFailure.NOT_FOUND: UnusableCause.NOT_ALLOWED,
    CallFailure.BAD_REQUEST: UnusableCause.NOT_ALLOWED,
}
_NEEDED: Final = "the turn was needed, or its time ran out"
_DETAILS: Final = {
    UnusableCause.LEAKED: "the answer repeats a word that only the instructions hold",
    UnusableCause.EMPTY: "the answer holds neither text nor a wish for a tool",
}
_NO_SUCH_TOOL: Final = ToolResult(content='{"error":"no such tool is offered"}', is_error=True)
_NO_OBJECT: Final = ToolResult(content='{"error":"the arguments are no JSON object"}', is_error=True)


def run_skill(thinking: Thinking, question: Question) -> Generator[ThoughtEffect, ThoughtReply, Thought]:
    """Think about a question.

    Raises:
        UsageError: an effect was replied to with something else than its reply.
    """
    talk = Conversation(thinking, question)
    while True:
        completion = yield from _ask(talk, thinking)
        if not isinstance(completion, Completion):
            return completion
        reading = talk.read(completion)
        match reading:
            case Wishes() if not talk.is_last:
                yield from _use(talk, question, completion, reading.wishes)
            case Unreadable() if talk.may_repair:
                talk.repair(reading.errors)
            case _:
                return _end(talk, thinking, reading)


def _ask(talk: Conversation, thinking: Thinking) -> _Thinks[Completion | Thought]:
    # One question, sent again while the failures of the provider may pass.
    request = talk.request()
    bound = thinking.chat_model.bound(request)
    attempt = wait_ms = 0
    while True:
        call = talk.call(attempt)
        paid = yield Reserve(call=call, purpose=talk.purpose, bound=bound)
        if isinstance(paid, Refused):
            return talk.unpaid(paid.reason)
        _expect(paid, Reserved)
        asked = _expect((yield Ask(call=call, request=request, wait_ms=wait_ms)), Asked)
        talk.book(call, asked)
        outcome = asked.outcome
        if asked.is_broken_off:
            detail = _NEEDED if isinstance(outcome, Completion) else _told(outcome, thinking.canary)
            return talk.unusable(UnusableCause.BROKEN_OFF, detail)
        if isinstance(outcome, Completion):
            return outcome
        attempt += 1
        wait_ms = _wait_ms(outcome, attempt)
        if outcome.failure not in _AGAIN or attempt >= thinking.attempts_max or wait_ms > thinking.call_ms_max:
            return talk.unusable(_CAUSES[outcome.failure], _told(outcome, thinking.canary))


def _use(talk: Conversation, question: Question, completion: Completion, wishes: tuple[Wish, ...]) -> _Thinks[None]:
    for wish, said in zip(wishes, talk.wished(completion, wishes), strict=True):
        result = _refusal(wish)
        if result is None:
            effect = UseTool(call=talk.last_call, tool=said.name, arguments=said.arguments, context=question.context)
            result = _expect((yield effect), ToolResult)
        talk.answered(said, result)
    talk.go_on()


def _end(talk: Conversation, thinking: Thinking, reading: Reading) -> Thought:
    match reading:
        case Parsed():
            return talk.answer(reading)
        case Wishes():
            detail = f"{thinking.steps_max} questions were asked, and the last one was answered with a wish for tools"
            return talk.unusable(UnusableCause.STEPS_USED_UP, detail)
        case Unreadable():
            faults = ", ".join(f"{error.fault} at {error.path or 'the whole reply'}" for error in reading.errors)
            return talk.unusable(UnusableCause.MALFORMED, faults)
        case UnusableCause():
            return talk.unusable(reading, _DETAILS[reading])
        case _:
            assert_never(reading)


def _refusal(wish: Wish) -> ToolResult | None:
    if wish.tool is None:
        return _NO_SUCH_TOOL
    return _NO_OBJECT if wish.arguments is None else None


def _told(failed: Failed, canary: str) -> str:
    # What a provider says about a refusal may be the chat model's own words.
    detail = prose(failed.detail, _DETAIL_MAX)
    return failed.failure.value if not detail or leaks(canary, failed.detail) else detail


def _wait_ms(failed: Failed, attempt: int) -> int:
    if failed.retry_after_ms is not None:
        return failed.retry_after_ms
    return min(_BACKOFF_MS << (attempt - 1), _BACKOFF_MS_MAX)


def _expect(reply: object, kind: type[_Kind]) -> _Kind:
    if not isinstance(reply, kind):
        raise UsageError(f"the reply to an effect of a thought was {reply!r}, {kind} was expected")
    return reply
