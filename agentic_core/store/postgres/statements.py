"""The SQL statements of `sql/*.sql`, by name."""

import re
from functools import cache
from importlib.resources import files

__all__ = ["statement"]

_NAME = re.compile(r"^-- name: *(\w+)\n", re.MULTILINE)


def statement(name: str) -> bytes:
    """Return the statement of that name; bytes, because psycopg takes no text that was not written in the code."""
    return _statements()[name]


@cache
def _statements() -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for entry in files("agentic_core.store.postgres").joinpath("sql").iterdir():
        _, *parts = _NAME.split(entry.read_text(encoding="utf-8"))
        found |= {name: body.strip().encode() for name, body in zip(parts[::2], parts[1::2], strict=True)}
    return found
