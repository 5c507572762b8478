"""A test that fails only beside other tests kills a mutant only if the original passes in the same company."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.policy.samples import planted
from tests.policy.tree import ROOT

MORE = "\n\ndef test_more() -> None:\n    answer()\n"
FILES = {
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n',
    "sample/__init__.py": "",
    "sample/rules.py": "def answer() -> int:\n    return 7\n",
    "checks/test_a.py": "from sample.rules import answer\n\n\ndef test_a() -> None:\n    answer()\n" + MORE,
    "checks/test_b.py": "import sys\n\n\ndef test_b() -> None:\n    sys.was_here = True\n",
}
PROGRAM = """
import sys
from pathlib import Path
from tests.mutation.plan import Plan
from tests.mutation.run import all_mutants
from tests.mutation.parts import Survey
from tests.mutation.trials import Trials
plan = Plan(root=Path(sys.argv[1]), packages=("sample",), targets=("sample",), judges=("checks",), left_out="",
            page="", reasons="", command="", score_min=0, patience=3.0)
tests = {f"checks/test_{name}.py::test_{name}": seconds for name, seconds in (("a", 0.1), ("b", 0.2), ("c", 0.3))}
tests["checks/test_a.py::test_more"] = 0.1  # more tests there: this file goes first, and alone
survey = Survey(files=[], seconds=tests, red=[], lines={"sample/rules.py": {2: list(tests)}}, imported={}, modules=[])
trials = Trials(plan, survey, all_mutants(plan, plan.target_files()).all[:1])
for verdict in trials.verdicts(plan.root, at_once=1):
    print(verdict.outcome, sorted(trials.distrusted))
"""


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("not hasattr(sys, 'was_here')", "survived ['checks/test_c.py::test_c']"),
        ("answer() == 7 or not hasattr(sys, 'was_here')", "killed []"),
        ("answer() == 7", "killed []"),
    ],
    ids=["fails beside b", "fails beside b on the mutant", "fails on the mutant"],
)
def test_kill_in_company_stands_if_the_original_passes_there(tmp_path: Path, condition: str, said: str) -> None:
    """The first test fails on the original too once another test has run, so the mutant survives it."""
    body = f"import sys\n\nfrom sample.rules import answer\n\n\ndef test_c() -> None:\n    assert {condition}\n"
    root = planted(tmp_path, FILES | {"checks/test_c.py": body})
    command = [sys.executable, "-c", PROGRAM, str(root)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.stdout.strip() == said, done.stderr
