"""Mutations of what is called and put together: names with an opposite, arguments, enum members, displays."""

import ast
from collections.abc import Iterator, Mapping

from tests.mutation.declared import Declared
from tests.mutation.places import FUNCTIONS, Place

__all__ = ["arguments", "defaults", "displays", "members", "opposites"]

_OPPOSITES: Mapping[str, str] = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "startswith": "endswith",
    "endswith": "startswith",
    "ROUND_DOWN": "ROUND_UP",
    "ROUND_UP": "ROUND_DOWN",
    "ROUND_FLOOR": "ROUND_CEILING",
    "ROUND_CEILING": "ROUND_FLOOR",
    "ROUND_HALF_EVEN": "ROUND_DOWN",
    "ROUND_HALF_UP": "ROUND_DOWN",
}
_WITHOUT = {"abs", "sorted", "reversed", "round"}
"""Functions whose argument can stand for their result."""


def opposites(place: Place, declared: Declared) -> Iterator[ast.AST]:
    """Exchange `min` and `max`, `any` and `all`, rounding modes; take an argument instead of its `abs` or order."""
    node = place.node
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in _OPPOSITES:
        yield ast.Name(id=_OPPOSITES[node.id], ctx=node.ctx)
    elif isinstance(node, ast.Attribute) and node.attr in _OPPOSITES:
        yield ast.Attribute(value=node.value, attr=_OPPOSITES[node.attr], ctx=node.ctx)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _WITHOUT and node.args:
        yield node.args[0]


def arguments(place: Place, declared: Declared) -> Iterator[ast.AST]:
    """Leave out a keyword argument that has a default, and `**` arguments."""
    node = place.node
    if not isinstance(node, ast.Call):
        return
    callee = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    for index, keyword in enumerate(node.keywords):
        if keyword.arg is None or declared.may_be_dropped(callee, keyword.arg):
            rest = [*node.keywords[:index], *node.keywords[index + 1 :]]
            yield ast.Call(func=node.func, args=node.args, keywords=rest)


def members(place: Place, declared: Declared) -> Iterator[ast.AST]:
    """Put the next member of an enum for the one that is named."""
    node = place.node
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        names = declared.enums.get(node.value.id, ())
        if node.attr in names and len(names) > 1:
            following = names[(names.index(node.attr) + 1) % len(names)]
            yield ast.Attribute(value=node.value, attr=following, ctx=node.ctx)


def displays(place: Place, declared: Declared) -> Iterator[ast.AST]:
    """Leave out an element of a tuple, list, set or dictionary; exchange neighbours in the tuples of a module."""
    node = place.node
    if isinstance(node, ast.Dict):
        for index in range(len(node.keys)):
            keys = [*node.keys[:index], *node.keys[index + 1 :]]
            yield ast.Dict(keys=keys, values=[*node.values[:index], *node.values[index + 1 :]])
    elif isinstance(node, ast.Tuple | ast.List | ast.Set) and not _is_record(place):
        for index in range(len(node.elts)):
            yield _display(node, [*node.elts[:index], *node.elts[index + 1 :]])
        if isinstance(place.parent, ast.Assign | ast.AnnAssign) and isinstance(place.above[-2], ast.Module):
            yield from _exchanged(node)


def defaults(place: Place, declared: Declared) -> Iterator[ast.AST]:
    """Take the default from an argument or from a field."""
    node = place.node
    if isinstance(node, ast.arguments):
        if node.defaults:
            yield _signature(node, node.defaults[1:], node.kw_defaults)
        for index, default in enumerate(node.kw_defaults):
            if default is not None:
                yield _signature(node, node.defaults, [*node.kw_defaults[:index], None, *node.kw_defaults[index + 1 :]])
    elif isinstance(node, ast.AnnAssign) and isinstance(place.parent, ast.ClassDef) and node.value is not None:
        yield ast.AnnAssign(target=node.target, annotation=node.annotation, value=None, simple=node.simple)


def _is_record(place: Place) -> bool:
    node, parent = place.node, place.parent
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or isinstance(parent, ast.Subscript):
        return True
    if isinstance(parent, ast.Return):  # a record of fixed length, which every caller takes apart
        scope = next((node for node in reversed(place.above) if isinstance(node, FUNCTIONS)), None)
        return scope is not None and scope.returns is not None and "..." not in ast.unparse(scope.returns)
    return isinstance(parent, ast.Assign) and any(isinstance(target, ast.Tuple) for target in parent.targets)


def _display(node: ast.Tuple | ast.List | ast.Set, elements: list[ast.expr]) -> ast.expr:
    match node:
        case ast.Tuple():
            return ast.Tuple(elts=elements, ctx=node.ctx)
        case ast.List():
            return ast.List(elts=elements, ctx=node.ctx)
        case ast.Set():
            return (
                ast.Set(elts=elements)
                if elements
                else ast.Call(func=ast.Name(id="set", ctx=ast.Load()), args=[], keywords=[])
            )


def _exchanged(node: ast.Tuple | ast.List | ast.Set) -> Iterator[ast.expr]:
    if isinstance(node, ast.Set):
        return
    for index in range(len(node.elts) - 1):
        one, two = node.elts[index : index + 2]
        yield _display(node, [*node.elts[:index], two, one, *node.elts[index + 2 :]])


def _signature(node: ast.arguments, positional: list[ast.expr], by_keyword: list[ast.expr | None]) -> ast.arguments:
    return ast.arguments(
        posonlyargs=node.posonlyargs,
        args=node.args,
        vararg=node.vararg,
        kwonlyargs=node.kwonlyargs,
        kw_defaults=by_keyword,
        kwarg=node.kwarg,
        defaults=positional,
    )
