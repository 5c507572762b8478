"""What a run learned about a file of tests is used again exactly as long as nothing has changed."""

from pathlib import Path

import msgspec

from tests.mutation.parts import Parts, Survey, split, together
from tests.mutation.plan import REPOSITORY, Plan
from tests.policy.samples import planted

A, B = "checks/test_a.py", "checks/test_b.py"
FILES = {"pyproject.toml": "", "sample/rules.py": "x = 1\n", "checks/shared.py": "", A: "a = 1\n", B: "b = 1\n"}
SURVEY = Survey(
    files=[A, B],
    seconds={f"{A}::test_one": 0.5, f"{B}::test_two": 0.25},
    red=[],
    lines={"sample/rules.py": {1: [f"{A}::test_one", f"{B}::test_two"], 2: [f"{B}::test_two"]}},
    imported={"sample/rules.py": [1]},
    modules=["re"],
)


def _plan(root: Path) -> Plan:
    planted(root, FILES)
    return msgspec.structs.replace(
        REPOSITORY, root=root, packages=("sample",), targets=("sample",), judges=("checks",), reasons="reasons.toml"
    )


def _known(plan: Plan, folder: Path) -> list[str]:
    parts = Parts(plan, folder, [A, B])
    return [file for file in (A, B) if parts.known(file) is not None]


def test_survey_split_by_file_and_joined_is_the_same() -> None:
    """No test and no line is lost on the way."""
    parts = split(SURVEY)
    assert parts[A].lines == {"sample/rules.py": {1: [f"{A}::test_one"]}}
    assert together([parts[A], parts[B]]) == SURVEY


def test_parts_are_known_as_long_as_nothing_changes(tmp_path: Path) -> None:
    """Another run over the same files starts with what the first one has learned."""
    plan = _plan(tmp_path)
    Parts(plan, tmp_path / "parts", [A, B]).keep(SURVEY, [A, B])
    (tmp_path / "reasons.toml").write_text("# A reason is no source.\n")
    assert _known(plan, tmp_path / "parts") == [A, B]


def test_changed_test_is_forgotten_alone(tmp_path: Path) -> None:
    """The other files of tests do not depend on it."""
    plan = _plan(tmp_path)
    Parts(plan, tmp_path / "parts", [A, B]).keep(SURVEY, [A, B])
    (tmp_path / A).write_text("a = 2\n")
    assert _known(plan, tmp_path / "parts") == [B]


def test_changed_source_makes_every_test_new(tmp_path: Path) -> None:
    """That holds for the code under test and for what tests share."""
    plan = _plan(tmp_path)
    for file in ("sample/rules.py", "checks/shared.py", "pyproject.toml"):
        Parts(plan, tmp_path / "parts", [A, B]).keep(SURVEY, [A, B])
        (tmp_path / file).write_text("y = 2\n")
        assert _known(plan, tmp_path / "parts") == []


def test_doctests_of_a_module_do_not_stand_outside_the_sources(tmp_path: Path) -> None:
    """A module that is collected for its doctests is still a source of every other test."""
    plan, tests = _plan(tmp_path), [A, B, "sample/rules.py"]
    Parts(plan, tmp_path / "parts", tests).keep(SURVEY, [A, B])
    (tmp_path / "sample/rules.py").write_text("x = 2\n")
    assert Parts(plan, tmp_path / "parts", tests).known(A) is None


def test_file_with_a_red_test_is_not_kept(tmp_path: Path) -> None:
    """It may have been red by chance, so the next run looks again."""
    plan = _plan(tmp_path)
    red = msgspec.structs.replace(SURVEY, red=[f"{A}::test_three"])
    Parts(plan, tmp_path / "parts", [A, B]).keep(red, [A, B])
    assert _known(plan, tmp_path / "parts") == [B]
