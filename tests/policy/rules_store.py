"""Rules about the database files: statements have names and users, migrations never change once written."""

import ast
import hashlib
import re
from pathlib import Path

from tests.policy.tree import parsed

SQL = Path("agentic_core/store/postgres/sql")
MIGRATIONS = Path("agentic_core/store/postgres/migrations")
CHECKSUMS = MIGRATIONS / "checksums.txt"

_NAME = re.compile(r"^-- name: *(\w+)", re.MULTILINE)


def loose_statements(root: Path) -> list[str]:
    """Name the SQL that stands outside a `-- name: x` block, is named twice, or that no Python code asks for."""
    used, seen, found = _words_in_code(root), set[str](), []
    for path in sorted((root / SQL).glob("*.sql")):
        name, text = path.relative_to(root).as_posix(), path.read_text()
        head = _NAME.split(text)[0]
        if re.sub(r"--.*", "", head).strip():
            found.append(f"{name}: a statement stands before the first `-- name: x`")
        for statement in _NAME.findall(text):
            if statement in seen:
                found.append(f"{name}: {statement} is named twice")
            if statement not in used:
                found.append(f"{name}: {statement} is used by no code")
            seen.add(statement)
    return found


def changed_migrations(root: Path) -> list[str]:
    """Name the migrations that differ from `checksums.txt`, are missing from it, or are gone.

    A line of that file is the SHA-256 of a migration, two spaces and its file name, as `sha256sum *.sql` prints it.
    """
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (root / MIGRATIONS).glob("*.sql")}
    if not files and not (root / CHECKSUMS).exists():
        return []
    text = (root / CHECKSUMS).read_text() if (root / CHECKSUMS).exists() else ""
    recorded = {name: digest for digest, name in (line.split() for line in text.splitlines())}
    return [
        f"{MIGRATIONS}/{name}: {_difference(recorded.get(name), files.get(name))}"
        for name in sorted(recorded.keys() | files.keys())
        if recorded.get(name) != files.get(name)
    ]


def _difference(recorded: str | None, found: str | None) -> str:
    if recorded is None:
        return f"not in {CHECKSUMS.name}; add its line"
    if found is None:
        return "recorded, but the file is gone; migrations are forward only"
    return "changed after it was recorded; write a new migration instead"


def _words_in_code(root: Path) -> set[str]:
    words: set[str] = set()
    for _, tree in parsed(root, "agentic_core/store"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.add(node.value)
            elif isinstance(node, ast.Attribute):
                words.add(node.attr)
    return words
