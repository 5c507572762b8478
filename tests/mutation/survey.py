"""What each test executes and how long it takes, measured once on the code as it stands."""

import sys
from collections.abc import Generator, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import msgspec
import pytest
from coverage import Coverage

from tests.mutation.children import Broke, Result, TimedOut, run_each
from tests.mutation.importers import modules_near
from tests.mutation.parts import Survey, together
from tests.mutation.plan import Plan
from tests.mutation.progress import told
from tests.mutation.session import Watch, run_tests

__all__ = ["SurveyBroke", "survey", "test_files"]

_SHARE_FILES = 12
"""A child runs about this many files, so that there is something to tell meanwhile."""

_IMPORTING = ""
"""The context of what is executed while nothing is tested."""


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


def test_files(plan: Plan) -> list[str]:
    """List the files of tests that may judge, as paths from the root."""
    return sorted({file for judge in plan.judges for file in _test_files(plan, judge)})


def survey(plan: Plan, files: Sequence[str], folder: Path, *, at_once: int) -> Survey:
    """Run some files of tests, traced.

    Raises:
        SurveyBroke: pytest could not do its work.
    """
    count = max(at_once, len(files) // _SHARE_FILES)
    shares = [share for share in (files[number::count] for number in range(count)) if share]
    parts = []
    for share, ended in run_each(shares, partial(_share, plan), folder, at_once=at_once):
        match ended:
            case Result(value=value):
                parts.append(msgspec.json.decode(value, type=Survey))
            case TimedOut():
                raise SurveyBroke(f"a timer that is not ours ended the tests of {', '.join(share)}")
            case Broke(output=output):
                raise SurveyBroke(f"the tests could not be surveyed; the end of their output:\n{output}")
        told(f"traced the tests of {sum(len(part.files) for part in parts)} of {len(files)} files")
    return together(parts)


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
        files=list(files),
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
