"""The control: the tests judge the original in the same way as a mutant, and none may notice anything."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from tests.mutation.children import Broke, Result, TimedOut, run_each
from tests.mutation.choice import Choice
from tests.mutation.judging import unmutated
from tests.mutation.plan import Plan
from tests.mutation.survey import Survey, SurveyBroke

__all__ = ["controlled"]


def controlled(plan: Plan, survey: Survey, folder: Path, *, at_once: int) -> Survey:
    """Run each file of tests against the original in a process of its own; tests that fail there judge nothing.

    Raises:
        SurveyBroke: pytest could not do its work.
    """
    known = survey.known()
    candidates = Choice(plan, survey).candidates()

    def work(file: str) -> str:
        return msgspec.json.encode(sorted(unmutated(plan, candidates[file], known))).decode()

    red: set[str] = set()
    for file, ended in run_each(list(candidates), work, folder, at_once=at_once):
        match ended:
            case Result(value=value):
                red.update(msgspec.json.decode(value, type=list[str]))
            case TimedOut():
                red.update(candidates[file])
            case Broke(output=output):
                raise SurveyBroke(f"{file} could not judge the original; the end of its output:\n{output}")
    return _without(survey, red)


def _without(survey: Survey, red: set[str]) -> Survey:
    def kept(tests: Sequence[str]) -> list[str]:
        return [test for test in tests if test not in red]

    return msgspec.structs.replace(
        survey,
        seconds={test: seconds for test, seconds in survey.seconds.items() if test not in red},
        red=sorted({*survey.red, *red}),
        lines={file: {line: kept(tests) for line, tests in reached.items()} for file, reached in survey.lines.items()},
    )
