"""A connection to a server of tools that says what was written down, or fails."""

from agentic_core.chat.mcp.tools import McpAnswer, McpTool, tool_spec
from agentic_core.errors import VenueUnavailable
from tests.support.clocks import VirtualClock
from tests.support.markets import AT

__all__ = ["SessionByHand", "tool_of"]


class SessionByHand:
    """Gives one answer to everything; None is a server that does not answer."""

    def __init__(self, answer: McpAnswer | None) -> None:
        self._answer = answer
        self.asked: list[tuple[str, dict[str, object]]] = []

    async def call(self, tool: str, arguments: dict[str, object]) -> McpAnswer:
        """Answer, or fail."""
        self.asked.append((tool, arguments))
        if self._answer is None:
            raise VenueUnavailable("the server is gone")
        return self._answer


def tool_of(session: SessionByHand, *, description: str = "Rates of banks.", late_ms: int = 0) -> McpTool:
    """Return a tool of the server `macro`, so many milliseconds after the turn."""
    spec = tool_spec("macro", "rates", description, b'{"type":"object","properties":{}}')
    clock = VirtualClock(type(AT)(AT + late_ms))
    return McpTool("macro", "rates", spec, session, clock)
