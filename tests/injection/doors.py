"""The shipped tools of a scene, over sources that say what strangers want to be said."""

from collections.abc import Sequence
from typing import Final

from agentic_core.chat.mcp.schemas import plain_schema
from agentic_core.chat.mcp.tools import McpAnswer, McpTool, tool_spec
from agentic_core.chat.tools import built_in_tools
from agentic_core.domain import Instant, Symbol
from agentic_core.domain.ids import DeploymentId
from agentic_core.ports.chat_tools import ChatTool
from agentic_core.ports.untrusted_text import Headline, Note
from tests.injection.scene import AT, Scene, Strangers
from tests.support.clocks import VirtualClock

__all__ = ["tools_of"]

_SERVER: Final = "desk"
_TOOL: Final = "search"
_WORD_MAX: Final = 60


class _Feed:
    def __init__(self, strangers: Strangers) -> None:
        self._strangers = strangers

    async def headlines(self, symbols: Sequence[Symbol], *, as_of: Instant, limit: int) -> tuple[Headline, ...]:
        return self._strangers.headlines[:limit]

    async def recall(self, deployment: DeploymentId, *, as_of: Instant, limit: int) -> tuple[Note, ...]:
        return self._strangers.notes[:limit]


class _Session:
    def __init__(self, strangers: Strangers) -> None:
        self._strangers = strangers

    async def call(self, tool: str, arguments: dict[str, object]) -> McpAnswer:
        return McpAnswer(text=self._strangers.output, is_error=self._strangers.output_is_error)


def tools_of(scene: Scene) -> tuple[ChatTool, ...]:
    """Return every tool there is, as a host would put them together."""
    strangers = scene.strangers
    feed = _Feed(strangers)
    parameters = plain_schema(_schema(strangers.schema)) or plain_schema(_schema(""))
    assert parameters is not None, "a schema without strangers' words can be offered"
    spec = tool_spec(_SERVER, _TOOL, strangers.description, parameters)
    searching = McpTool(_SERVER, _TOOL, spec, _Session(strangers), VirtualClock(AT))
    return (*built_in_tools(news=feed, memory=feed), searching)


def _schema(words: str) -> dict[str, object]:
    query: dict[str, object] = {"type": "string", "description": words}
    if words:
        query["enum"] = _pieces(words)
    return {"type": "object", "title": words, "properties": {"query": query}, "required": ["query"]}


def _pieces(words: str) -> list[str]:
    # As many words in each as a schema takes.
    pieces = [""]
    for word in words.split():
        if len(pieces[-1]) + len(word) >= _WORD_MAX:
            pieces.append("")
        pieces[-1] = f"{pieces[-1]} {word}".strip()
    return pieces
