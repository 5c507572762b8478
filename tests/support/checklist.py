"""The SQL of the launch checklist, block by block."""

import re
from pathlib import Path

__all__ = ["BLOCKS", "read_blocks", "statements"]

_PAGE = Path(__file__).parents[2] / "docs/how-to/launch-checklist.md"
_BLOCK = re.compile(r"^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"-- (.+)\n((?:.*\n)+)")


def read_blocks(page: str) -> dict[str, str]:
    """Return the blocks of SQL of a page by the comment each begins with.

    Raises:
        ValueError: a block has no name, or one that another has.
    """
    found: dict[str, str] = {}
    for block in _BLOCK.findall(page):
        named = _NAMED.fullmatch(block)
        if named is None or named[1] in found:
            message = f"a block of SQL begins with a comment that names it and no other: {block!r}"
            raise ValueError(message)
        found[named[1]] = named[2]
    return found


def statements(sql: str) -> str:
    """Return SQL on one line, to compare it whatever its line breaks are."""
    return " ".join(sql.split())


BLOCKS = read_blocks(_PAGE.read_text(encoding="utf-8"))
"""The blocks of the page."""
