"""Walk the sources of a project tree; shared by every rule in this folder.

Rules are functions from the root of a tree to a list of violations, one line of text each, so that the same function
judges the repository and the small wrong trees which prove that the rule bites.
"""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("agentic_core", "agentic_hl", "agentic_fly", "hosts")
"""The import packages that are shipped."""

ROOT = Path(__file__).resolve().parents[2]
"""The repository."""

_NOT_SOURCES = {"__pycache__", "build", "dist", "node_modules"}


def project_files(root: Path) -> list[Path]:
    """List what is committed or about to be, without what git ignores; every file where there is no git."""
    if (root / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split("\0")
        paths = {root / name for name in listed if name}
    else:
        paths = set(root.rglob("*"))
    return sorted(path for path in paths if path.is_file() and not _NOT_SOURCES & set(path.relative_to(root).parts))


def python_files(root: Path, *folders: str) -> list[Path]:
    """List the Python files under the given folders, those of all packages by default."""
    found = [path for folder in folders or PACKAGES for path in (root / folder).rglob("*.py")]
    return sorted(path for path in found if not _NOT_SOURCES & set(path.relative_to(root).parts))


def parsed(root: Path, *folders: str) -> Iterator[tuple[str, ast.Module]]:
    """Yield each Python file's path relative to the root, with its syntax tree."""
    for path in python_files(root, *folders):
        yield path.relative_to(root).as_posix(), ast.parse(path.read_text())


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method, at any depth."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def classes(tree: ast.AST) -> Iterator[ast.ClassDef]:
    """Yield every class, at any depth."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node


def dotted(node: ast.AST) -> str:
    """Spell a chain of names such as `msgspec.Struct`; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    if isinstance(node, ast.Subscript):
        return dotted(node.value)
    return ""


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call with the last part of what it calls, such as `send` for `broker.send(...)`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute):
            yield node.func.attr, node
        elif isinstance(node.func, ast.Name):
            yield node.func.id, node
