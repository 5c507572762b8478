"""Connections to servers of tools; the only module that knows the `mcp` package, which it imports when it is needed."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final

from agentic_core.chat.mcp.schemas import plain_schema
from agentic_core.chat.mcp.servers import McpServer
from agentic_core.chat.mcp.tools import McpAnswer, McpTool, tool_spec
from agentic_core.errors import ConfigError, VenueUnavailable
from agentic_core.ports.chat_tools import ChatTool
from agentic_core.ports.clock import Clock

if TYPE_CHECKING:
    from mcp import Client, StdioServerParameters
    from mcp.types import Tool

__all__ = ["open_mcp_tools"]

_READ_S: Final = 15.0
_PAGES_MAX: Final = 20
_FAILURES: Final = (ExceptionGroup, OSError, RuntimeError, ValueError, TimeoutError)
"""How a connection fails besides the protocol's own error: what comes through of anyio, HTTP and pydantic."""


@asynccontextmanager
async def open_mcp_tools(servers: Sequence[McpServer], clock: Clock) -> AsyncIterator[tuple[ChatTool, ...]]:
    """Connect to every server, and give the tools that are listed for it as long as the connections are open.

    Raises:
        ConfigError: the extra is not installed, a server cannot be reached, or a tool cannot be offered.
    """
    try:
        async with AsyncExitStack() as stack:
            tools: list[ChatTool] = []
            for server in servers:
                tools += await _tools_of(server, stack, clock)
            yield tuple(tools)
    except BaseExceptionGroup as group:
        # The connections' task groups wrap whatever goes through them, which is nobody else's business.
        raise _alone(group) from None


def _alone(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup) and len(group.exceptions) == 1:
        group = group.exceptions[0]
    return group


class _Session:
    def __init__(self, server: McpServer, connection: "Client") -> None:
        self._server = server
        self._connection = connection

    async def call(self, tool: str, arguments: dict[str, object]) -> McpAnswer:
        from mcp import MCPError  # noqa: PLC0415 - an extra

        try:
            result = await self._connection.call_tool(tool, arguments)
        except (MCPError, *_FAILURES) as exc:
            raise VenueUnavailable(f"the server {self._server.name} does not answer to {tool}: {exc!r}") from exc
        texts = [block.text for block in result.content if block.type == "text"]
        left_out = len(result.content) - len(texts)
        if not texts and result.structured_content is not None:
            texts = [json.dumps(result.structured_content, ensure_ascii=False, default=str)]
        return McpAnswer(text="\n".join(texts), left_out=left_out, is_error=result.is_error)


async def _tools_of(server: McpServer, stack: AsyncExitStack, clock: Clock) -> list[ChatTool]:
    try:
        from mcp import Client, MCPError  # noqa: PLC0415 - an extra, and it takes half a second
    except ImportError as exc:
        message = f"the server {server.name} needs the mcp extra; run: pip install 'agentic-perps[mcp]'"
        raise ConfigError(message) from exc
    try:
        connection = await stack.enter_async_context(Client(_target(server), read_timeout_seconds=_READ_S))
        found = await _listed(connection)
    except (MCPError, *_FAILURES) as exc:
        message = f"the server {server.name} cannot be connected ({exc!r}); start it, or take it from the list"
        raise ConfigError(message) from exc
    session = _Session(server, connection)
    return [_tool(server, name, found.get(name), session, clock) for name in server.tools]


def _target(server: McpServer) -> "str | StdioServerParameters":
    from mcp import StdioServerParameters  # noqa: PLC0415 - an extra

    if server.url:
        return server.url
    program, *arguments = server.command
    return StdioServerParameters(command=program, args=arguments, env=server.env)


async def _listed(connection: "Client") -> "dict[str, Tool]":
    found: dict[str, Tool] = {}
    cursor: str | None = None
    for _ in range(_PAGES_MAX):
        page = await connection.list_tools(cursor=cursor)
        found.update((tool.name, tool) for tool in page.tools)
        cursor = page.next_cursor
        if cursor is None:
            break
    return found


def _tool(server: McpServer, name: str, found: "Tool | None", session: _Session, clock: Clock) -> McpTool:
    if found is None:
        raise ConfigError(f"the server {server.name} has no tool {name}; take it from the list")
    if found.annotations is not None and found.annotations.destructive_hint:
        message = (
            f"the tool {name} of {server.name} says that it destroys; nothing of the kind is offered, take it away"
        )
        raise ConfigError(message)
    parameters = plain_schema(found.input_schema)
    if parameters is None:
        message = f"the tool {name} of {server.name} has a schema that cannot be offered: odd words, or too much"
        raise ConfigError(f"{message}; take it from the list")
    spec = tool_spec(server.name, name, found.description or "", parameters)
    return McpTool(server.name, name, spec, session, clock)
