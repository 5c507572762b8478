"""The trust boundary: what may be done, decided by arithmetic alone."""

from agentic_core.risk.engine import process
from agentic_core.risk.halts import HaltFinding, find_halt
from agentic_core.risk.rules import RULES, deny

__all__ = ["RULES", "HaltFinding", "deny", "find_halt", "process"]
