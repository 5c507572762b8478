"""Every import contract has been seen to break: a skeleton of the project with one wrong import each."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.policy.samples import MODULE, planted
from tests.policy.tree import ROOT

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

OUTER = (
    "agentic_core/chat/wire",
    "agentic_core/system",
    "agentic_fly",
    "agentic_hl/account",
    "agentic_hl/broker",
    "agentic_hl/live",
    "agentic_hl/market",
    "agentic_hl/rest",
    "agentic_hl/stream",
    "agentic_hl/venue",
    "agentic_hl/wallet",
    "agentic_hl/wire",
    "hosts",
)
CORE = tuple(
    f"agentic_core/{package.strip('() ')}"
    for contract in CONTRACTS
    if contract["id"] == "core-layers"
    for layer in contract["layers"]
    for package in layer.split("|")
)
"""Every package that has a place in core, whether its code is there yet or not."""

VIOLATIONS = (
    ("outer-layers", "agentic_core/runtime/x.py", "import agentic_hl.wire"),
    ("outer-layers", "agentic_hl/x.py", "import agentic_fly"),
    ("outer-layers", "agentic_fly/x.py", "import hosts"),
    ("core-layers", "agentic_core/domain/x.py", "import agentic_core.ports"),
    ("core-layers", "agentic_core/risk/x.py", "import agentic_core.execution"),
    ("core-layers", "agentic_core/utils/__init__.py", "import agentic_core.domain"),
    ("purity", "agentic_core/risk/x.py", "import logging"),
    ("purity", "agentic_core/domain/x.py", "import os.path"),
    ("purity", "agentic_core/metering/x.py", "import time"),
    ("purity", "agentic_hl/wire/x.py", "import anyio"),
    ("adapters-see-little", "agentic_hl/x.py", "import agentic_core.store"),
    ("adapters-see-little", "agentic_fly/x.py", "import agentic_core.risk"),
    ("venue-apart", "agentic_hl/venue/x.py", "import agentic_core.domain"),
    ("system-protected", "agentic_core/runtime/x.py", "import agentic_core.system"),
    ("processes-only-in-system", "agentic_core/store/x.py", "import subprocess"),
    ("database-only-in-store", "agentic_core/runtime/x.py", "import psycopg"),
    ("frames-only-in-backtest", "agentic_core/skills/x.py", "import numpy"),
    ("litestar-only-in-web", "hosts/x.py", "import litestar"),
    ("websockets-only-in-stream", "agentic_hl/rest.py", "import websockets"),
    ("http-only-in-shells", "agentic_hl/broker.py", "import httpx"),
    ("foreign-tools-only-in-their-room", "agentic_core/chat/x.py", "import mcp"),
    ("signing-only-in-wire", "agentic_hl/broker.py", "import eth_account"),
    ("sealing-only-in-its-rooms", "agentic_core/runtime/x.py", "import cryptography"),
    ("no-cycles", "agentic_core/runtime/x.py", "import agentic_core.runtime.y"),
)


def _skeleton(root: Path) -> Path:
    packages = {f"{folder}/__init__.py": MODULE for folder in ("agentic_core", "agentic_hl", *CORE, *OUTER)}
    half_cycle = {"agentic_core/runtime/y.py": f"{MODULE}import agentic_core.runtime.x\n"}
    return planted(root, {**packages, **half_cycle, "pyproject.toml": (ROOT / "pyproject.toml").read_text()})


def _lint(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", *options]
    return subprocess.run(command, cwd=root, check=False, capture_output=True, text=True)


def test_skeleton_without_violation_keeps_every_contract(tmp_path: Path) -> None:
    """The tree that the violations are planted in is itself in order."""
    assert "0 broken" in _lint(_skeleton(tmp_path)).stdout


@pytest.mark.parametrize(("contract", "place", "line"), VIOLATIONS)
def test_contract_over_a_wrong_import_is_broken(tmp_path: Path, contract: str, place: str, line: str) -> None:
    """The contract that names the rule is the one that breaks."""
    root = _skeleton(tmp_path)
    package = {f"{Path(place).parent}/__init__.py": MODULE, place: f"{MODULE}{line}\n"}
    judged = _lint(planted(root, package), "--contract", contract)
    assert (judged.returncode, "1 broken" in judged.stdout) == (1, True)


def test_every_contract_has_a_violation() -> None:
    """No contract is trusted that was never seen to break."""
    assert {name for name, _, _ in VIOLATIONS} == {contract["id"] for contract in CONTRACTS}
