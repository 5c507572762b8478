"""What is mutated, what judges it, and where the results stand."""

from pathlib import Path

import msgspec

__all__ = ["REPOSITORY", "Plan", "module_of"]

_ROOT = Path(__file__).resolve().parents[2]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One project and the bar it is held to; paths are relative to the root."""

    root: Path
    packages: tuple[str, ...]
    """Import packages of the project; imported only in children, so that each child imports its mutant."""
    targets: tuple[str, ...]
    """Files, and folders with everything in them."""
    judges: tuple[str, ...]
    """Where tests are collected."""
    left_out: str
    """A pytest `-k` expression for the tests that judge."""
    page: str
    reasons: str
    command: str
    """How a reader runs this plan."""
    score_min: int
    """Percent."""
    patience: float
    """Seconds of processor time that every test gets on top of eight times what it usually takes."""

    def target_files(self) -> list[str]:
        """List the files to mutate, as paths from the root."""
        files: set[Path] = set()
        for target in self.targets:
            place = self.root / target
            files.update(place.rglob("*.py") if place.is_dir() else [place])
        return sorted(path.relative_to(self.root).as_posix() for path in files)

    def package_files(self) -> list[str]:
        """List every Python file of the project's packages, as paths from the root."""
        files = [path for package in self.packages for path in (self.root / package).rglob("*.py")]
        return sorted(path.relative_to(self.root).as_posix() for path in files)


REPOSITORY = Plan(
    root=_ROOT,
    packages=("agentic_core", "agentic_hl", "agentic_fly", "hosts"),
    targets=("agentic_core/risk", "agentic_core/execution", "agentic_core/brokers/guarded.py"),
    judges=("tests/unit", "tests/property", "tests/contract"),
    left_out="not postgres",
    page="docs/reference/mutation.md",
    reasons="tests/mutation/reasons.toml",
    command="python -m tests.mutation",
    score_min=95,
    patience=3.0,
)
"""The plan of this repository."""


def module_of(file: str) -> str:
    """Return the dotted name of the module in a file, given as a path from the root."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
