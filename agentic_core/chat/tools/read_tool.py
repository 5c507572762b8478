"""What every tool that only reads has in common: strict arguments, a bounded answer, and errors that are values."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Generic, TypeVar

import anyio
import msgspec

from agentic_core.errors import VenueUnavailable
from agentic_core.ports.chat_model import ToolSpec
from agentic_core.ports.chat_tools import ToolContext, ToolMode, ToolResult

__all__ = ["ANSWER_MAX", "ReadTool", "Refusal", "refused", "schema_of"]

ANSWER_MAX: Final = 60_000
"""Characters of an answer."""

_WITHIN_S: Final = 10
"""How long a source may take; a turn has better to do than to wait for news."""

_Arguments = TypeVar("_Arguments", bound=msgspec.Struct)


class Refusal(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Why a tool has no answer; in our words, because a chat model reads it."""

    reason: str


class ReadTool(Generic[_Arguments]):
    """A tool that answers from what the turn may see and changes nothing."""

    def __init__(
        self,
        spec: ToolSpec,
        arguments: type[_Arguments],
        answer: Callable[[_Arguments, ToolContext], Awaitable[Mapping[str, object] | Refusal]],
    ) -> None:
        """Take what it is.

        Args:
            spec: how it is offered.
            arguments: what it is told; a struct that forbids unknown fields.
            answer: how it finds its answer.
        """
        self._spec = spec
        self._arguments = arguments
        self._answer = answer

    @property
    def spec(self) -> ToolSpec:
        """How it is offered."""
        return self._spec

    @property
    def mode(self) -> ToolMode:
        """It reads."""
        return ToolMode.READ

    async def use(self, arguments: str, context: ToolContext) -> ToolResult:
        """Answer in JSON, or say in JSON why not."""
        try:
            read = msgspec.json.decode(arguments.strip() or "{}", type=self._arguments)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return refused("the arguments are not what the schema of this tool says")
        try:
            with anyio.move_on_after(_WITHIN_S):
                answer = await self._answer(read, context)
                return refused(answer.reason) if isinstance(answer, Refusal) else _told(answer)
        except VenueUnavailable:
            return refused("the source does not answer now")
        return refused("the source did not answer in time")


def refused(reason: str) -> ToolResult:
    """Return the result that says why there is no answer."""
    return ToolResult(content=msgspec.json.encode({"error": reason}).decode(), is_error=True)


def schema_of(properties: Mapping[str, Mapping[str, object]]) -> bytes:
    """Return the JSON schema of an object that has all of these and nothing else."""
    schema = {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }
    return msgspec.json.encode(schema)


def _told(answer: Mapping[str, object]) -> ToolResult:
    content = msgspec.json.encode(answer).decode()
    return ToolResult(content=content) if len(content) <= ANSWER_MAX else refused("that is too much; ask for less")
