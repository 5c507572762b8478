"""Choose the tests that can notice a mutant, and put first what probably does."""

from collections import Counter, defaultdict
from collections.abc import Mapping

from tests.mutation.importers import imported_names, importing, modules_near
from tests.mutation.mutants import Mutant
from tests.mutation.parts import Survey
from tests.mutation.plan import Plan, module_of

__all__ = ["Choice"]

_QUICK_SECONDS = 1.0
"""The second round takes tests that need this long together, and the third one all others."""


class Choice:
    """The tests of a survey, by the lines they execute and by what they have noticed so far."""

    def __init__(self, plan: Plan, survey: Survey) -> None:
        """Take what was measured."""
        self._survey = survey
        self._using = _using_definitions(plan, survey)
        self._reach = _reach(survey)
        self._kills: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.distrusted: set[str] = set()
        """Tests that fail in company of others on the original too."""

    def candidates(self) -> dict[str, dict[str, float]]:
        """Return every test that can notice any mutant, by its file, with the seconds it takes."""
        reaching = {test for reached in self._survey.lines.values() for tests in reached.values() for test in tests}
        found: defaultdict[str, dict[str, float]] = defaultdict(dict)
        for test in sorted(reaching.union(*self._using.values())):
            found[_file(test)][test] = self._survey.seconds[test]
        return dict(found)

    def tests_for(self, mutant: Mutant) -> dict[str, float]:
        """Return the tests to run against a mutant, with the seconds each takes.

        What is executed inside a function reaches the tests that execute its lines. What is executed by an import
        reaches everyone who imports it: tests that execute anything in the module or in a module that imports it, and
        tests in files that import it.
        """
        file = mutant.source.file
        lines = range(mutant.lines[0], mutant.lines[1] + 1)
        reached = self._survey.lines.get(file, {})
        tests = {test for line in lines for test in reached.get(line, ())}
        if set(self._survey.imported.get(file, ())).intersection(lines):
            tests |= self._using[file]
        return {test: self._survey.seconds[test] for test in tests - self.distrusted}

    def file_of(self, mutant: Mutant, test: str) -> dict[str, float]:
        """Return the tests for a mutant that stand in the same file as one of them."""
        return {other: seconds for other, seconds in self.tests_for(mutant).items() if _file(other) == _file(test)}

    def rounds(self, mutant: Mutant) -> list[dict[str, float]]:
        """Return the tests in groups to run one after the other: the likeliest file, quick tests, all others."""
        tests = self.tests_for(mutant)
        favourite = self._favourite(mutant, tests)
        groups: tuple[dict[str, float], ...] = ({}, {}, {})
        total = 0.0
        for test, seconds in sorted(tests.items(), key=lambda entry: (entry[1], entry[0])):
            if _file(test) == favourite and seconds <= _QUICK_SECONDS:
                groups[0][test] = seconds
                continue
            total += seconds
            groups[1 if total <= _QUICK_SECONDS else 2][test] = seconds
        return [group for group in groups if group]

    def learn(self, mutant: Mutant, test: str) -> None:
        """Remember which test noticed a mutant."""
        for scope in (mutant.function, mutant.source.file):
            self._kills[scope][_file(test)] += 1

    def _favourite(self, mutant: Mutant, tests: Mapping[str, float]) -> str:
        files = Counter(_file(test) for test in tests)
        inside, nearby = self._kills[mutant.function], self._kills[mutant.source.file]
        return max(
            sorted(files), key=lambda file: (inside[file], nearby[file], -self._reach[file], files[file]), default=""
        )


def _file(test: str) -> str:
    return test.split("::", maxsplit=1)[0]


def _reach(survey: Survey) -> Counter[str]:
    touched = {
        (_file(test), file) for file, lines in survey.lines.items() for tests in lines.values() for test in tests
    }
    return Counter(test_file for test_file, _ in touched)


def _using_definitions(plan: Plan, survey: Survey) -> dict[str, set[str]]:
    near = modules_near(plan)
    imports = imported_names(plan.root, {_file(test) for test in survey.seconds})
    exports = imported_names(plan.root, plan.package_files())
    using: dict[str, set[str]] = {}
    for file in plan.target_files():
        executed = [survey.lines.get(name, {}) for name in (file, *near[file])]
        files = importing(module_of(file), imports, exports)
        using[file] = {test for reached in executed for tests in reached.values() for test in tests}
        using[file] |= {test for test in survey.seconds if _file(test) in files}
    return using
