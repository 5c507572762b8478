"""Counts which turns of a run its chat model decided."""

from collections import Counter

from agentic_core.domain.money import ZERO, Usd
from agentic_core.domain.run import Coverage
from agentic_core.runtime.last_turn import unusable_cause
from agentic_core.runtime.tick import Held, Skipped, TickOutcome, Turned

__all__ = ["CoverageCount"]


class CoverageCount:
    """Is told every turn of a run."""

    def __init__(self) -> None:
        """Start at zero."""
        self._turns = self._answered = self._calls = 0
        self._unusable: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()
        self._cost = ZERO

    def add(self, outcome: TickOutcome) -> None:
        """Count a turn."""
        self._turns += 1
        match outcome:
            case Held():
                self._skipped["held"] += 1
            case Skipped(reason=reason):
                self._skipped[reason.partition(":")[0]] += 1
            case Turned():
                self._add_turned(outcome)

    def result(self) -> Coverage:
        """Return how it stands."""
        return Coverage(
            turns=self._turns,
            answered=self._answered,
            unusable=dict(sorted(self._unusable.items())),
            skipped=dict(sorted(self._skipped.items())),
            calls=self._calls,
            cost_usd=Usd(self._cost),
        )

    def _add_turned(self, turned: Turned) -> None:
        decision = turned.decision
        cause = unusable_cause(turned.result)
        if cause is None:
            self._answered += 1
        else:
            self._unusable[cause] += 1
        self._calls += sum(step.tool is None for step in decision.steps)
        self._cost += decision.usage.cost_usd or ZERO
