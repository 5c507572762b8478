"""What each test executes and how long it takes, measured once on the code as it stands."""

import sys
from collections import defaultdict
from collections.abc import Generator, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import msgspec
import pytest
from coverage import Coverage

from tests.mutation.children import Broke, Result, TimedOut, run_each
from tests.mutation.importers import modules_near
from tests.mutation.plan import Plan
from tests.mutation.session import Watch, run_tests

__all__ = ["Survey", "SurveyBroke", "survey"]

_IMPORTING = ""
"""The context of what is executed while nothing is tested."""


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """The tests that may judge, and what they reach."""

    seconds: dict[str, float]
    """Every test that passes, by its pytest id, with the seconds of processor time it takes."""
    red: list[str]
    """Tests and files that fail without any mutation; they judge nothing."""
    lines: dict[str, dict[int, list[str]]]
    """File to line to the tests that execute it."""
    imported: dict[str, list[int]]
    """File to the lines that are executed by importing and collecting."""
    modules: list[str]
    """What the tests import that is not part of the project, in the order in which it was first imported."""

    def known(self) -> frozenset[str]:
        """Return every test there is."""
        return frozenset({*self.seconds, *self.red})


class SurveyBroke(Exception):
    """The tests could not be run at all."""


class _Trace:
    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._coverage.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            self._coverage.switch_context(_IMPORTING)


def survey(plan: Plan, folder: Path, *, at_once: int) -> Survey:
    """Run all tests that may judge, traced.

    Raises:
        SurveyBroke: pytest could not do its work.
    """
    files = sorted({file for judge in plan.judges for file in _test_files(plan, judge)})
    shares = [files[number::at_once] for number in range(at_once)]
    parts = []
    for _, ended in run_each([share for share in shares if share], partial(_share, plan), folder, at_once=at_once):
        match ended:
            case Result(value=value):
                parts.append(msgspec.json.decode(value, type=Survey))
            case TimedOut():
                raise SurveyBroke("the tests set a timer of their own and ran into it; none of the survey's has one")
            case Broke(output=output):
                raise SurveyBroke(f"the tests could not be surveyed; the end of their output:\n{output}")
    return _together(parts)


def _test_files(plan: Plan, judge: str) -> Iterable[str]:
    place = plan.root / judge
    paths = place.rglob("*.py") if place.is_dir() else [place]
    tests = place.is_dir() and any(place.rglob("test_*.py"))
    return (path.relative_to(plan.root).as_posix() for path in paths if not tests or path.name.startswith("test_"))


def _share(plan: Plan, files: Sequence[str]) -> str:
    traced = sorted({*plan.target_files(), *(file for near in modules_near(plan).values() for file in near)})
    paths = [str(plan.root / file) for file in traced]
    coverage = Coverage(data_file=None, include=paths, config_file=False, messages=False)
    coverage.start()
    watch = Watch()
    code = run_tests(plan, files, [watch, _Trace(coverage)], ["--continue-on-collection-errors"])
    coverage.stop()
    if code not in {0, 1, 2, 5}:
        raise SurveyBroke(f"pytest ended with {code}")
    lines, imported = _reached(coverage, dict(zip(paths, traced, strict=True)), watch.failed)
    part = Survey(
        seconds={test: seconds for test, seconds in watch.took.items() if test not in watch.failed},
        red=sorted(watch.failed),
        lines=lines,
        imported=imported,
        modules=_foreign_modules(plan),
    )
    return msgspec.json.encode(part).decode()


def _reached(
    coverage: Coverage, files: Mapping[str, str], failed: Mapping[str, str]
) -> tuple[dict[str, dict[int, list[str]]], dict[str, list[int]]]:
    measured = coverage.get_data()
    lines: dict[str, dict[int, list[str]]] = {}
    imported: dict[str, list[int]] = {}
    for path, file in files.items():
        contexts = measured.contexts_by_lineno(path)
        lines[file] = {line: sorted(set(tests) - {_IMPORTING, *failed}) for line, tests in contexts.items()}
        imported[file] = sorted(line for line, tests in contexts.items() if _IMPORTING in tests)
    return lines, imported


def _foreign_modules(plan: Plan) -> list[str]:
    ours = str(plan.root)
    found = []
    for name, module in sys.modules.items():
        origin = getattr(getattr(module, "__spec__", None), "origin", None)
        installed = isinstance(origin, str) and ("site-packages" in origin or not origin.startswith(ours))
        private = name.startswith("_")  # comes with its public module, and twice if it comes first, like `_asyncio`
        if installed and not private and name == getattr(module, "__name__", None):
            found.append(name)
    return found


def _together(parts: Sequence[Survey]) -> Survey:
    lines: defaultdict[str, defaultdict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    imported: defaultdict[str, set[int]] = defaultdict(set)
    for part in parts:
        for file, reached in part.lines.items():
            for line, tests in reached.items():
                lines[file][line] += tests
        for file, numbers in part.imported.items():
            imported[file].update(numbers)
    return Survey(
        seconds={test: seconds for part in parts for test, seconds in part.seconds.items()},
        red=sorted({test for part in parts for test in part.red}),
        lines={file: {line: sorted(tests) for line, tests in reached.items()} for file, reached in lines.items()},
        imported={file: sorted(numbers) for file, numbers in imported.items()},
        modules=list(dict.fromkeys(name for part in parts for name in part.modules)),
    )
