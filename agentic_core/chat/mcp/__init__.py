"""Tools of other people's servers, over the Model Context Protocol (extra `mcp`)."""

from agentic_core.chat.mcp.connection import open_mcp_tools
from agentic_core.chat.mcp.servers import McpServer, read_mcp_servers

__all__ = ["McpServer", "open_mcp_tools", "read_mcp_servers"]
