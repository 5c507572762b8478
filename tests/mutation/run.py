"""One run: survey the tests, judge every mutant, keep each verdict."""

import gc
import importlib
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import closing

import msgspec

from tests.mutation.control import controlled
from tests.mutation.declared import declarations
from tests.mutation.journal import Journal
from tests.mutation.mutants import Mutant, mutate, read_source
from tests.mutation.parts import Parts, Survey, together
from tests.mutation.plan import Plan
from tests.mutation.progress import Progress, Stopwatch
from tests.mutation.session import keep_out_of_the_tree
from tests.mutation.survey import survey, test_files
from tests.mutation.trials import Trials
from tests.mutation.verdicts import Verdict

__all__ = ["BudgetSpent", "Mutants", "all_mutants", "judge_all", "surveyed"]


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


def all_mutants(plan: Plan, files: Iterable[str]) -> Mutants:
    """Make the mutants of some target files."""
    declared = declarations(plan.root / file for file in plan.package_files())
    by_file: dict[str, list[Mutant]] = {}
    left_out: Counter[str] = Counter()
    for file in files:
        by_file[file], left = mutate(read_source(plan.root, file), declared)
        left_out.update(left)
    return Mutants(by_file=by_file, left_out=left_out)


def surveyed(plan: Plan, journal: Journal, *, at_once: int) -> Survey:
    """Return what is known about all tests, run those of which it is not known, and import what tests need.

    Raises:
        SurveyBroke: pytest could not do its work.
    """
    files = test_files(plan)
    parts = Parts(plan, journal.parts, files)
    known = {file: part for file in files if (part := parts.known(file)) is not None}
    fresh = [file for file in files if file not in known]
    keep_out_of_the_tree(journal.folder, bytecode=False)
    everything = together([*known.values(), survey(plan, fresh, journal.folder, at_once=at_once)])
    _import_foreign(everything.modules)
    gc.freeze()  # pytest collects garbage five times as it ends, which is half the time of most children
    keep_out_of_the_tree(journal.folder, bytecode=True)
    judged = controlled(plan, everything, fresh, journal.folder, at_once=at_once)
    parts.keep(judged, fresh)
    return judged


def judge_all(
    plan: Plan, mutants: Iterable[Mutant], tests: Survey, journal: Journal, *, at_once: int, watch: Stopwatch
) -> dict[str, Verdict]:
    """Judge the mutants that the journal does not know yet; return all verdicts by the id of the mutant.

    Raises:
        BudgetSpent: the limit of the watch is passed.
        TrialBroke: a child could not do its work.
    """
    wanted, earlier = list(mutants), journal.verdicts()
    verdicts = {mutant.id: verdict for mutant in wanted if (verdict := earlier.get(mutant.id)) is not None}
    trials = Trials(plan, tests, [mutant for mutant in wanted if mutant.id not in verdicts])
    progress = Progress(len(wanted), Counter(verdict.outcome for verdict in verdicts.values()))
    with closing(progress), closing(trials.verdicts(journal.folder, at_once=at_once)) as fresh:
        for verdict in fresh:
            verdicts[verdict.id] = verdict
            journal.keep(verdict)
            progress.judged(verdict.outcome)
            if watch.is_over() and len(verdicts) < len(wanted):
                raise BudgetSpent(f"{len(verdicts)} of {len(wanted)} mutants were judged in the time given")
    if trials.distrusted:
        sys.stderr.write(f"red in company of other tests, so these judged nothing: {sorted(trials.distrusted)}\n")
    return verdicts


def _import_foreign(names: Iterable[str]) -> None:
    for name in names:
        if name not in sys.modules:
            try:
                importlib.import_module(name)
            except Exception:  # noqa: BLE001, S112 - a child imports for itself what will not load here
                continue
