"""Let the tests judge one mutant: import it in place of the original and stop at the first test that notices."""

import resource
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType

import msgspec
import pytest

from tests.mutation.mutants import Mutant
from tests.mutation.plan import Plan
from tests.mutation.session import Watch, limit_collection, run_tests

__all__ = ["JudgeBroke", "Noticed", "judge", "unmutated"]

_MEMORY_BYTES = 4 * 1024**3
_NOTHING_FAILED = {int(pytest.ExitCode.OK), int(pytest.ExitCode.NO_TESTS_COLLECTED)}
_SOMETHING_FAILED = {int(pytest.ExitCode.TESTS_FAILED), int(pytest.ExitCode.INTERRUPTED)}


class Noticed(msgspec.Struct, frozen=True, kw_only=True):
    """A test that failed because of a mutant."""

    test: str
    """Its pytest id, or the file that could not be collected, or nothing if pytest as a whole gave up."""
    when: str
    company: list[dict[str, float]]
    """All rounds up to the one it failed in."""


class JudgeBroke(Exception):
    """Pytest ended in a way that says nothing about the mutant."""


def judge(
    plan: Plan, mutant: Mutant | None, rounds: Sequence[Mapping[str, float]], known: frozenset[str]
) -> Noticed | None:
    """Run tests against a mutant up to the first that notices; in a process that has not imported the project yet.

    Args:
        plan: the project.
        mutant: what to import instead of the original; with none the original is judged.
        rounds: groups of tests that may notice, with the seconds each takes.
        known: every test of the project as it stands; a test that only exists with the mutant judges too.

    Raises:
        JudgeBroke: pytest refused to work.
    """
    _fence(plan)
    if mutant is not None:
        path = plan.root / mutant.source.file
        sys.meta_path.insert(0, _Finder(mutant.source.module, path, mutant.code(path)))
    for number, chosen in enumerate(rounds, start=1):
        failed = _round(plan, chosen, known)
        if failed is not None:
            return Noticed(test=failed[0], when=failed[1], company=[dict(some) for some in rounds[:number]])
    return None


def _fence(plan: Plan) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))
    early = sorted(name for name in sys.modules if name.split(".")[0] in plan.packages)
    if early:
        raise JudgeBroke(f"imported before any mutant: {', '.join(early)}")


def _round(plan: Plan, chosen: Mapping[str, float], known: frozenset[str]) -> tuple[str, str] | None:
    watch = Watch(chosen, patience=plan.patience)
    limit_collection()
    files = list(dict.fromkeys(test.split("::")[0] for test in chosen))
    code = run_tests(plan, files, [watch, _Choice(chosen, known)], ["-x"])
    if watch.failed:
        return next(iter(watch.failed.items()))
    if code in _SOMETHING_FAILED:
        return "", "session"
    if code not in _NOTHING_FAILED:
        raise JudgeBroke(f"pytest ended with {code} over {', '.join(files)}")
    return None


def unmutated(plan: Plan, tests: Mapping[str, float], known: frozenset[str]) -> Watch:
    """Run tests of one file as `judge` does, but on the original; return what was seen.

    Raises:
        JudgeBroke: pytest refused to work.
    """
    _fence(plan)
    watch = Watch(tests, patience=plan.patience)
    limit_collection()
    files = list(dict.fromkeys(test.split("::")[0] for test in tests))
    code = run_tests(plan, files, [watch, _Choice(tests, known)])
    if code not in _NOTHING_FAILED | _SOMETHING_FAILED:
        raise JudgeBroke(f"pytest ended with {code} over {', '.join(files)}")
    return watch


class _Choice:
    def __init__(self, chosen: Mapping[str, float], known: frozenset[str]) -> None:
        self._chosen = chosen
        self._known = known

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        kept = [item for item in items if item.nodeid in self._chosen or item.nodeid not in self._known]
        items[:] = sorted(kept, key=lambda item: self._chosen.get(item.nodeid, 0.0))


class _Finder(MetaPathFinder):
    def __init__(self, module: str, path: Path, code: CodeType) -> None:
        self._module = module
        self._path = path
        self._code = code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._module:
            return None
        loader = _Loader(fullname, str(self._path), self._code)
        return spec_from_file_location(fullname, self._path, loader=loader)


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, code: CodeType) -> None:
        super().__init__(fullname, path)
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        return self._code
