"""Small project trees that break one rule each."""

from collections.abc import Mapping
from pathlib import Path

__all__ = ["GLOSSARY", "MODULE", "planted"]

MODULE = '"""A module."""\n'
"""The shortest module that breaks no rule."""

GLOSSARY = (
    "| `Side` | buying or selling |\n\n## Words not used\n\n| word | say |\n|---|---|\n| `manager` | what it does |\n"
)
"""A glossary with one term that is a class and one word that is not used."""


def planted(root: Path, files: Mapping[str, str]) -> Path:
    """Write the files under the root, with their folders, and return the root."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root
