"""Rules about what is committed: nothing of one machine, nothing of an index, and a tidy top level."""

import re
from pathlib import Path

from tests.policy.tree import project_files

TOP_LEVEL = {
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "agentic_core",
    "agentic_fly",
    "agentic_hl",
    "docs",
    "examples",
    "hosts",
    "pyproject.toml",
    "tests",
}
"""What may stand at the top beside dotfiles."""

_PLACES = {
    "a path of one machine": re.compile(r"(?<![\w.:/-])/(home|Users|root|tmp|work|opt|mnt|private)/[A-Za-z]"),
    "a package index": re.compile(r"pypi\.org|pythonhosted\.org|index[-]url|find[-]links"),
    "a download address": re.compile(r"https?://\S*(/(simple|packages)/|\.(whl|tar\.gz|zip)\b)"),
}
_OUTSIDE = re.compile(r"\.\./shared")


def places_outside(root: Path) -> list[str]:
    """Name the lines that mention a path of one machine, a package index or a download address."""
    return [
        f"{name}:{number} {what}: {line.strip()[:80]!r}"
        for name, text in _texts(root)
        for number, line in enumerate(text.splitlines(), start=1)
        for what, pattern in _PLACES.items()
        if pattern.search(line)
    ]


def reaches_outside(root: Path) -> list[str]:
    """Name the files that look for input beside the repository; one test of real input may."""
    names = [name for name, text in _texts(root) if _OUTSIDE.search(text)]
    allowed = [name for name in names if name.startswith("tests/")][:1]
    strays = [name for name in names if name not in allowed]
    return [f"{name}: looks outside the repository; only one test of real input may" for name in strays]


def strangers_at_the_top(root: Path) -> list[str]:
    """Name what stands at the top level of the repository and has no place there."""
    tops = {path.relative_to(root).parts[0] for path in project_files(root)}
    return [f"{top}: not expected at the top level" for top in sorted(tops - TOP_LEVEL) if not top.startswith(".")]


def _texts(root: Path) -> list[tuple[str, str]]:
    texts = []
    for path in project_files(root):
        content = path.read_bytes()
        if b"\0" not in content:
            texts.append((path.relative_to(root).as_posix(), content.decode(errors="replace")))
    return texts
