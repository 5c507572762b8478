"""The command line: judge, tell, and write the page."""

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from tests.mutation.journal import Journal, JournalTaken, open_journal
from tests.mutation.mutants import Mutant
from tests.mutation.page import render
from tests.mutation.plan import REPOSITORY, Plan, module_of
from tests.mutation.progress import Stopwatch
from tests.mutation.reasons import Checked, check_reasons, read_reasons
from tests.mutation.run import BudgetSpent, Mutants, all_mutants, judge_all, surveyed
from tests.mutation.survey import SurveyBroke
from tests.mutation.trials import TrialBroke
from tests.mutation.verdicts import Outcome, Verdict, percent, tally

__all__ = ["main"]

_PASSED, _FAILED, _REFUSED, _STOPPED = 0, 1, 2, 3


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for."""

    budget: float | None
    only: str | None
    write: bool
    resume: bool


class Refused(Exception):
    """What was asked for cannot be done."""


def main(arguments: Sequence[str] | None = None, plan: Plan = REPOSITORY) -> int:
    """Run the command; 0 where the bar is reached and every survivor has its reason, 3 where the budget was spent."""
    options = _parsed(arguments, plan)
    try:
        files = _chosen(plan, options)
        with open_journal(plan, files) as journal:
            return _run(plan, options, files, journal)
    except (Refused, JournalTaken, SurveyBroke, TrialBroke) as problem:
        sys.stderr.write(f"{problem}\n")
        return _REFUSED
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; nothing is written, `--resume` goes on from here\n")
        return _STOPPED
    except BudgetSpent as spent:
        sys.stderr.write(f"{spent}; nothing is written, `--resume` goes on from here\n")
        return _STOPPED


def _parsed(arguments: Sequence[str] | None, plan: Plan) -> Options:
    parser = argparse.ArgumentParser(prog=plan.command, description="Run the tests against every mutant of the code.")
    parser.add_argument("--budget", type=float, metavar="SECONDS", help="stop after this time and write nothing")
    parser.add_argument("--only", metavar="MODULE", help="a file or folder of the targets, as a path or a dotted name")
    parser.add_argument("--write", action="store_true", help=f"write {plan.page}")
    parser.add_argument("--resume", action="store_true", help="go on where a run of the same sources was stopped")
    return msgspec.convert(vars(parser.parse_args(arguments)), Options)


def _chosen(plan: Plan, options: Options) -> list[str]:
    if options.only is None:
        return plan.target_files()
    if options.write:
        raise Refused("--write needs all targets, and --only names some; leave one of them out")
    asked = options.only.strip("/").removesuffix(".py").replace("/", ".")
    files = [file for file in plan.target_files() if f"{module_of(file)}.".startswith(f"{asked}.")]
    if not files:
        raise Refused(f"--only {options.only} names no target; targets are {', '.join(plan.targets)}")
    return files


def _run(plan: Plan, options: Options, files: Sequence[str], journal: Journal) -> int:
    watch = Stopwatch(options.budget)
    if not options.resume:
        journal.forget()
    at_once = len(os.sched_getaffinity(0))
    mutants = all_mutants(plan, files)
    sys.stderr.write(f"{len(mutants.all)} mutants of {len(mutants.by_file)} files; first, new tests run traced\n")
    survey = surveyed(plan, journal, at_once=at_once)
    if survey.red:
        sys.stderr.write(f"red without any mutation, so these judge nothing: {', '.join(survey.red)}\n")
    if survey.red and options.write:
        raise Refused("--write needs green tests; the red ones are named above")
    verdicts = judge_all(plan, mutants.all, survey, journal, at_once=at_once, watch=watch)
    reasons = read_reasons(plan.root / plan.reasons)
    if options.write:
        (plan.root / plan.page).write_text(render(plan, mutants, verdicts, reasons))
    surviving = [mutant for mutant in mutants.all if verdicts[mutant.id].outcome is Outcome.SURVIVED]
    relevant = {mutant: reason for mutant, reason in reasons.items() if options.only is None or _is_of(mutant, mutants)}
    checked = check_reasons(relevant, [mutant.id for mutant in surviving], [mutant.id for mutant in mutants.all])
    return _told(plan, mutants, verdicts, surviving, checked)


def _is_of(mutant: str, mutants: Mutants) -> bool:
    modules = {found[0].source.module for found in mutants.by_file.values() if found}
    return mutant.partition(":")[0] in modules


def _told(
    plan: Plan, mutants: Mutants, verdicts: dict[str, Verdict], surviving: Sequence[Mutant], checked: Checked
) -> int:
    grouped: defaultdict[str, list[Mutant]] = defaultdict(list)
    for mutant in surviving:
        grouped[mutant.function].append(mutant)
    for function, found in grouped.items():
        sys.stdout.write(f"\n{function}\n")
        for mutant in found:
            lacking = "   (no reason)" if mutant.id in checked.missing else ""
            sys.stdout.write(f"  {mutant.source.file}:{mutant.line}  {mutant.change}{lacking}\n")
    for mutant_id in checked.killed:
        sys.stdout.write(f"\nthe reason is no longer needed, the mutant is killed: {mutant_id}")
    for mutant_id in checked.unknown:
        sys.stdout.write(f"\nthe reason matches no mutant: {mutant_id}")
    sys.stdout.write("\n\n")
    for file, made in [*mutants.by_file.items(), ("all", mutants.all)]:
        sums = tally(made, verdicts)
        numbers = f"{sums.all:>5} mutants {sums.survived:>4} survived {sums.timed_out:>4} timed out"
        sys.stdout.write(f"{file:<44}{numbers} {percent(sums.permille):>8}\n")
    score = tally(mutants.all, verdicts).permille
    sys.stdout.write(f"\n{len(checked.missing)} survivors without a reason; the bar is {plan.score_min} %\n")
    clean = not (checked.missing or checked.killed or checked.unknown)
    return _PASSED if clean and score >= 10 * plan.score_min else _FAILED
