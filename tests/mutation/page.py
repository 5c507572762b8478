"""The page of the results."""

from collections.abc import Iterator, Mapping

from tests.mutation.mutants import OPERATORS, Mutant
from tests.mutation.plan import Plan
from tests.mutation.run import Mutants
from tests.mutation.session import EXAMPLES_MAX
from tests.mutation.skips import SKIPS
from tests.mutation.verdicts import Outcome, Verdict, percent, tally

__all__ = ["render"]


def render(plan: Plan, mutants: Mutants, verdicts: dict[str, Verdict], reasons: Mapping[str, str]) -> str:
    """Write the page; it names no day and no machine, so that the same code gives the same page."""
    parts = [
        _opening(plan),
        "## Results\n\n" + "\n".join(_totals(mutants, verdicts)),
        "## Survivors\n\n" + "\n".join(_survivors(mutants, verdicts, reasons)),
        "## What is mutated\n\n" + "\n".join(_operators(mutants)),
        "## What is not mutated\n\n" + "\n".join(_left_out(mutants)),
        _judging(plan),
    ]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _opening(plan: Plan) -> str:
    targets = ", ".join(f"`{target}`" for target in plan.targets)
    return f"""# Mutation testing

Each mutant is the code with one small mistake in it. The tests run against every mutant of {targets};
a mutant that no test notices has survived. The bar is a score of {plan.score_min} %: killed and timed out, among all.
Nothing is sampled, and no comment in the code takes a mutant away.

This page is written by the command:

```sh
{plan.command} --write
```

`--only MODULE` judges one file or folder, `--budget SECONDS` stops early without writing, and `--resume` goes on
where a run of the same sources was stopped."""


def _totals(mutants: Mutants, verdicts: dict[str, Verdict]) -> Iterator[str]:
    yield "| file | mutants | killed | timed out | survived | score |"
    yield "|---|---:|---:|---:|---:|---:|"
    rows = [(f"`{file}`", found) for file, found in mutants.by_file.items() if found]
    for name, found in [*rows, ("all", mutants.all)]:
        sums = tally(found, verdicts)
        numbers = f"{sums.all} | {sums.killed} | {sums.timed_out} | {sums.survived}"
        yield f"| {name} | {numbers} | {percent(sums.permille)} |"


def _survivors(mutants: Mutants, verdicts: dict[str, Verdict], reasons: Mapping[str, str]) -> Iterator[str]:
    surviving = [mutant for mutant in mutants.all if verdicts[mutant.id].outcome is Outcome.SURVIVED]
    if not surviving:
        yield "None."
        return
    yield "| where | mutation | reason |"
    yield "|---|---|---|"
    for mutant in surviving:
        where = f"`{mutant.source.file}:{mutant.line}` {_code(_name(mutant))}"
        yield f"| {where} | {_code(mutant.change)} | {_cell(reasons.get(mutant.id, '**none written yet**'))} |"


def _operators(mutants: Mutants) -> Iterator[str]:
    made = [mutant.operator for mutant in mutants.all]
    yield "| operator | what it does | mutants |"
    yield "|---|---|---:|"
    for name, operator in OPERATORS.items():
        yield f"| {name} | {(operator.__doc__ or '').strip()} | {made.count(name)} |"
    yield "\nA change that leaves the program as it was, or gives the same program as another one, is not counted."


def _left_out(mutants: Mutants) -> Iterator[str]:
    yield "| kind | what, and why | places |"
    yield "|---|---|---:|"
    for kind, (reason, _) in SKIPS.items():
        yield f"| {kind} | {reason} | {mutants.left_out[kind]} |"


def _judging(plan: Plan) -> str:
    judges = ", ".join(f"`{judge}`" for judge in plan.judges)
    without = f" without those that `-k '{plan.left_out}'` leaves out" if plan.left_out else ""
    return f"""## How a mutant is judged

The tests of {judges} judge{without}.

They run once, traced, to learn which test executes which line. A mutant then gets a process of its own, which imports
it instead of the original before anything else of the project is imported. It runs the tests that execute the changed
statement, fastest first, up to the first that fails; a change to what an import executes meets all tests that use the
module or one that imports from it. Properties try at most {EXAMPLES_MAX} examples, always the same ones. What a test
starts as another process sees the original, so it kills nothing. A test that takes many times its usual processor
time counts as timed out, which is a kill with a column of its own.

Reasons are written by hand in `{plan.reasons}`, under the function and the text of the mutation, so that
they hold when lines move. The command names survivors without a reason, and reasons that no longer match."""


def _name(mutant: Mutant) -> str:
    return mutant.function.partition(":")[2] or "module"


def _code(text: str) -> str:
    quoted = _cell(text).replace("`", "'")
    return f"`{quoted}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
