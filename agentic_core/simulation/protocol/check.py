"""One check: a design within a scope, and whether it came out as it had to."""

import msgspec

from agentic_core.ports.clock import Clock
from agentic_core.simulation.protocol.design import ABLATIONS, CONFIGS, FULL_DESIGN, Ablation, Config, Design
from agentic_core.simulation.protocol.search import NO_LIMIT, Budget, Exploration, Report, explore
from agentic_core.simulation.protocol.space import Space

__all__ = ["CheckResult", "check_protocol"]


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one check found."""

    config: Config
    ablation: Ablation | None
    """What was left out; None is the full design."""
    exploration: Exploration

    @property
    def passed(self) -> bool:
        """Whether the full design broke nothing, or the ablated one broke what it had to."""
        found = self.exploration.counterexample
        if self.ablation is None:
            return found is None
        return found is not None and found.invariant is ABLATIONS[self.ablation][1]


def check_protocol(
    config: Config,
    clock: Clock,
    *,
    ablation: Ablation | None = None,
    budget: Budget = NO_LIMIT,
    report: Report | None = None,
) -> CheckResult:
    """Explore a configuration with the full design, or with a part of it left out."""
    design = FULL_DESIGN if ablation is None else Design(ablation)
    exploration = explore(Space(CONFIGS[config], design), clock, budget=budget, report=report)
    return CheckResult(config=config, ablation=ablation, exploration=exploration)
