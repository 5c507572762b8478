"""Choose the tests that can notice a mutant."""

from tests.mutation.importers import files_importing, modules_near
from tests.mutation.mutants import Mutant
from tests.mutation.plan import Plan
from tests.mutation.survey import Survey

__all__ = ["Choice"]


class Choice:
    """The tests of a survey, by the lines they execute."""

    def __init__(self, plan: Plan, survey: Survey) -> None:
        """Take what was measured."""
        self._survey = survey
        self._near = modules_near(plan)
        self._plan = plan
        self._of_definitions: dict[str, set[str]] = {}

    def tests_for(self, mutant: Mutant) -> dict[str, float]:
        """Return the tests to run against a mutant, with the seconds each takes.

        What is executed inside a function reaches the tests that execute its lines. What is executed by an import
        reaches everyone who imports it: tests that execute anything in the module or in a module that imports it, and
        tests in files that import it.
        """
        file = mutant.source.file
        first, last = mutant.lines
        reached = self._survey.lines.get(file, {})
        tests = {test for line in range(first, last + 1) for test in reached.get(line, ())}
        imported = set(self._survey.imported.get(file, ()))
        if imported.intersection(range(first, last + 1)):
            tests |= self._definition_tests(file)
        return {test: self._survey.seconds[test] for test in tests}

    def _definition_tests(self, file: str) -> set[str]:
        if file not in self._of_definitions:
            executed = [self._survey.lines.get(name, {}) for name in (file, *self._near.get(file, ()))]
            tests = {test for reached in executed for found in reached.values() for test in found}
            importing = files_importing(self._plan, file, {test.split("::")[0] for test in self._survey.seconds})
            tests |= {test for test in self._survey.seconds if test.split("::")[0] in importing}
            self._of_definitions[file] = tests
        return self._of_definitions[file]
