"""An answer as it was heard, whole or in pieces, before anybody judges it."""

import msgspec

from agentic_core.chat.wire.failures import ForeignError
from agentic_core.ports.chat_model import ToolCall

__all__ = ["Heard"]


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer says about itself, in whichever form it came."""

    generation: str | None = None
    model_id: str = ""
    provider: str = ""
    text: str = ""
    refusal: str = ""
    has_reasoning: bool = False
    tool_calls: tuple[ToolCall, ...] = ()
    finish: str | None = None
    """Why it ended; None where it does not say that it did."""
    usage: bytes | msgspec.Raw = b""
    error: ForeignError | None = None
    fault: str | None = None
    """What about it is not what the protocol says."""
    has_begun: bool = False
    """Whether an error in it came after a part of the answer."""
