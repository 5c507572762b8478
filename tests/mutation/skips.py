"""What is not mutated: each kind has a reason, and the command counts what it leaves out."""

import ast
from collections.abc import Callable, Mapping

from tests.mutation.places import FUNCTIONS, Place

__all__ = ["SKIPS", "skipped"]

_TYPE_MAKERS = {"NewType", "TypeVar", "ParamSpec"}
_TYPE_TESTS = {"isinstance", "issubclass", "cast"}


def _documentation(place: Place) -> bool:
    node = place.node
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _annotation(place: Place) -> bool:
    if place.field in {"annotation", "returns", "type_params"}:
        return True
    node = place.node
    if isinstance(node, ast.AnnAssign):
        return _name(node.annotation) == "TypeAlias"
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
        return _name(node.value.func) in _TYPE_MAKERS
    if isinstance(place.parent, ast.Call) and _name(place.parent.func) in _TYPE_TESTS:
        return place.field == "args" and isinstance(node, ast.BinOp | ast.Tuple | ast.Constant)
    return type(node).__name__ == "TypeAlias"


def _import(place: Place) -> bool:
    node = place.node
    if isinstance(node, ast.If):
        return _name(node.test) == "TYPE_CHECKING"
    return isinstance(node, ast.Import | ast.ImportFrom)


def _export_list(place: Place) -> bool:
    node = place.node
    return isinstance(node, ast.Assign) and {_name(target) for target in node.targets} == {"__all__"}


def _header(place: Place) -> bool:
    if isinstance(place.parent, ast.ClassDef):
        return place.field in {"bases", "keywords", "decorator_list"}
    return isinstance(place.parent, FUNCTIONS) and place.field == "decorator_list"


def _assertion(place: Place) -> bool:
    return isinstance(place.parent, ast.Assert)


def _unreachable(place: Place) -> bool:
    node = place.node
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and _name(call.func) == "assert_never"


def _prose(place: Place) -> bool:
    node = place.node
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return any(character.isspace() for text in texts for character in text)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


SKIPS: Mapping[str, tuple[str, Callable[[Place], bool]]] = {
    "documentation": ("Docstrings, also those under an attribute: nothing is executed.", _documentation),
    "annotations": (
        "Annotations, type aliases, `NewType`, and the types named in `isinstance` and `cast`: mypy judges them.",
        _annotation,
    ),
    "imports": ("Imports: a wrong one does not load.", _import),
    "export lists": ("`__all__`: a house rule compares it with what is public.", _export_list),
    "headers": ("Decorators, bases and class options such as `frozen`: house rules ask for them.", _header),
    "inside assertions": (
        "Parts of an `assert`. Its condition is negated, but not weakened: only a wrong program would show that.",
        _assertion,
    ),
    "unreachable calls": ("`assert_never(...)`: mypy proves that no value arrives there.", _unreachable),
    "prose": (
        "Strings and f-strings with white space in them: sentences for people. All other strings are mutated.",
        _prose,
    ),
}
"""Kinds of syntax without mutants, in the order in which they are asked."""


def skipped(place: Place) -> str | None:
    """Return the kind under which a place and everything below it is left out, or None to mutate it."""
    return next((kind for kind, (_, applies) in SKIPS.items() if applies(place)), None)
