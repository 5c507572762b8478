"""Try mutants until each has its verdict; a kill counts when the file of its test repeats it alone."""

from collections import deque
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from tests.mutation.children import Broke, Ended, Result, TimedOut, run_each
from tests.mutation.choice import Choice
from tests.mutation.judging import Noticed, judge
from tests.mutation.mutants import Mutant
from tests.mutation.plan import Plan
from tests.mutation.survey import Survey
from tests.mutation.verdicts import Outcome, Verdict

__all__ = ["TrialBroke", "Trials"]


class TrialBroke(Exception):
    """A child ended in a way that says nothing about its mutant."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A mutant, and the test whose file shall repeat the kill; with none it meets all its tests."""

    mutant: Mutant
    suspect: str | None = None


class Trials:
    """The mutants that wait for a verdict."""

    def __init__(self, plan: Plan, tests: Survey, mutants: Sequence[Mutant]) -> None:
        """Queue mutants."""
        self._plan = plan
        self._choice = Choice(plan, tests)
        self._known = tests.known()
        self._queue = deque(Trial(mutant=mutant) for mutant in mutants)

    @property
    def distrusted(self) -> set[str]:
        """Return the tests that failed in company of others but not alone; they kill nothing."""
        return self._choice.distrusted

    def verdicts(self, folder: Path, *, at_once: int) -> Generator[Verdict, None, None]:
        """Yield verdicts as they come.

        Raises:
            TrialBroke: a child could not do its work.
        """
        with closing(run_each(self._queue, self._work, folder, at_once=at_once)) as trials:
            for trial, ended in trials:
                verdict = self._verdict(trial, ended)
                if verdict is not None:
                    yield verdict

    def _work(self, trial: Trial) -> str:
        mutant, suspect = trial.mutant, trial.suspect
        rounds = self._choice.rounds(mutant) if suspect is None else [self._choice.file_of(mutant, suspect)]
        return msgspec.json.encode(judge(self._plan, mutant, rounds, self._known)).decode()

    def _verdict(self, trial: Trial, ended: Ended) -> Verdict | None:
        mutant = trial.mutant
        match ended:
            case Result(value=value):
                return self._heard(trial, msgspec.json.decode(value, type=Noticed | None))
            case TimedOut():
                return Verdict(id=mutant.id, outcome=Outcome.TIMED_OUT, by="")
            case Broke(output=output):
                place = f"{mutant.source.file}:{mutant.line}"
                raise TrialBroke(f"{place} {mutant.id}: the child broke; the end of its output:\n{output}")

    def _heard(self, trial: Trial, noticed: Noticed | None) -> Verdict | None:
        mutant = trial.mutant
        if noticed is None and trial.suspect is None:
            return Verdict(id=mutant.id, outcome=Outcome.SURVIVED, by="")
        if noticed is None:
            self._choice.distrusted.add(str(trial.suspect))
            self._queue.appendleft(Trial(mutant=mutant))
            return None
        # The first round is one file alone, as in the control; later ones run files together, which proves nothing yet.
        if noticed.round > 0 and "::" in noticed.test:
            self._queue.appendleft(Trial(mutant=mutant, suspect=noticed.test))
            return None
        self._choice.learn(mutant, noticed.test)
        return Verdict(id=mutant.id, outcome=Outcome.KILLED, by=f"{noticed.test} ({noticed.when})")
