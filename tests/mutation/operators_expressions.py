"""Mutations of what is compared, computed and written down: operators, conditions and constants."""

import ast
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

from tests.mutation.declared import Declared
from tests.mutation.places import Place

__all__ = ["arithmetic", "booleans", "comparisons", "conditions", "constants", "strings"]

_COMPARED: Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_COMPUTED: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}


def comparisons(place: Place, declared: Declared) -> Iterator[ast.AST]:
    """Move each boundary by one and turn each comparison around."""
    node = place.node
    if not isinstance(node, ast.Compare):
        return
    for index, operator in enumerate(node.ops):
        for other in _COMPARED[type(operator)]:
            ops = [*node.ops[:index], other(), *node.ops[index + 1 :]]
            yield ast.Compare(left=node.left, ops=ops, comparators=node.comparators)


def arithmetic(place: Place, declared: Declared) -> Iterator[ast.AST]:
    """Compute with another operator, and drop a sign."""
    node = place.node
    if isinstance(node, ast.BinOp):
        yield ast.BinOp(left=node.left, op=_COMPUTED[type(node.op)](), right=node.right)
    elif isinstance(node, ast.AugAssign):
        yield ast.AugAssign(target=node.target, op=_COMPUTED[type(node.op)](), value=node.value)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Invert):
        yield node.operand


def booleans(place: Place, declared: Declared) -> Iterator[ast.AST]:
    """Exchange `and` and `or`, leave out one operand, drop a `not`."""
    node = place.node
    if isinstance(node, ast.BoolOp):
        yield ast.BoolOp(op=ast.Or() if isinstance(node.op, ast.And) else ast.And(), values=node.values)
        for index in range(len(node.values)):
            rest = [*node.values[:index], *node.values[index + 1 :]]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(op=node.op, values=rest)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand


def conditions(place: Place, declared: Declared) -> Iterator[ast.AST]:
    """Force a condition to be true and to be false, and negate one that is not a comparison."""
    node = place.node
    if isinstance(node, ast.Assert):
        yield ast.Assert(test=ast.UnaryOp(op=ast.Not(), operand=node.test), msg=node.msg)
        return
    asked = place.field == "test" and isinstance(place.parent, ast.If | ast.IfExp | ast.While)
    filtering = place.field == "ifs" or (place.field == "guard" and isinstance(place.parent, ast.match_case))
    if not (asked or filtering) or isinstance(node, ast.Constant) or not isinstance(node, ast.expr):
        return
    if not isinstance(place.parent, ast.While):  # a loop that is always true is a timeout, not a finding
        yield ast.Constant(value=True)
    yield ast.Constant(value=False)
    if not isinstance(node, ast.Compare | ast.BoolOp | ast.UnaryOp):
        yield ast.UnaryOp(op=ast.Not(), operand=node)


def constants(place: Place, declared: Declared) -> Iterator[ast.AST]:
    """Move a number by one either way, flip a truth value, put a zero for None."""
    node = place.node
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if value is None:
        compared = isinstance(place.parent, ast.Compare)
        if not compared:
            yield ast.Constant(value=0)
    elif isinstance(value, bool):
        yield ast.Constant(value=not value)
    elif isinstance(value, int | float):
        yield ast.Constant(value=value + 1)
        yield ast.Constant(value=value - 1)
    elif isinstance(value, str) and _makes_decimal(place.parent):
        yield from _moved(value)


def strings(place: Place, declared: Declared) -> Iterator[ast.AST]:
    """Write something before a text without white space, also before an f-string."""
    node = place.node
    if isinstance(node, ast.JoinedStr):
        yield ast.JoinedStr(values=[ast.Constant(value="XX"), *node.values])
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not _is_part(place.parent):
        yield ast.Constant(value=f"XX{node.value}")


def _is_part(parent: ast.AST) -> bool:
    return isinstance(parent, ast.JoinedStr) or _makes_decimal(parent)


def _makes_decimal(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Decimal"


def _moved(text: str) -> Iterator[ast.Constant]:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return
    if number.is_finite():
        yield ast.Constant(value=str(number + 1))
        yield ast.Constant(value=str(number - 1))
    else:
        yield ast.Constant(value="0")
