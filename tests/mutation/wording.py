"""Say in one line what a mutant changes."""

import ast

from tests.mutation.places import Place, standing

__all__ = ["change_of"]

_SHORT = 36
"""A change shorter than this is told together with the expression around it."""
_SIDE_MAX = 90
"""Longest text of one side."""


def change_of(place: Place, node: ast.AST) -> str:
    """Return `before → after`, with enough around it to find it in its function."""
    shown = _around(place)
    before = _text(shown)
    with standing(place, node):
        after = _text(shown if shown is not place.node else node)
    if after == "pass":
        return f"{_cut(before)} → removed"
    return f"{_cut(before)} → {_cut(after)}" if _cut(before) != _cut(after) else _apart(before, after)


def _around(place: Place) -> ast.AST:
    shown = place.node
    for outer in reversed(place.above):
        if len(_text(shown)) >= _SHORT or not _tells(outer):
            return shown
        if len(_text(outer)) > _SIDE_MAX:
            return shown
        shown = outer
    return shown


def _tells(node: ast.AST) -> bool:
    simple = ast.Return | ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr | ast.Raise | ast.Assert
    return isinstance(node, ast.expr | ast.keyword | ast.comprehension | ast.pattern | simple)


def _text(node: ast.AST) -> str:
    match node:
        case ast.If(test=test) | ast.While(test=test):
            return f"{type(node).__name__.lower()} {ast.unparse(test)}"
        case ast.Match(subject=subject, cases=cases):
            return f"match {ast.unparse(subject)}: {' / '.join(ast.unparse(case.pattern) for case in cases)}"
        case ast.ExceptHandler():
            return ast.unparse(node).replace("\n   ", "").strip()
        case _:
            return " ".join(ast.unparse(node).split())


def _cut(text: str) -> str:
    return text if len(text) <= _SIDE_MAX else f"{text[: _SIDE_MAX - 1]}…"


def _apart(before: str, after: str) -> str:
    """Show two long texts from where they part."""
    start = next(
        (index for index, (one, two) in enumerate(zip(before, after, strict=False)) if one != two),
        min(len(before), len(after)),
    )
    begin = max(0, start - 30)
    lead = "…" if begin else ""
    return f"{lead}{_cut(before[begin:])} → {lead}{_cut(after[begin:])}"
