"""What chat models may cost: reserve before the call, settle after it."""

from agentic_core.metering.caps import MICROCENT, UNKNOWN_COST, is_credible, refusal, whole
from agentic_core.metering.settlement import Settlement, believed, cost_of_calls, disagreement, settlement
from agentic_core.metering.spans import day_start, month_start

__all__ = [
    "MICROCENT",
    "UNKNOWN_COST",
    "Settlement",
    "believed",
    "cost_of_calls",
    "day_start",
    "disagreement",
    "is_credible",
    "month_start",
    "refusal",
    "settlement",
    "whole",
]
