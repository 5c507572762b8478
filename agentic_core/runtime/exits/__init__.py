"""Ways out of positions that need nobody's decision: resting stops, closes by a ladder, and the way to flat."""

from agentic_core.runtime.exits.decisions import exit_decision
from agentic_core.runtime.exits.exit_desk import ExitDesk
from agentic_core.runtime.exits.planning import stop_planner
from agentic_core.runtime.exits.reports import CloseReport, FlattenReport
from agentic_core.runtime.exits.terms import ExitPorts, ExitRules, ExitTerms, ExitTurn

__all__ = [
    "CloseReport",
    "ExitDesk",
    "ExitPorts",
    "ExitRules",
    "ExitTerms",
    "ExitTurn",
    "FlattenReport",
    "exit_decision",
    "stop_planner",
]
