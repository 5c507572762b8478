"""The tools of one skill: what is not in the box does not exist."""

from collections.abc import Iterable

from agentic_core.errors import ConfigError, UsageError
from agentic_core.ports.chat_model import ToolSpec
from agentic_core.ports.chat_tools import ChatTool, ToolContext, ToolResult

__all__ = ["Toolbox"]


class Toolbox:
    """Tools by their names."""

    def __init__(self, tools: Iterable[ChatTool] = ()) -> None:
        """Take the tools.

        Raises:
            ConfigError: two have the same name.
        """
        self._tools: dict[str, ChatTool] = {}
        for tool in tools:
            name = tool.spec.name
            if name in self._tools:
                raise ConfigError(f"two tools are called {name}; rename one, or take one of their servers away")
            self._tools[name] = tool

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, in the order in which the tools are offered."""
        return tuple(self._tools)

    def specs(self) -> tuple[ToolSpec, ...]:
        """Return how the tools are offered."""
        return tuple(tool.spec for tool in self._tools.values())

    def only(self, names: Iterable[str]) -> "Toolbox":
        """Return the box with the tools of these names, in this order.

        Raises:
            ConfigError: there is no such tool.
        """
        wanted = list(names)
        missing = [name for name in wanted if name not in self._tools]
        if missing:
            known = ", ".join(self._tools) or "none"
            raise ConfigError(f"no tool is called {missing[0]}; there are: {known}")
        return Toolbox(self._tools[name] for name in wanted)

    async def use(self, name: str, arguments: str, context: ToolContext) -> ToolResult:
        """Use a tool.

        Raises:
            UsageError: it is not in the box; whoever asks looks before.
        """
        tool = self._tools.get(name)
        if tool is None:
            raise UsageError(f"the tool {name!r} is not in the box of this skill; ask for one of {self.names}")
        return await tool.use(arguments, context)
