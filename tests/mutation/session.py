"""One run of pytest inside this process, with its tests chosen, limited in time and watched."""

import os
import resource
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import hypothesis
import pytest

from tests.mutation.plan import Plan

__all__ = ["EXAMPLES_MAX", "Watch", "keep_out_of_the_tree", "limit_collection", "run_tests"]

EXAMPLES_MAX = 50
"""A property is tried on no more examples than this for each mutant."""

_SETTINGS = "_hypothesis_internal_use_settings"
"""Where hypothesis keeps the settings of a test; there is no public way to lower what a decorator asked for."""

_COLLECTION_SECONDS = 60.0
_SLOWDOWN = 8.0
_WALL = 20.0
"""A waiting test gets this many times the seconds that a computing test gets."""


class Watch:
    """A pytest plugin that keeps failures and seconds, and limits every step in time if asked to."""

    def __init__(self, seconds: Mapping[str, float] | None = None, *, patience: float = 0.0) -> None:
        """Watch.

        Args:
            seconds: processor time that each test is known to take; without it nothing is limited.
            patience: seconds that every test gets besides.
        """
        self.failed: dict[str, str] = {}
        """What failed, with the phase it failed in first."""
        self.took: dict[str, float] = {}
        """Seconds of processor time of each test."""
        self._seconds = seconds
        self._patience = patience
        self._began = 0.0

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Lower the number of examples."""
        for item in items:
            _fewer_examples(item)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what could not be collected."""
        if report.failed:
            self.failed.setdefault(report.nodeid, "collection")

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Start the timers of one test."""
        self._began = _processor_seconds()
        if self._seconds is not None:
            _limit(self._patience + _SLOWDOWN * self._seconds.get(nodeid, 1.0))

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Note how long a test took."""
        self.took[nodeid] = _processor_seconds() - self._began

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a test that failed in its setup, call or teardown."""
        if report.failed:
            self.failed.setdefault(report.nodeid, report.when)


def run_tests(plan: Plan, paths: Sequence[str], plugins: Sequence[object], options: Sequence[str] = ()) -> int:
    """Run tests in this process, in silence as far as the terminal goes; return pytest's exit code."""
    os.chdir(plan.root)
    if str(plan.root) not in sys.path:
        sys.path.insert(0, str(plan.root))
    fixed = [
        f"--rootdir={plan.root}",
        f"--config-file={plan.root / 'pyproject.toml'}",
        "--override-ini=addopts=",
        "--import-mode=importlib",
        "--doctest-modules",
        "-q",
        "-s",
        "-m=not bench",
        "-pno:xdist",
        "-pno:cacheprovider",
        "-Wignore::pytest.PytestAssertRewriteWarning",  # the parent has imported hypothesis before pytest could
    ]
    choice = [f"-k={plan.left_out}"] if plan.left_out else []
    return int(pytest.main([*fixed, *choice, *options, *paths], plugins=list(plugins)))


def keep_out_of_the_tree(folder: Path, *, bytecode: bool) -> None:
    """Let what Python and hypothesis write beside sources go to a folder.

    Args:
        folder: anywhere outside the tree.
        bytecode: whether to keep bytecode there; what is installed is compiled anew then, so it should be imported.
    """
    hypothesis.configuration.set_hypothesis_home_dir(folder / "hypothesis")
    sys.dont_write_bytecode = not bytecode
    sys.pycache_prefix = str(folder / "bytecode") if bytecode else None


def limit_collection() -> None:
    """Start the timers for importing and collecting."""
    _limit(_COLLECTION_SECONDS)


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _limit(seconds: float) -> None:
    # The default action of both signals ends the process, even inside a loop of C code.
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds * _WALL)


def _fewer_examples(item: pytest.Item) -> None:
    method = getattr(item, "obj", None)
    function = getattr(method, "__func__", method)
    asked = getattr(function, _SETTINGS, None)
    if isinstance(asked, hypothesis.settings):
        setattr(function, _SETTINGS, _quick(asked))
    machine = getattr(item, "cls", None)
    of_machine = getattr(machine, "settings", None)
    if machine is not None and isinstance(of_machine, hypothesis.settings):
        machine.settings = _quick(of_machine)


def _quick(asked: hypothesis.settings) -> hypothesis.settings:
    return hypothesis.settings(
        asked,
        max_examples=min(asked.max_examples, EXAMPLES_MAX),
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),  # a counterexample need not be small
        derandomize=True,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
