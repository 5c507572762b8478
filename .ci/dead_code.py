"""Print what vulture finds dead, without the arguments of protocol methods, which only implementations use."""

import ast
import sys
import tomllib
from pathlib import Path

from vulture import Vulture


def protocol_lines(path: Path) -> set[int]:
    """Return the line numbers inside the protocol classes of a file."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in node.bases):
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def main() -> int:
    """Look through the paths that `[tool.vulture]` names; 1 if something is dead."""
    options = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["vulture"]
    vulture = Vulture()
    vulture.scavenge([path for path in options["paths"] if Path(path).exists()])
    dead = [
        item
        for item in vulture.get_unused_code(min_confidence=options["min_confidence"])
        if item.first_lineno not in protocol_lines(item.filename)
    ]
    for item in dead:
        print(item.get_report())
    return 1 if dead else 0


if __name__ == "__main__":
    sys.exit(main())
