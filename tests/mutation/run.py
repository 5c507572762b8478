"""One run: survey the tests, judge every mutant, keep each verdict."""

import importlib
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import closing

import msgspec

from tests.mutation.children import Broke, Ended, Result, TimedOut, run_each
from tests.mutation.choice import Choice
from tests.mutation.control import controlled
from tests.mutation.declared import declarations
from tests.mutation.journal import Journal
from tests.mutation.judging import SURVIVED, judge
from tests.mutation.mutants import Mutant, mutate, read_source
from tests.mutation.plan import Plan
from tests.mutation.progress import Progress, Stopwatch
from tests.mutation.session import keep_out_of_the_tree
from tests.mutation.survey import Survey, survey
from tests.mutation.verdicts import Outcome, Verdict

__all__ = ["BudgetSpent", "Mutants", "RunBroke", "all_mutants", "judge_all", "surveyed"]


class RunBroke(Exception):
    """A child ended in a way that says nothing about its mutant."""


class BudgetSpent(Exception):
    """The time was over before all mutants were judged."""


class Mutants(msgspec.Struct, frozen=True, kw_only=True):
    """The mutants of a plan."""

    by_file: dict[str, list[Mutant]]
    left_out: Counter[str]
    """Places that are not mutated, by kind."""

    @property
    def all(self) -> list[Mutant]:
        """Return every mutant, file by file."""
        return [mutant for mutants in self.by_file.values() for mutant in mutants]


def all_mutants(plan: Plan) -> Mutants:
    """Make the mutants of every target file."""
    declared = declarations(plan.root / file for file in plan.package_files())
    by_file: dict[str, list[Mutant]] = {}
    left_out: Counter[str] = Counter()
    for file in plan.target_files():
        by_file[file], left = mutate(read_source(plan.root, file), declared)
        left_out.update(left)
    return Mutants(by_file=by_file, left_out=left_out)


def surveyed(plan: Plan, journal: Journal, *, at_once: int) -> Survey:
    """Return the survey of the journal, or make it, and import what tests need so that children need not."""
    keep_out_of_the_tree(journal.folder, bytecode=False)
    earlier = journal.survey()
    known = earlier or survey(plan, journal.folder, at_once=at_once)
    _import_foreign(known.modules)
    keep_out_of_the_tree(journal.folder, bytecode=True)
    if earlier is None:
        known = controlled(plan, known, journal.folder, at_once=at_once)
        journal.keep_survey(known)
    return known


def judge_all(
    plan: Plan, mutants: Iterable[Mutant], tests: Survey, journal: Journal, *, at_once: int, budget: float | None
) -> dict[str, Verdict]:
    """Judge the mutants that the journal does not know yet; return all verdicts by the id of the mutant.

    Raises:
        BudgetSpent: that many seconds were not enough.
        RunBroke: a child could not do its work.
    """
    wanted = list(mutants)
    verdicts = journal.verdicts()
    choice = Choice(plan, tests)
    known = tests.known()
    watch = Stopwatch()

    def work(mutant: Mutant) -> str:
        return judge(plan, mutant, choice.rounds(mutant), known)

    waiting = [mutant for mutant in wanted if mutant.id not in verdicts]
    progress = Progress(len(wanted), Counter(verdicts[mutant.id].outcome for mutant in wanted if mutant.id in verdicts))
    with closing(run_each(waiting, work, journal.folder, at_once=at_once)) as judged:
        for mutant, ended in judged:
            verdict = _verdict(mutant, ended)
            verdicts[mutant.id] = verdict
            journal.keep(verdict)
            if verdict.by:
                choice.learn(mutant, verdict.by)
            progress.judged(verdict.outcome)
            if budget is not None and watch.seconds() > budget and len(verdicts) < len(wanted):
                progress.close()
                raise BudgetSpent(f"{len(verdicts)} of {len(wanted)} mutants were judged in the time given")
    progress.close()
    return verdicts


def _verdict(mutant: Mutant, ended: Ended) -> Verdict:
    match ended:
        case Result(value=by):
            outcome = Outcome.SURVIVED if by == SURVIVED else Outcome.KILLED
            return Verdict(id=mutant.id, outcome=outcome, by=by)
        case TimedOut():
            return Verdict(id=mutant.id, outcome=Outcome.TIMED_OUT, by="")
        case Broke(output=output):
            place = f"{mutant.source.file}:{mutant.line}"
            raise RunBroke(f"{place} {mutant.id}: the child broke; the end of its output:\n{output}")


def _import_foreign(names: Iterable[str]) -> None:
    for name in names:
        if name not in sys.modules:
            try:
                importlib.import_module(name)
            except Exception:  # noqa: BLE001, S112 - a child imports for itself what will not load here
                continue
