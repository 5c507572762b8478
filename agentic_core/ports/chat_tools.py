"""What a chat model may use while it thinks."""

from enum import StrEnum
from typing import Protocol

import msgspec

from agentic_core.domain.account import AccountView
from agentic_core.domain.ids import DeploymentId, Symbol
from agentic_core.domain.market import MarketView
from agentic_core.domain.times import Instant
from agentic_core.ports.chat_model import ToolSpec
from agentic_core.ports.market_data import ExecutionBooks

__all__ = ["ChatTool", "ToolContext", "ToolMode", "ToolResult"]


class ToolMode(StrEnum):
    """What using a tool can do."""

    READ = "read"
    WRITE = "write"
    """It proposes; nothing that a chat model can use acts by itself."""


class ToolContext(msgspec.Struct, frozen=True, kw_only=True):
    """The turn a tool is used in; nothing later than `as_of` may show in its answer."""

    deployment: DeploymentId
    as_of: Instant
    market: MarketView
    account: AccountView
    symbols: tuple[Symbol, ...]
    """What the skill looks at; others are refused."""
    books: ExecutionBooks | None = None
    """Order books of the present; None where there are none, as in a backtest."""


class ToolResult(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a tool answers."""

    content: str
    """Bounded text; JSON of numbers and enums, and foreign prose only inside a marked envelope."""
    is_error: bool = False


class ChatTool(Protocol):
    """One tool."""

    @property
    def spec(self) -> ToolSpec:
        """How it is offered."""

    @property
    def mode(self) -> ToolMode:
        """What using it can do."""

    async def use(self, arguments: str, context: ToolContext) -> ToolResult:
        """Answer; arguments that cannot be read, and sources that fail, are an error result, never an exception."""
