"""An answer in pieces: server-sent events, put together to what a whole answer would have been."""

from collections.abc import Iterator
from typing import Final

import msgspec

from agentic_core.chat.wire.answer import CalledFunction, TextPart, error_of, is_there, text_of
from agentic_core.chat.wire.failures import ForeignError
from agentic_core.chat.wire.heard import Heard
from agentic_core.chat.wire.usage import UNREADABLE
from agentic_core.ports.chat_model import ToolCall

__all__ = ["heard_in_pieces", "is_stream"]

_DONE = b"[DONE]"
_TYPE = "text/event-stream"
_STARTS = (b"data:", b":", b"event:", b"id:", b"retry:")
_INDEX_MAX = 127
"""Of a wish for a tool; nobody wishes for more at once."""


class _Piece(msgspec.Struct, frozen=True, gc=False):
    index: int = 0
    id: str | None = None
    function: CalledFunction | None = None


class _Delta(msgspec.Struct, frozen=True):
    content: str | list[TextPart] | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    reasoning_details: msgspec.Raw = msgspec.Raw()
    refusal: str | None = None
    tool_calls: list[_Piece] | None = None


class _Choice(msgspec.Struct, frozen=True):
    index: int = 0
    delta: _Delta | None = None
    finish_reason: str | None = None
    error: msgspec.Raw = msgspec.Raw()


class _Chunk(msgspec.Struct, frozen=True):
    id: str | None = None
    model_id: str | None = msgspec.field(name="model", default=None)
    provider: str | None = None
    choices: list[_Choice] | None = None
    usage: msgspec.Raw = msgspec.Raw()
    error: msgspec.Raw = msgspec.Raw()


_CHUNK: Final = msgspec.json.Decoder(_Chunk)
_NOTHING: Final = _Delta()


def is_stream(content_type: str, body: bytes) -> bool:
    """Tell whether a body is a stream of events, by its type or, where that is missing, by how it begins."""
    if content_type:
        return content_type.partition(";")[0].strip().lower() == _TYPE
    return body.lstrip().startswith(_STARTS)


def heard_in_pieces(body: bytes) -> Heard:
    """Put the events of a stream together, as far as they came; what follows an error is not read."""
    answer = _Growing()
    for event in _events(body):
        if event == _DONE:
            break
        try:
            chunk = _CHUNK.decode(event)
        except UNREADABLE as error:
            answer.fault = answer.fault or f"an event of the stream cannot be read: {error}"
            continue
        answer.take(chunk)
        if answer.error is not None:
            break
    return answer.heard()


class _Growing:
    def __init__(self) -> None:
        self.fault: str | None = None
        self.error: ForeignError | None = None
        self._generation: str | None = None
        self._model_id, self._provider = "", ""
        self._texts: list[str] = []
        self._refusals: list[str] = []
        self._calls: dict[int, _Call] = {}
        self._has_reasoning, self._has_begun = False, False
        self._finish: str | None = None
        self._usage: bytes | msgspec.Raw = b""

    def take(self, chunk: _Chunk) -> None:
        self._generation = self._generation or chunk.id
        self._model_id = self._model_id or chunk.model_id or ""
        self._provider = self._provider or chunk.provider or ""
        if is_there(chunk.usage):
            self._usage = chunk.usage.copy()
        self.error = error_of(chunk.error)
        for choice in chunk.choices or ():
            if choice.index == 0:
                self._choose(choice)

    def heard(self) -> Heard:
        nameless = next((at for at, call in self._calls.items() if not call.name), None)
        if nameless is not None:
            self.fault = self.fault or f"wish {nameless} for a tool names none"
        return Heard(
            generation=self._generation,
            model_id=self._model_id,
            provider=self._provider,
            text="".join(self._texts),
            refusal="".join(self._refusals),
            has_reasoning=self._has_reasoning,
            tool_calls=tuple(call.whole(at) for at, call in sorted(self._calls.items())),
            finish=self._finish,
            usage=self._usage,
            error=self.error,
            fault=self.fault,
            has_begun=self._has_begun,
        )

    def _choose(self, choice: _Choice) -> None:
        delta = choice.delta or _NOTHING
        text = text_of(delta.content)
        is_reasoning = bool(delta.reasoning or delta.reasoning_content) or is_there(delta.reasoning_details)
        self._texts.append(text)
        self._refusals.append(delta.refusal or "")
        self._has_reasoning = self._has_reasoning or is_reasoning
        self._has_begun = self._has_begun or bool(text or is_reasoning or delta.refusal or delta.tool_calls)
        self._finish = choice.finish_reason or self._finish
        self.error = self.error or error_of(choice.error)
        for piece in delta.tool_calls or ():
            self._add(piece)

    def _add(self, piece: _Piece) -> None:
        if not 0 <= piece.index <= _INDEX_MAX:
            self.fault = self.fault or f"a wish for a tool has the number {piece.index}"
            return
        self._calls.setdefault(piece.index, _Call()).take(piece)


class _Call:
    def __init__(self) -> None:
        self._id, self.name = "", ""
        self._arguments: list[str] = []

    def take(self, piece: _Piece) -> None:
        self._id = self._id or piece.id or ""
        if piece.function is not None:
            self.name = self.name or piece.function.name or ""
            self._arguments.append(piece.function.arguments or "")

    def whole(self, at: int) -> ToolCall:
        return ToolCall(id=self._id or f"call_{at}", name=self.name, arguments="".join(self._arguments))


def _events(body: bytes) -> Iterator[bytes]:
    # The last event counts also without the empty line that should end it: a broken one cannot be read anyway.
    lines: list[bytes] = []
    for line in body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
        if line.startswith(b"data:"):
            lines.append(line[5:].removeprefix(b" "))
        elif not line and lines:
            yield b"\n".join(lines)
            lines = []
    if lines:
        yield b"\n".join(lines)
