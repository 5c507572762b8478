"""What thinking asks of the outside world, as values; `run_skill` yields them and is resumed with their replies."""

from typing import TypeAlias

import msgspec

from agentic_core.domain.chat import CallId, ChatPurpose
from agentic_core.domain.money import Usd
from agentic_core.ports.chat_model import CallOutcome, ChatRequest
from agentic_core.ports.chat_tools import ToolContext, ToolResult

__all__ = ["Ask", "Asked", "Refused", "Reserve", "Reserved", "ThoughtEffect", "ThoughtReply", "UseTool"]


class Reserve(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Hold money for one call. Reply: Reserved or Refused."""

    call: CallId
    purpose: ChatPurpose
    bound: Usd | None
    """The most the call can cost; None is unknown and never counts as zero."""


class Reserved(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The money is held."""


class Refused(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """There is not enough left, or the cost is unknown."""

    reason: str


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Make a call that was reserved. Reply: Asked; whoever performs it settles the cost, whatever comes of it."""

    call: CallId
    request: ChatRequest
    wait_ms: int = 0
    """How long to wait first."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A call is over."""

    outcome: CallOutcome
    cost_usd: Usd
    """As it was settled."""
    is_broken_off: bool = False
    """Whether somebody needed the turn or its time ran out; nothing more is asked then."""


class UseTool(msgspec.Struct, frozen=True, kw_only=True):
    """Use a tool that is on the skill's list. Reply: ToolResult."""

    call: CallId
    """The call that wished for it."""
    tool: str
    arguments: str
    """JSON text, untrusted."""
    context: ToolContext


ThoughtEffect: TypeAlias = Reserve | Ask | UseTool
ThoughtReply: TypeAlias = Reserved | Refused | Asked | ToolResult
