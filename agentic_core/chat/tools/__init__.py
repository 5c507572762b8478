"""The tools that come with the library: all of them read, but for the one that hands in an answer."""

from agentic_core.chat.tools.built_in import built_in_tools
from agentic_core.chat.tools.propose_order import PROPOSE_ORDER, propose_order_spec

__all__ = ["PROPOSE_ORDER", "built_in_tools", "propose_order_spec"]
