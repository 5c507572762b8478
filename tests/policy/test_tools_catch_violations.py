"""Every tool of the check step has been seen to fail over code that breaks what it guards, under our configuration."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.policy.samples import MODULE, planted
from tests.policy.tree import ROOT

CORE = "agentic_core/runtime/x.py"

RUFF = (
    ("C901", "def f(a: int) -> int:\n    '''Do.'''\n" + "    if a:\n        a += 1\n" * 8 + "    return a\n"),
    ("D103", "def f() -> None:\n    print\n"),
    ("DTZ001", "import datetime\n\nx = datetime.datetime(2026, 1, 1)\n"),
    ("E501", f"x = '{'a' * 120}'\n"),
    ("PLR0913", "def f(a: int, b: int, c: int, d: int, e: int, g: int, h: int) -> None:\n    '''Do.'''\n"),
    ("PLR0915", "def f() -> None:\n    '''Do.'''\n" + "    print\n" * 41),
    ("RUF022", "a = b = 1\n__all__ = ['b', 'a']\n"),
    ("T201", "print('x')\n"),
    ("TID251", "import datetime\n\nx = datetime.datetime.now(datetime.UTC)\n"),
    ("TID251", "import datetime\n\nx = datetime.datetime.utcnow()\n"),
    ("TID251", "import datetime\n\nx = datetime.date.today()\n"),
    ("TID251", "import time\n\ntime.sleep(1)\n"),
    ("TID251", "from time import perf_counter\n"),
    ("TID251", "import random\n"),
    ("TID251", "from uuid import uuid4\n"),
    ("TID251", "import secrets\n"),
    ("TID251", "import os\n\nx = os.environ\n"),
    ("TID251", "from os import getenv\n"),
    ("TID251", "import asyncio\n"),
    ("TID251", "from unittest.mock import Mock\n"),
    ("TID251", "from __future__ import annotations\n"),
    ("TID252", "from . import y\n"),
)

MYPY = (
    ("arg-type", "from decimal import Decimal\n\n\ndef f(a: Decimal) -> None: ...\n\n\nf(0.1)\n"),
    ("exhaustive-match", "def f(a: bool) -> int:\n    match a:\n        case True:\n            pass\n    return 1\n"),
    ("ignore-without-code", "x: int = 'a'  # type: ignore\n"),
    ("type-arg", "x: list = []\n"),
    ("mutable-override", "class A:\n    x: int | None = 1\n\n\nclass B(A):\n    x: int = 1\n"),
    ("no-untyped-def", "def f(a): ...\n"),
    ("possibly-undefined", "def f(a: int) -> int:\n    if a:\n        b = 1\n    return b\n"),
    ("redundant-expr", "def f(a: str) -> bool:\n    return isinstance(a, str) and a == 'x'\n"),
    ("truthy-bool", "class A: ...\n\n\ndef f(a: A) -> int:\n    return 1 if a else 2\n"),
    (
        "truthy-iterable",
        "from collections.abc import Iterable\n\n\ndef f(a: Iterable[int]) -> int:\n    return 1 if a else 2\n",
    ),
    ("unreachable", "def f(a: str) -> int:\n    if not isinstance(a, str):\n        return 2\n    return 1\n"),
    (
        "unused-awaitable",
        "from collections.abc import Awaitable\n\n\ndef f(a: list[Awaitable[int]]) -> None:\n    a[0]\n",
    ),
)

DEPTRY = (
    ("DEP001", {CORE: "import boto3\n"}),
    ("DEP002", {CORE: MODULE}),
    ("DEP003", {CORE: "import certifi\n"}),
)


def _project(root: Path, files: dict[str, str]) -> Path:
    return planted(root, {"pyproject.toml": (ROOT / "pyproject.toml").read_text(), **files})


def _tool(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=root, check=False, capture_output=True, text=True)


@pytest.mark.parametrize(("rule", "code"), RUFF)
def test_ruff_over_banned_code_names_its_rule(tmp_path: Path, rule: str, code: str) -> None:
    """The rule is selected, not ignored, and set to our limits."""
    root = _project(tmp_path, {CORE: f"{MODULE}\n{code}"})
    judged = _tool(root, "-m", "ruff", "check", "--no-cache", "--output-format=concise", ".")
    assert (judged.returncode, f": {rule} " in judged.stdout) == (1, True)


def test_ruff_in_system_allows_the_real_clock(tmp_path: Path) -> None:
    """The one module that may touch the clock is not stopped from doing so."""
    root = _project(tmp_path, {"agentic_core/system.py": f"{MODULE}\nimport time\n\nnow = time.time\n"})
    judged = _tool(root, "-m", "ruff", "check", "--no-cache", "--select=TID251", ".")
    assert judged.returncode == 0


def test_formatter_over_loose_layout_fails(tmp_path: Path) -> None:
    """Code that is not laid out by the formatter does not pass."""
    root = _project(tmp_path, {CORE: "x = { 'a':1 }\n"})
    assert _tool(root, "-m", "ruff", "format", "--no-cache", "--check", ".").returncode == 1


def test_mypy_over_wrong_types_names_every_code(tmp_path: Path) -> None:
    """Each strict check is on; one run judges all samples, because starting mypy is what takes long."""
    files = {f"agentic_core/x{number}.py": code for number, (_, code) in enumerate(MYPY)}
    judged = _tool(_project(tmp_path, files), "-m", "mypy", "--no-incremental", "agentic_core")
    errors = [line for line in judged.stdout.splitlines() if ": error: " in line]
    found = {(line.split(":")[0], line.rsplit("[", 1)[1]) for line in errors}
    assert found == {(f"agentic_core/x{number}.py", f"{rule}]") for number, (rule, _) in enumerate(MYPY)}


@pytest.mark.parametrize(("rule", "files"), DEPTRY)
def test_deptry_over_undeclared_or_unused_dependency_names_its_rule(
    tmp_path: Path, rule: str, files: dict[str, str]
) -> None:
    """What is imported must be declared, and what is declared must be imported."""
    judged = _tool(_project(tmp_path, files), "-m", "deptry", "--no-ansi", ".")
    assert (judged.returncode, rule in judged.stderr) == (1, True)


def test_dead_code_check_over_unreachable_code_names_it(tmp_path: Path) -> None:
    """Dead code is found, and the arguments of a protocol are not taken for it."""
    code = "class A(Protocol):\n    def f(self, b: int) -> int: ...\n\n\ndef g() -> int:\n    return 1\n    h = 2\n"
    judged = _tool(_project(tmp_path, {CORE: code}), str(ROOT / ".ci" / "dead_code.py"))
    assert (judged.returncode, judged.stdout.count("\n"), "unreachable code" in judged.stdout) == (1, 1, True)
