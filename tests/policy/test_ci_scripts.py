"""The scripts behind `.ci/run` refuse what they should, and the test run itself is fenced in."""

import decimal
import socket
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.policy.samples import MODULE, planted
from tests.policy.tree import PACKAGES, ROOT

BLOCK = "```sh\nagentic demo\n```\n"


def _script(folder: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / ".ci" / name), *arguments]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """Build a wheel by hand that holds one tracked module of each package, and its typing marker."""
    names = [f"{package}/{file}" for package in PACKAGES for file in ("__init__.py", "py.typed")]
    planted(tmp_path, dict.fromkeys(names, MODULE))
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", *PACKAGES], cwd=tmp_path, check=True)
    with ZipFile(tmp_path / "a.whl", "w") as archive:
        for name in names:
            archive.write(tmp_path / name, name)
    return tmp_path / "a.whl"


def test_readme_of_the_repository_holds_two_commands() -> None:
    """The README gives one command for the main job and one for the tests."""
    assert [_script(ROOT, "readme_command.py", number).returncode for number in ("1", "2")] == [0, 0]


def test_readme_with_two_blocks_gives_the_one_asked_for(tmp_path: Path) -> None:
    """The command is printed as it stands."""
    planted(tmp_path, {"README.md": f"# A\n\n## Two commands\n\n{BLOCK}\nand\n\n```sh\npytest\n```\n\n## B\n{BLOCK}"})
    assert _script(tmp_path, "readme_command.py", "2").stdout == "pytest\n"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_readme_without_exactly_two_blocks_is_refused(tmp_path: Path, count: int) -> None:
    """A README that offers a choice, or nothing, cannot be followed blindly."""
    planted(tmp_path, {"README.md": f"## Two commands\n\n{BLOCK * count}"})
    judged = _script(tmp_path, "readme_command.py", "1")
    assert (judged.returncode, f"{count} fenced sh blocks" in judged.stderr) == (1, True)


def test_wheel_with_the_tracked_files_passes(wheel: Path) -> None:
    """Nothing is missing and nothing is added."""
    assert _script(wheel.parent, "wheel_contents.py", str(wheel)).returncode == 0


def test_wheel_without_a_tracked_file_is_refused(wheel: Path) -> None:
    """A statement file that the build forgets is named."""
    planted(wheel.parent, {"agentic_core/a.sql": "select 1;\n"})
    subprocess.run(["git", "add", "agentic_core"], cwd=wheel.parent, check=True)
    judged = _script(wheel.parent, "wheel_contents.py", str(wheel))
    assert (judged.returncode, judged.stdout) == (1, "the wheel lacks agentic_core/a.sql\n")


def test_wheel_with_a_stray_file_is_refused(wheel: Path) -> None:
    """What nobody committed is not shipped."""
    with ZipFile(wheel, "a") as archive:
        archive.writestr("tests/a.py", MODULE)
    judged = _script(wheel.parent, "wheel_contents.py", str(wheel))
    assert (judged.returncode, judged.stdout) == (1, "the wheel holds tests/a.py, which is not tracked\n")


def test_ci_with_an_unknown_part_exits_as_bad_input() -> None:
    """A misspelt part does not pass by doing nothing."""
    command = ["env", "CI_ONLY=chekc", str(ROOT / ".ci" / "run")]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 2


def test_connection_to_another_machine_fails_the_test() -> None:
    """No test can depend on a network."""
    with socket.socket() as outward, pytest.raises(AssertionError, match=r"192\.0\.2\.1"):
        outward.connect(("192.0.2.1", 443))


def test_float_that_becomes_a_decimal_fails_the_test() -> None:
    """A float cannot turn into money unseen, not even in a test."""
    with pytest.raises(decimal.FloatOperation):
        Decimal(1 / 10)
