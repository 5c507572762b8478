"""A whole answer: one JSON text."""

from typing import Final

import msgspec

from agentic_core.chat.wire.failures import ForeignError
from agentic_core.chat.wire.heard import Heard
from agentic_core.chat.wire.usage import UNREADABLE
from agentic_core.ports.chat_model import ToolCall

__all__ = ["CalledFunction", "TextPart", "error_in", "error_of", "heard_whole", "is_there", "text_of"]

_NOTHING: Final = frozenset({b"", b"null", b"[]", b"{}", b'""'})


class TextPart(msgspec.Struct, frozen=True, gc=False):
    """A part of a message that comes as a list."""

    type: str | None = None
    text: str | None = None


class CalledFunction(msgspec.Struct, frozen=True, gc=False):
    """A wish for a tool, or a piece of one."""

    name: str | None = None
    arguments: str | None = None


class _Call(msgspec.Struct, frozen=True, gc=False):
    id: str | None = None
    function: CalledFunction | None = None


class _Message(msgspec.Struct, frozen=True):
    content: str | list[TextPart] | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    reasoning_details: msgspec.Raw = msgspec.Raw()
    refusal: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(msgspec.Struct, frozen=True):
    message: _Message | None = None
    finish_reason: str | None = None
    error: msgspec.Raw = msgspec.Raw()


class _Envelope(msgspec.Struct, frozen=True):
    id: str | None = None
    model_id: str | None = msgspec.field(name="model", default=None)
    provider: str | None = None
    choices: msgspec.Raw = msgspec.Raw()
    usage: msgspec.Raw = msgspec.Raw()
    error: msgspec.Raw = msgspec.Raw()


class _OnlyError(msgspec.Struct, frozen=True):
    error: msgspec.Raw = msgspec.Raw()


class _Foreign(msgspec.Struct, frozen=True):
    code: int | str | None = None
    message: str | None = None
    type: str | None = None
    metadata: msgspec.Raw = msgspec.Raw()


class _Metadata(msgspec.Struct, frozen=True):
    error_type: str | None = None
    limit_source: str | None = None
    reasons: msgspec.Raw = msgspec.Raw()


_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)
_CHOICES: Final = msgspec.json.Decoder(list[_Choice])
_ONLY_ERROR: Final = msgspec.json.Decoder(_OnlyError)
_ERROR: Final = msgspec.json.Decoder(_Foreign)
_METADATA: Final = msgspec.json.Decoder(_Metadata)
_WORDS: Final = msgspec.json.Decoder(str)


def heard_whole(body: bytes) -> Heard:
    """Read an answer; its parts are read apart, so that a broken one takes neither the cost nor the error with it."""
    try:
        envelope = _ENVELOPE.decode(body)
    except UNREADABLE as error:
        return Heard(fault=f"the answer is no chat completion: {error}", error=error_in(body))
    about = Heard(
        generation=envelope.id or None,
        model_id=envelope.model_id or "",
        provider=envelope.provider or "",
        usage=envelope.usage,
        error=error_of(envelope.error),
    )
    return about if about.error is not None else _with_choice(about, envelope.choices)


def error_in(body: bytes) -> ForeignError | None:
    """Read the error that stands at the top of a body, in whatever form; None where there is none."""
    try:
        return error_of(_ONLY_ERROR.decode(body).error)
    except UNREADABLE:
        return None


def error_of(raw: bytes | msgspec.Raw) -> ForeignError | None:
    """Read an error; one that cannot be read is an error all the same."""
    if not is_there(raw):
        return None
    try:
        told = _ERROR.decode(raw)
    except UNREADABLE:
        return ForeignError(message=_words(raw))
    about = _metadata(told.metadata)
    return ForeignError(
        code=told.code,
        message=told.message,
        type=told.type,
        error_type=about.error_type,
        limit_source=about.limit_source,
        is_flagged=is_there(about.reasons),
    )


def is_there(raw: bytes | msgspec.Raw) -> bool:
    """Tell whether a part of an answer says anything."""
    return bytes(raw) not in _NOTHING


def _words(raw: bytes | msgspec.Raw) -> str:
    try:
        return _WORDS.decode(raw)
    except UNREADABLE:
        return "it cannot be read"


def _metadata(raw: msgspec.Raw) -> _Metadata:
    try:
        return _METADATA.decode(raw)
    except UNREADABLE:
        return _Metadata()


def text_of(content: str | list[TextPart] | None) -> str:
    """Return the text of a message in either of its forms."""
    if isinstance(content, list):
        return "".join(part.text or "" for part in content)
    return content or ""


def _with_choice(about: Heard, raw: msgspec.Raw) -> Heard:
    try:
        choices = _CHOICES.decode(raw) if raw else []
    except UNREADABLE as error:
        return msgspec.structs.replace(about, fault=f"the answer's choices cannot be read: {error}")
    if not choices:
        return msgspec.structs.replace(about, fault="the answer has no choices")
    choice = choices[0]
    message = choice.message or _Message()
    calls, fault = _calls(message.tool_calls or [])
    return msgspec.structs.replace(
        about,
        text=text_of(message.content),
        refusal=message.refusal or "",
        has_reasoning=bool(message.reasoning or message.reasoning_content) or is_there(message.reasoning_details),
        tool_calls=calls,
        finish=choice.finish_reason,
        error=error_of(choice.error),
        has_begun=True,
        fault=fault if choice.message is not None else "the answer's choice has no message",
    )


def _calls(wished: list[_Call]) -> tuple[tuple[ToolCall, ...], str | None]:
    calls = []
    for at, call in enumerate(wished):
        if call.function is None or not call.function.name:
            return (), f"wish {at} for a tool names none"
        # Some servers number no calls; the answer of a tool needs something to refer to.
        name, arguments = call.function.name, call.function.arguments or ""
        calls.append(ToolCall(id=call.id or f"call_{at}", name=name, arguments=arguments))
    return tuple(calls), None
