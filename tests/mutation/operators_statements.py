"""Mutations of what is done: statements, branches, loops, handlers and what a function returns."""

import ast
from collections.abc import Iterator

from tests.mutation.declared import Declared
from tests.mutation.places import FUNCTIONS, Place

__all__ = ["branches", "loops", "removals", "returns"]


def removals(place: Place, declared: Declared) -> Iterator[ast.AST]:
    """Leave out a statement that has an effect: a call, an assignment, a `raise`, a jump, a deletion."""
    node = place.node
    match node:
        case ast.Expr(value=ast.Call() | ast.Await() | ast.Yield() | ast.YieldFrom()):
            yield ast.Pass()
        case ast.Raise() | ast.AugAssign() | ast.Delete() | ast.Break() | ast.Continue():
            yield ast.Pass()
        case ast.Assign(targets=targets) if all(_outlives(target) or _is_bound(place, target) for target in targets):
            yield ast.Pass()
        case ast.AnnAssign(target=target, value=ast.expr()) if _outlives(target):
            yield ast.Pass()
        case _:
            return


def returns(place: Place, declared: Declared) -> Iterator[ast.AST]:
    """Return nothing instead of something."""
    node = place.node
    if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield ast.Return(value=ast.Constant(value=None))
    elif isinstance(node, ast.Lambda) and not _is_none(node.body):
        yield ast.Lambda(args=node.args, body=ast.Constant(value=None))


def branches(place: Place, declared: Declared) -> Iterator[ast.AST]:
    """Leave out one `case` of a `match`, and let an exception through that was handled."""
    node = place.node
    if isinstance(node, ast.Match):
        for index, case in enumerate(node.cases):
            if len(node.cases) > 1 and not _is_unreachable(case):
                yield ast.Match(subject=node.subject, cases=[*node.cases[:index], *node.cases[index + 1 :]])
    elif isinstance(node, ast.ExceptHandler) and not _raises_on(node):
        yield ast.ExceptHandler(type=node.type, name=node.name, body=[ast.Raise()])


def loops(place: Place, declared: Declared) -> Iterator[ast.AST]:
    """Iterate over nothing."""
    if place.field == "iter" and isinstance(place.parent, ast.For | ast.comprehension):
        yield ast.Tuple(elts=[], ctx=ast.Load())


def _outlives(target: ast.expr) -> bool:
    return isinstance(target, ast.Attribute | ast.Subscript)


def _is_bound(place: Place, target: ast.expr) -> bool:
    """Tell whether a name has a value already, so that leaving out the assignment leaves the older one."""
    scope = next((node for node in reversed(place.above) if isinstance(node, FUNCTIONS)), None)
    if scope is None or not isinstance(target, ast.Name):
        return False
    arguments = [node.arg for node in ast.walk(scope.args) if isinstance(node, ast.arg)]
    earlier = [
        node.id
        for node in ast.walk(scope)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.lineno < target.lineno
    ]
    return target.id in arguments or target.id in earlier


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_unreachable(case: ast.match_case) -> bool:
    match case.body:
        case [ast.Expr(value=ast.Call(func=ast.Name(id="assert_never")))]:
            return True
        case _:
            return False


def _raises_on(node: ast.ExceptHandler) -> bool:
    return isinstance(node.body[0], ast.Raise) and node.body[0].exc is None
