"""Every known trap of the venue is answered by a test that exists, and hardly any by a reason alone."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.docs.gotchas import Gotcha, hyperliquid_gotchas, read_gotchas, strange_tests
from tests.policy.tree import ROOT

GOTCHAS = read_gotchas()
KNOWN = 58
REASONS_MAX = 6


def untested(gotchas: Sequence[Gotcha]) -> list[int]:
    """Return the numbers of those that no test proves."""
    return [gotcha.number for gotcha in gotchas if not gotcha.tests]


def test_gotchas_are_all_there_in_their_order() -> None:
    """Fifty-eight of them, numbered without a gap."""
    assert [gotcha.number for gotcha in GOTCHAS] == list(range(1, KNOWN + 1))


def test_gotchas_without_a_test_are_few_and_say_why() -> None:
    """Six at most; a reason never stands beside tests."""
    assert len(untested(GOTCHAS)) <= REASONS_MAX
    assert [one.number for one in GOTCHAS if one.tests and one.reason] == []
    assert [one.number for one in GOTCHAS if not (one.tests or one.reason)] == []


def test_gotchas_name_tests_that_the_suite_has() -> None:
    """Whoever renames or deletes one has to say what proves it instead."""
    named = [test for gotcha in GOTCHAS for test in gotcha.tests]
    assert strange_tests(ROOT, sorted(set(named))) == []
    assert [one.number for one in GOTCHAS if len(set(one.tests)) != len(one.tests)] == []


def test_page_of_gotchas_has_every_number_once_with_its_tests() -> None:
    """One row each, readable in a table."""
    rows = [line for line in hyperliquid_gotchas().splitlines() if line.startswith("| ")]
    numbered = {row.split(" | ")[0].removeprefix("| "): row for row in rows if not row.startswith("| #")}
    assert list(numbered) == [str(number) for number in range(1, KNOWN + 1)]
    assert {row.count(" | ") for row in rows} == {3}
    for gotcha in GOTCHAS:
        assert all(f"`{test}`" in numbered[str(gotcha.number)] for test in gotcha.tests)


@pytest.mark.parametrize(
    ("test", "is_there"),
    [
        ("tests/unit/test_sample.py::test_good", True),
        ("tests/unit/test_sample.py::test_awaited", True),
        ("tests/unit/test_sample.py::test_marked", True),
        ("tests/unit/test_sample.py::test_skipped", False),
        ("tests/unit/test_sample.py::test_inner", False),
        ("tests/unit/test_sample.py::test_gone", False),
        ("tests/unit/test_sample.py::helper", False),
        ("tests/unit/test_sample.py", False),
        ("tests/unit/test_other.py::test_good", False),
        ("tests/unit/sample.py::test_good", False),
        ("elsewhere/test_sample.py::test_good", False),
    ],
)
def test_test_counts_only_where_the_suite_would_run_it(tmp_path: Path, test: str, *, is_there: bool) -> None:
    """By its file and its name at the top of it, and not skipped."""
    text = (
        "def test_good(): ...\nasync def test_awaited(): ...\n@mark.parametrize('a', [])\ndef test_marked(a): ...\n"
        "@mark.skip\ndef test_skipped(): ...\ndef helper():\n    def test_inner(): ...\n"
    )
    for name in ("tests/unit/test_sample.py", "tests/unit/sample.py", "elsewhere/test_sample.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert strange_tests(tmp_path, [test]) == ([] if is_there else [test])
