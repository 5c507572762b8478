"""Rules about the lock files: they follow `pyproject.toml`, and hold hashes and nothing else."""

import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = {".ci/locks/demo.txt": ("embedded", "backtest"), ".ci/locks/dev.txt": ("dev",)}
"""Each lock file with the extras it holds."""

_PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[\w.+!-]+)")


def stale_locks(root: Path) -> list[str]:
    """Name the declared requirements that a lock misses or does not satisfy; `.ci/relock` mends it."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    found = []
    for name, extras in LOCKS.items():
        pinned: dict[str, list[str]] = {}
        for pin in filter(None, map(_PIN.match, _lines(root / name))):
            pinned.setdefault(canonicalize_name(pin["name"]), []).append(pin["version"])
        found += [
            f"{name}: {requirement} is not met by {', '.join(versions) or 'anything'}; run .ci/relock"
            for requirement in _requirements(project, extras)
            if not (versions := pinned.get(canonicalize_name(requirement.name), []))
            or not any(requirement.specifier.contains(version, prereleases=True) for version in versions)
        ]
    return found


def pins_without_hash(root: Path) -> list[str]:
    """Name the lines of the locks that are neither a pin followed by its hashes nor one of those hashes."""
    found = []
    for name in LOCKS:
        lines = _lines(root / name)
        found += [
            f"{name}:{number} {line!r}: expected a pin with hashes"
            for number, (line, after) in enumerate(pairwise([*lines, ""]), start=1)
            if not re.fullmatch(r" {4}--hash=sha256:[0-9a-f]{64}( \\)?", line)
            and not (_PIN.match(line) and line.endswith(" \\") and after.startswith("    --hash=sha256:"))
        ]
    return found


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def _requirements(project: dict[str, object], extras: tuple[str, ...]) -> Iterator[Requirement]:
    declared, optional = project["dependencies"], project["optional-dependencies"]
    assert isinstance(declared, list)
    assert isinstance(optional, dict)
    for text in [*declared, *(line for extra in extras for line in optional[extra])]:
        requirement = Requirement(text)
        if requirement.name == project["name"]:
            nested = _requirements({**project, "dependencies": []}, tuple(requirement.extras))
            yield from nested
        else:
            yield requirement
