"""Rules beside the import contracts: the contracts name every package they are about, and imports stay light."""

import subprocess
import sys
import tomllib
from pathlib import Path

HEAVY = ("eth_account", "litestar", "numpy", "polars", "psycopg", "websockets")
"""What nobody may pay for who only imports the core."""

LIGHT = ("agentic_core", "agentic_core.domain", "agentic_core.ports", "hosts.cli")
"""What has to stay light: the core's front doors and the console script."""

_POLICY = ("domain", "ports", "risk", "execution", "skills", "metering", "journal")


def packages_missing_from_purity(root: Path) -> list[str]:
    """Name the policy packages and `wire` packages that exist but that the purity contract leaves out."""
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    named = {module for contract in contracts if contract["id"] == "purity" for module in contract["source_modules"]}
    due = {f"agentic_core.{name}" for name in _POLICY if (root / "agentic_core" / name / "__init__.py").exists()}
    due |= {f"{name}.wire" for name in ("agentic_hl", "agentic_fly") if list(root.glob(f"{name}/wire*"))}
    return [f"pyproject.toml: the purity contract does not name {module}" for module in sorted(due - named)]


def heavy_imports(root: Path) -> list[str]:
    """Name the heavy packages that importing a light module loads, each module tried in a process of its own."""
    found = []
    for module in LIGHT:
        path = root / module.replace(".", "/")
        if not path.with_suffix(".py").exists() and not (path / "__init__.py").exists():
            continue
        program = f"import sys, {module}; print(*sorted(set(sys.modules) & set({HEAVY!r})))"
        loaded = subprocess.run([sys.executable, "-c", program], cwd=root, check=False, capture_output=True, text=True)
        found += [f"import {module} loads {name}" for name in loaded.stdout.split()]
        if loaded.returncode != 0:
            found.append(f"import {module} fails: {loaded.stderr.splitlines()[-1]}")
    return found
