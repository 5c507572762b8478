"""The trust boundary: what may be done, decided by arithmetic alone."""

from agentic_core.risk.engine import process
from agentic_core.risk.halts import HaltFinding, find_halt
from agentic_core.risk.rules import RULES

__all__ = ["RULES", "HaltFinding", "find_halt", "process"]
