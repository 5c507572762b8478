"""How results of the check are told: a sentence, a timeline, a table."""

from collections.abc import Sequence

from agentic_core.simulation.protocol.check import CheckResult
from agentic_core.simulation.protocol.design import ABLATIONS
from agentic_core.simulation.protocol.search import Counterexample

__all__ = ["ablation_pages", "summary", "timeline"]


def summary(result: CheckResult) -> str:
    """Say in a line what was explored and what came of it."""
    run = result.exploration
    design = "the full design" if result.ablation is None else f"ablation {result.ablation}"
    explored = f"{run.states:,} states, {run.transitions:,} steps between them, {run.depth} deep"
    pace = f"{run.seconds:.1f} s, {run.states_per_s:,.0f} states/s"
    return f"{design} ({result.config}): {explored} in {pace}: {_verdict(result)}"


def timeline(found: Counterexample) -> str:
    """Write the steps of a counterexample, numbered, one a line, and what they break."""
    width = len(str(found.steps))
    lines = [f"{number:>{width}}. {label}" for number, label in enumerate(found.labels, start=1)]
    return "\n".join([*lines, f"{'=>':>{width + 1}} broken: {found.invariant}"])


def ablation_pages(results: Sequence[CheckResult]) -> str:
    """Write results of ablations as a Markdown table and their counterexamples."""
    rows = ["| left out | meaning | breaks | steps |", "|---|---|---|---|"]
    pages: list[str] = []
    for result in results:
        name, found = result.ablation, result.exploration.counterexample
        if name is None:
            continue
        meaning, _ = ABLATIONS[name]
        broken = "nothing" if found is None else str(found.invariant)
        steps = "" if found is None else str(found.steps)
        rows.append(f"| `{name}` | {meaning} | {broken} | {steps} |")
        if found is not None:
            pages += ["", f"### {name}", "", "```text", timeline(found), "```"]
    return "\n".join([*rows, *pages])


def _verdict(result: CheckResult) -> str:
    run = result.exploration
    if run.counterexample is not None:
        return f"broken in {run.counterexample.steps} steps: {run.counterexample.invariant}"
    if not run.complete:
        return "nothing is broken so far; the budget ended before the states did"
    return "no invariant is broken, and nothing gets stuck"
