"""The mutation command tells killed, timed out and surviving mutants apart, in a small project where all are known."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.mutation.command import main
from tests.mutation.plan import REPOSITORY
from tests.policy.samples import planted
from tests.policy.tree import ROOT

CODE = '''"""A module."""

LIMIT = 10


def within(amount: int) -> bool:
    """Tell whether an amount is allowed."""
    return amount <= LIMIT


def count_down(left: int) -> int:
    """Count to zero."""
    while left > 0:
        left -= 1
    return left


def shout(text: str) -> str:
    """Say it aloud."""
    return max(text, text)  # pragma: no mutate


def unasked() -> int:
    """Return what no test asks for."""
    return 7
'''
TESTS = '''"""Tests."""

from sample import LIMIT
from sample.rules import count_down, shout, within


def test_limit_is_inclusive() -> None:
    assert within(LIMIT) and not within(LIMIT + 1)


def test_limit_is_ten() -> None:
    assert LIMIT == 10


def test_count_ends_at_zero() -> None:
    assert count_down(3) == 0


def test_shout() -> None:
    assert shout("a") == "a"
'''
SMALL = '''"""A module."""

LIMIT = 10


def within(amount: int) -> bool:
    """Tell whether an amount is allowed."""
    return amount <= LIMIT
'''
SMALL_TESTS = """
from sample import LIMIT
from sample.rules import within


def test_limit_is_inclusive() -> None:
    assert LIMIT == 10 and within(10) and not within(11)
"""
RED_TESTS = """
from pathlib import Path

from sample.rules import within


def test_wrong() -> None:
    assert within(11)


def test_once() -> None:
    mark = Path(__file__).with_name("mark")
    assert within(10) and not mark.exists()
    mark.touch()
"""
PYPROJECT = (
    '[tool.pytest.ini_options]\npythonpath = ["."]\naddopts = ["--unknown-to-pytest"]\nfilterwarnings = ["error"]\n'
)
REASONS = """["sample.rules:shout"]
"return max(text, text) → return min(text, text)" = "Both are the same text | and the same."

["sample.rules:within"]
"return amount <= LIMIT → return amount < LIMIT" = "A test kills it."

["sample.rules:gone"]
"1 → 2" = "The function is gone."
"""
PROGRAM = """
import sys
from pathlib import Path
from tests.mutation.command import main
from tests.mutation.plan import Plan
plan = Plan(root=Path(sys.argv[1]), packages=("sample",), targets=("sample",), judges=("checks",), left_out="",
            page="page.md", reasons="reasons.toml", command="judge", score_min=75, patience=0.5)
sys.exit(main(sys.argv[2:], plan))
"""


def _sample(root: Path, *, code: str = CODE, tests: str = TESTS) -> Path:
    files = {
        "pyproject.toml": PYPROJECT,
        "sample/__init__.py": '"""A package."""\n\nfrom sample.rules import LIMIT\n\n__all__ = ["LIMIT"]\n',
        "sample/rules.py": code,
        "checks/test_sample.py": tests,
        "reasons.toml": REASONS,
        "temporary/note": "",
    }
    return planted(root, files)


def _run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, str(root), *arguments]
    temporary = {"TMPDIR": str(root / "temporary")}
    return subprocess.run(command, cwd=ROOT, env=temporary, check=False, capture_output=True, text=True)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Judge the sample once, and write its page."""
    root = _sample(tmp_path_factory.mktemp("mutation"))
    return root, _run(root, "--write")


def test_mutation_page_counts_every_mutant_by_how_it_ended(
    finished: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    """Of 20 mutants three never end, and four survive: a comment in the code does not hide one."""
    root, done = finished
    assert "| all | 20 | 13 | 3 | 4 | 80.0 % |" in (root / "page.md").read_text(), done.stderr


def test_mutation_page_lists_each_survivor_with_its_place_and_its_reason(
    finished: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    """The reason comes from the hand-written file, and its absence is said."""
    page = (finished[0] / "page.md").read_text()
    survivors = [line for line in page.splitlines() if line.startswith("| `sample/rules.py:")]
    none = "**none written yet**"
    same = "| `sample/rules.py:20` `shout` | `return max(text, text) → return min(text, text)` |"
    assert survivors == [
        f"{same} Both are the same text \\| and the same. |",
        f"| `sample/rules.py:25` `unasked` | `return 7 → return None` | {none} |",
        f"| `sample/rules.py:25` `unasked` | `return 7 → return 8` | {none} |",
        f"| `sample/rules.py:25` `unasked` | `return 7 → return 6` | {none} |",
    ]


def test_mutation_command_names_reasons_that_lack_and_reasons_that_no_longer_match(
    finished: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    """The score is above the bar, but a survivor without a reason is a failure."""
    done = finished[1]
    assert done.returncode == 1
    assert "3 survivors without a reason" in done.stdout
    assert "the mutant is killed: sample.rules:within | return amount <= LIMIT → return amount < LIMIT" in done.stdout
    assert "the reason matches no mutant: sample.rules:gone | 1 → 2" in done.stdout


def test_mutation_command_writes_nothing_but_its_page_into_the_tree(
    finished: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    """Neither mutants nor caches are left beside the sources."""
    root = finished[0]
    files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert {file for file in files if not file.startswith("temporary/")} == {
        "checks/test_sample.py",
        "page.md",
        "pyproject.toml",
        "reasons.toml",
        "sample/__init__.py",
        "sample/rules.py",
    }
    assert (root / "sample/rules.py").read_text() == CODE


def test_mutation_command_over_its_budget_writes_no_page_and_is_resumed(tmp_path: Path) -> None:
    """The second run judges what the first one left."""
    root = _sample(tmp_path, code=SMALL, tests=SMALL_TESTS)
    stopped = _run(root, "--write", "--budget=0")
    assert stopped.returncode == 3
    assert "1 of 5 mutants were judged" in stopped.stderr
    assert not (root / "page.md").exists()
    resumed = _run(root, "--write", "--resume")
    assert "\n2 of 5 mutants:" in resumed.stderr
    assert "\n1 of 5 mutants:" not in resumed.stderr
    assert "| all | 5 | 5 | 0 | 0 | 100.0 % |" in (root / "page.md").read_text()


def test_mutation_command_with_tests_that_fail_anyway_lets_them_kill_nothing(tmp_path: Path) -> None:
    """One fails always and one only when the original is judged like a mutant; they would kill everything."""
    root = _sample(tmp_path, code=SMALL, tests=RED_TESTS)
    done = _run(root)
    assert "judge nothing: checks/test_sample.py::test_once, checks/test_sample.py::test_wrong\n" in done.stderr
    assert "all                                             5 mutants    5 survived" in done.stdout
    refused = _run(root, "--write", "--resume")
    assert (refused.returncode, (root / "page.md").exists()) == (2, False)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--only", "sample.rules", "--write"), "--write needs all targets"),
        (("--only", "sample.rule"), "--only sample.rule names no target; targets are sample"),
    ],
)
def test_mutation_command_refuses_what_it_cannot_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    """It says what to change, before anything runs."""
    plan = msgspec.structs.replace(REPOSITORY, root=_sample(tmp_path), packages=("sample",), targets=("sample",))
    assert main(arguments, plan) == 2
    assert sentence in capsys.readouterr().err
