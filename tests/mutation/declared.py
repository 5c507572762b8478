"""What the project declares elsewhere: the members of its enums, and which arguments may be left out."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from tests.mutation.places import FUNCTIONS

__all__ = ["Declared", "declarations"]

_ENUMS = {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"}
_EVERY = "**"


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """Names of the project, by their last part: `Side`, `process`."""

    enums: dict[str, tuple[str, ...]]
    """Members by class, in the order of their definition."""
    optional: dict[str, set[str]]
    """Arguments with a default, by function or class."""
    required: dict[str, set[str]]
    """Arguments without one."""

    def may_be_dropped(self, callee: str, keyword: str) -> bool:
        """Tell whether a call stays legal without a keyword argument, as far as the project's own names tell."""
        if keyword in self.required.get(callee, ()):
            return False
        optional = self.optional.get(callee, set())
        return keyword in optional or _EVERY in optional


def declarations(files: Iterable[Path]) -> Declared:
    """Read the declarations of some files."""
    declared = Declared(enums={}, optional=defaultdict(set), required=defaultdict(set))
    declared.optional["replace"].add(_EVERY)  # of `copy`, `dataclasses` and `msgspec.structs`: every change is optional
    trees = [ast.parse(file.read_text()) for file in files]
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, FUNCTIONS):
            _function(declared, node, node.name)
        elif isinstance(node, ast.ClassDef):
            _class(declared, node)
    for statement in (statement for tree in trees for statement in tree.body):
        _alias(declared, statement)
    return declared


def _function(declared: Declared, node: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> None:
    arguments = node.args
    positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    bare = len(positional) - len(arguments.defaults)
    given = list(zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True))
    declared.required[name].update(positional[:bare])
    declared.required[name].update(argument.arg for argument, default in given if default is None)
    declared.optional[name].update(positional[bare:])
    declared.optional[name].update(argument.arg for argument, default in given if default is not None)
    if arguments.kwarg is not None:
        declared.optional[name].add(_EVERY)


def _class(declared: Declared, node: ast.ClassDef) -> None:
    if _ENUMS & {_last(base) for base in node.bases}:
        declared.enums[node.name] = tuple(_members(node))
        return
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            kind = declared.required if statement.value is None else declared.optional
            kind[node.name].add(statement.target.id)
        elif isinstance(statement, FUNCTIONS) and statement.name == "__init__":
            _function(declared, statement, node.name)


def _alias(declared: Declared, statement: ast.stmt) -> None:
    match statement:
        case ast.Assign(targets=[ast.Name(id=alias)], value=ast.Name(id=name)) if name in declared.enums:
            declared.enums[alias] = declared.enums[name]
        case _:
            return


def _members(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        if isinstance(statement, ast.Assign):
            yield from (target.id for target in statement.targets if isinstance(target, ast.Name))


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
