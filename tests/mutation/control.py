"""The control: the tests judge the original in the same way as a mutant, and none may notice anything."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import msgspec

from tests.mutation.children import Broke, Result, TimedOut, run_each
from tests.mutation.choice import Choice
from tests.mutation.judging import unmutated
from tests.mutation.parts import Survey
from tests.mutation.plan import Plan
from tests.mutation.progress import told
from tests.mutation.survey import SurveyBroke

__all__ = ["controlled"]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What a child reports."""

    failed: list[str]
    took: dict[str, float]


def controlled(plan: Plan, survey: Survey, files: Collection[str], folder: Path, *, at_once: int) -> Survey:
    """Run some files of tests against the original, each in a process of its own.

    Tests that fail there judge nothing, and what the others take replaces what they took while they were traced.

    Raises:
        SurveyBroke: pytest could not do its work.
    """
    known = survey.known()
    candidates = Choice(plan, survey).candidates()

    def work(file: str) -> str:
        watch = unmutated(plan, candidates[file], known)
        return msgspec.json.encode(Seen(failed=sorted(watch.failed), took=watch.took)).decode()

    red: set[str] = set()
    took: dict[str, float] = {}
    pieces = [file for file in candidates if file in files]
    for number, (file, ended) in enumerate(run_each(pieces, work, folder, at_once=at_once), start=1):
        match ended:
            case Result(value=value):
                seen = msgspec.json.decode(value, type=Seen)
                red.update(seen.failed)
                took.update(seen.took)
            case TimedOut():
                red.update(candidates[file])
            case Broke(output=output):
                raise SurveyBroke(f"{file} could not judge the original; the end of its output:\n{output}")
        told(f"judged the original by {number} of {len(pieces)} files")
    return _without(survey, red, took)


def _without(survey: Survey, red: set[str], took: Mapping[str, float]) -> Survey:
    def kept(tests: Sequence[str]) -> list[str]:
        return [test for test in tests if test not in red]

    return msgspec.structs.replace(
        survey,
        seconds={test: took.get(test, seconds) for test, seconds in survey.seconds.items() if test not in red},
        red=sorted({*survey.red, *red}),
        lines={file: {line: kept(tests) for line, tests in reached.items()} for file, reached in survey.lines.items()},
    )
