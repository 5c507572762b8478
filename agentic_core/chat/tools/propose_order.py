"""The one tool that writes: it hands in the answer, and nothing else in the box can propose anything."""

from typing import Final

from agentic_core.chat.showing.reply_schema import reply_schema_json
from agentic_core.domain.envelope import Envelope
from agentic_core.ports.chat_model import ToolSpec

__all__ = ["PROPOSE_ORDER", "propose_order_spec"]

PROPOSE_ORDER: Final = "propose_order"

_DESCRIPTION: Final = (
    "Hand in your answer for this turn, once: what you wish to open or close, or null for a deliberate nothing. "
    "It is a proposal; the risk engine decides about it."
)


def propose_order_spec(envelope: Envelope) -> ToolSpec:
    """Return how it is offered: its arguments are a reply, bounded by the envelope."""
    return ToolSpec(name=PROPOSE_ORDER, description=_DESCRIPTION, parameters=reply_schema_json(envelope))
