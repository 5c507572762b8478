"""The page of what bites whoever trades Hyperliquid: what we do about it, and the tests that prove it."""

import ast
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import msgspec

__all__ = ["Gotcha", "hyperliquid_gotchas", "read_gotchas", "strange_tests"]

_FILE = Path(__file__).with_name("gotchas.toml")


class Gotcha(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that bit others."""

    number: int
    part: str
    bites: str
    ours: str
    """What we do about it."""
    tests: tuple[str, ...] = ()
    """Ids of the tests that prove it."""
    reason: str | None = None
    """Why nothing here can be proven by a test."""


class _Gotchas(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    gotcha: tuple[Gotcha, ...]


def read_gotchas() -> tuple[Gotcha, ...]:
    """Return all of them, in the order of the page."""
    return msgspec.toml.decode(_FILE.read_bytes(), type=_Gotchas).gotcha


def hyperliquid_gotchas() -> str:
    """Return the page."""
    return "\n".join(
        [
            "# What bites at Hyperliquid",
            "",
            "Drawn by `python -m tests.docs` from `tests/docs/gotchas.toml`; the test suite compares it, and looks for",
            "each test that is named here.",
            "",
            "Other programs that trade Hyperliquid lost money, orders or hours to each of these. Beside each stands",
            "what ours does about it, and the tests that prove it; `pytest` takes their ids as they are.",
            "",
            *(
                line
                for part, gotchas in groupby(read_gotchas(), lambda gotcha: gotcha.part)
                for line in _section(part, gotchas)
            ),
        ]
    )


def strange_tests(root: Path, ids: Sequence[str]) -> list[str]:
    """Name the ids that no file of the suite has a test for, or only one that is skipped."""
    return [test for test in ids if not _is_there(root, test)]


def _section(part: str, gotchas: Iterator[Gotcha]) -> Iterator[str]:
    yield from (f"## {part}", "", "| # | what bites | what we do | proven by |", "|---|---|---|---|")
    yield from (_row(gotcha) for gotcha in gotchas)
    yield ""


def _row(gotcha: Gotcha) -> str:
    proofs = [f"`{test}`" for test in gotcha.tests]
    if gotcha.reason is not None:
        proofs.append(f"no test: {gotcha.reason}")
    return f"| {gotcha.number} | {gotcha.bites} | {gotcha.ours} | {'<br>'.join(proofs)} |"


def _is_there(root: Path, test: str) -> bool:
    name, _, function = test.partition("::")
    path = root / name
    if not (name.startswith("tests/") and path.name.startswith("test_") and path.suffix == ".py" and path.exists()):
        return False
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name == function
        and function.startswith("test_")
        and not any("skip" in ast.unparse(mark) or "xfail" in ast.unparse(mark) for mark in node.decorator_list)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
    )
