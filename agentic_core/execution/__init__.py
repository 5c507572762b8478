"""How an approved action becomes orders, and what a simulated execution costs."""

from agentic_core.execution.matching import Execution, execute
from agentic_core.execution.planner import limit_price, plan_intents
from agentic_core.execution.staleness import Fresh, Stale, check_mark

__all__ = ["Execution", "Fresh", "Stale", "check_mark", "execute", "limit_price", "plan_intents"]
