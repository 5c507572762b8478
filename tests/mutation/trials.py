"""Try mutants until each has its verdict.

A kill by the first round stands, because there one file runs alone, and the control has shown that it passes so on the
original. In later rounds files run together: such a kill stands when the file alone repeats it, or when the original
passes in the same company.
"""

from collections import deque
from collections.abc import Generator, Sequence
from contextlib import closing
from enum import Enum, auto
from pathlib import Path

import msgspec

from tests.mutation.children import Broke, Ended, Result, TimedOut, run_each
from tests.mutation.choice import Choice
from tests.mutation.judging import Noticed, judge
from tests.mutation.mutants import Mutant
from tests.mutation.parts import Survey
from tests.mutation.plan import Plan
from tests.mutation.verdicts import Outcome, Verdict

__all__ = ["TrialBroke", "Trials"]


class TrialBroke(Exception):
    """A child ended in a way that says nothing about its mutant."""


class Stage(Enum):
    """Why a child is started: a kill by tests that ran together with others needs another look."""

    TRY = auto()
    """All tests that can notice."""
    REPEAT = auto()
    """The file of the test that noticed, alone."""
    CONTROL = auto()
    """The original, with the same tests in the same order."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to find out about a mutant."""

    mutant: Mutant
    stage: Stage
    noticed: Noticed | None = None
    """What the first stage found."""


class Trials:
    """The mutants that wait for a verdict."""

    def __init__(self, plan: Plan, tests: Survey, mutants: Sequence[Mutant]) -> None:
        """Queue mutants."""
        self._plan = plan
        self._choice = Choice(plan, tests)
        self._known = tests.known()
        self._queue = deque(Trial(mutant=mutant, stage=Stage.TRY) for mutant in mutants)

    @property
    def distrusted(self) -> set[str]:
        """Return the tests that failed in company of others while the original was judged; they kill nothing."""
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
        mutant, noticed = trial.mutant, trial.noticed
        match trial.stage, noticed:
            case Stage.REPEAT, Noticed(test=test):
                found = judge(self._plan, mutant, [self._choice.file_of(mutant, test)], self._known)
            case Stage.CONTROL, Noticed(company=company):
                found = judge(self._plan, None, company, self._known)
            case _:
                found = judge(self._plan, mutant, self._choice.rounds(mutant), self._known)
        return msgspec.json.encode(found).decode()

    def _verdict(self, trial: Trial, ended: Ended) -> Verdict | None:
        mutant = trial.mutant
        match ended:
            case Result(value=value):
                return self._heard(trial, msgspec.json.decode(value, type=Noticed | None))
            case TimedOut() if trial.stage is not Stage.CONTROL:
                return Verdict(id=mutant.id, outcome=Outcome.TIMED_OUT, by="")
            case TimedOut():
                raise TrialBroke(f"the original ran out of time in the control of {mutant.id}; is the machine busy?")
            case Broke(output=output):
                place = f"{mutant.source.file}:{mutant.line}"
                raise TrialBroke(f"{place} {mutant.id}: the child broke; the end of its output:\n{output}")

    def _heard(self, trial: Trial, found: Noticed | None) -> Verdict | None:
        earlier = trial.noticed
        if found is not None and trial.stage is Stage.CONTROL:
            if found.test not in self._known:
                raise TrialBroke(f"pytest gave up on the original in the control of {trial.mutant.id}: {found.test}")
            self.distrusted.add(found.test)
            return self._again(trial, Stage.TRY, None)
        if found is not None:
            sound = trial.stage is Stage.REPEAT or len(found.company) == 1 or "::" not in found.test
            return self._killed(trial, found) if sound else self._again(trial, Stage.REPEAT, found)
        if earlier is None:
            return Verdict(id=trial.mutant.id, outcome=Outcome.SURVIVED, by="")
        return (
            self._again(trial, Stage.CONTROL, earlier) if trial.stage is Stage.REPEAT else self._killed(trial, earlier)
        )

    def _again(self, trial: Trial, stage: Stage, noticed: Noticed | None) -> Verdict | None:
        self._queue.appendleft(Trial(mutant=trial.mutant, stage=stage, noticed=noticed))
        return None

    def _killed(self, trial: Trial, noticed: Noticed) -> Verdict:
        self._choice.learn(trial.mutant, noticed.test)
        return Verdict(id=trial.mutant.id, outcome=Outcome.KILLED, by=f"{noticed.test} ({noticed.when})")
