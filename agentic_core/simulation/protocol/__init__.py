"""The model check of intent, lease and kill: every state of a scope, and a counterexample for each part left out.

The rules from evidence to state are the shipped ones; runners, lease, network and venue are written here, as free as
the design lets them be. See `docs/reference/simulation.md`.
"""

from agentic_core.simulation.protocol.check import CheckResult, check_protocol
from agentic_core.simulation.protocol.design import (
    ABLATIONS,
    CONFIGS,
    FULL_DESIGN,
    Ablation,
    Config,
    Design,
    Invariant,
    Scope,
)
from agentic_core.simulation.protocol.reporting import ablation_pages, summary, timeline
from agentic_core.simulation.protocol.search import NO_LIMIT, Budget, Counterexample, Exploration, Report, explore
from agentic_core.simulation.protocol.space import Break, Space, Step

__all__ = [
    "ABLATIONS",
    "CONFIGS",
    "FULL_DESIGN",
    "NO_LIMIT",
    "Ablation",
    "Break",
    "Budget",
    "CheckResult",
    "Config",
    "Counterexample",
    "Design",
    "Exploration",
    "Invariant",
    "Report",
    "Scope",
    "Space",
    "Step",
    "ablation_pages",
    "check_protocol",
    "explore",
    "summary",
    "timeline",
]
