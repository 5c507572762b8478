"""Each operator makes the mutants it should, leaves alone what is not code, and names mutants by what they do."""

import ast

import pytest

from tests.mutation.declared import Declared
from tests.mutation.mutants import OPERATORS, Source, mutate

DECLARED = Declared(
    enums={"Side": ("BUY", "SELL")},
    optional={"order": {"size"}, "replace": {"**"}},
    required={"order": {"price"}},
)

BOTH = (True, False)
ONE, TWO = "    case 1:\n        f()\n", "    case 2:\n        g()\n"


def _changes(code: str, operator: str) -> list[str]:
    source = Source(file="sample.py", module="sample", tree=ast.parse(code))
    return [mutant.change for mutant in mutate(source, DECLARED)[0] if mutant.operator == operator]


@pytest.mark.parametrize(
    ("operator", "code", "changes"),
    [
        ("comparisons", "x = a < b", ["x = a < b → x = a <= b", "x = a < b → x = a >= b"]),
        ("comparisons", "x = a >= b", ["x = a >= b → x = a > b", "x = a >= b → x = a < b"]),
        ("comparisons", "x = a is None", ["x = a is None → x = a is not None"]),
        ("comparisons", "x = a in b", ["x = a in b → x = a not in b"]),
        ("comparisons", "x = a == b", ["x = a == b → x = a != b"]),
        ("conditions", "if a > b:\n    f()", ["a > b → True", "a > b → False"]),
        ("conditions", "if a:\n    f()", ["a → True", "a → False", "a → not a"]),
        ("conditions", "while a > b:\n    f()", ["a > b → False"]),
        ("conditions", "[a for a in b if -c]", [f"[a for a in b if -c] → [a for a in b if {to}]" for to in BOTH]),
        ("conditions", "assert a > b, 'c'", ["assert a > b, 'c' → assert not a > b, 'c'"]),
        ("booleans", "x = a and b", ["x = a and b → x = a or b", "x = a and b → x = b", "x = a and b → x = a"]),
        ("booleans", "x = not a", ["x = not a → x = a"]),
        ("arithmetic", "x = a + b", ["x = a + b → x = a - b"]),
        ("arithmetic", "x = a // b", ["x = a // b → x = a / b"]),
        ("arithmetic", "x -= a", ["x -= a → x += a"]),
        ("arithmetic", "x = -a", ["x = -a → x = a"]),
        ("constants", "x = 5", ["x = 5 → x = 6", "x = 5 → x = 4"]),
        ("constants", "x = True", ["x = True → x = False"]),
        ("constants", "x = None", ["x = None → x = 0"]),
        ("constants", "Decimal('2')", ["Decimal('2') → Decimal('3')", "Decimal('2') → Decimal('1')"]),
        ("strings", "x = 'R1'", ["x = 'R1' → x = 'XXR1'"]),
        ("strings", "x = f'R3_{a}'", ["x = f'R3_{a}' → x = f'XXR3_{a}'"]),
        ("strings", "x = 'a sentence'\ny = f'{a} is old'", []),
        ("removals", "f()", ["f() → removed"]),
        ("removals", "a.b = c", ["a.b = c → removed"]),
        ("removals", "if a:\n    raise B(c)", ["raise B(c) → removed"]),
        ("removals", "def f(a):\n    a = g(a)\n    b = a", ["a = g(a) → removed"]),
        ("returns", "def f():\n    return a", ["return a → return None"]),
        ("returns", "def f():\n    return None", []),
        ("branches", f"match a:\n{ONE}{TWO}", ["match a: 1 / 2 → match a: 2", "match a: 1 / 2 → match a: 1"]),
        ("branches", "try:\n    f()\nexcept A:\n    g()", ["except A: g() → except A: raise"]),
        ("loops", "for a in b:\n    f()", ["b → ()"]),
        ("opposites", "x = min(a, b)", ["x = min(a, b) → x = max(a, b)"]),
        ("opposites", "x = abs(a)", ["x = abs(a) → x = a"]),
        ("arguments", "order(price=a, size=b)", ["order(price=a, size=b) → order(price=a)"]),
        ("arguments", "replace(a, b=c)", ["replace(a, b=c) → replace(a)"]),
        ("arguments", "f(**a)", ["f(**a) → f()"]),
        ("defaults", "def f(*, a=g()):\n    h()", ["*, a=g() → *, a"]),
        ("defaults", "class A:\n    b: int = c", ["b: int = c → b: int"]),
        ("members", "x = Side.SELL", ["x = Side.SELL → x = Side.BUY"]),
        ("members", "match a:\n    case Side.BUY:\n        f()", ["Side.BUY → Side.SELL"]),
        ("displays", "f({1: b, 2: d})", ["f({1: b, 2: d}) → f({2: d})", "f({1: b, 2: d}) → f({1: b})"]),
        ("displays", "x = (a, b)", ["x = (a, b) → x = (b,)", "x = (a, b) → x = (a,)", "x = (a, b) → x = (b, a)"]),
        ("displays", "a, b = c, d", []),
        ("displays", "def f() -> tuple[A, B]:\n    return a, b", []),
    ],
)  # fmt: skip
def test_operator_makes_its_mutants(operator: str, code: str, changes: list[str]) -> None:
    """The mutants of one operator over one piece of code are these and no others."""
    assert _changes(code, operator) == changes


def test_every_operator_has_a_case_above() -> None:
    """No operator goes without a proof that it makes something."""
    cases = test_operator_makes_its_mutants.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert {operator for operator, _, changes in cases if changes} == set(OPERATORS)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ('"""Text."""', "documentation"),
        ("x: TypeAlias = A | B", "annotations"),
        ("x = NewType('x', int)", "annotations"),
        ("isinstance(a, A | B)", "annotations"),
        ("from a import b", "imports"),
        ("__all__ = ['a']", "export lists"),
        ("class A(B, frozen=True): ...", "headers"),
        ("@cache(maxsize=1)\ndef f(): ...", "headers"),
        ("assert a, 'text'", "inside assertions"),
        ("assert_never(a)", "unreachable calls"),
        ("f('two words')", "prose"),
    ],
)
def test_kind_that_is_left_out_is_counted(code: str, kind: str) -> None:
    """What is not mutated is named and counted."""
    source = Source(file="sample.py", module="sample", tree=ast.parse(code))
    assert mutate(source, DECLARED)[1][kind] > 0


def test_mutants_keep_their_names_when_lines_move() -> None:
    """A name says function and change, so that comments and earlier functions do not touch it."""
    body = "def f(a):\n    if a > 1:\n        return a > 1\n    return g('x')\n"
    moved = f"# A comment.\n\nx = 'y'\n\n\n{body}"
    names = [
        [mutant.id for mutant in mutate(Source(file="m.py", module="m", tree=ast.parse(code)), DECLARED)[0]]
        for code in (body, moved)
    ]
    assert names[1][1:] == names[0]
    assert names[0][0].startswith("m:f | ")


def test_mutants_that_look_alike_are_numbered() -> None:
    """Two equal statements in one function have mutants with different names."""
    changes = _changes("def f():\n    g()\n    g()\n", "removals")
    assert changes == ["g() → removed", "g() → removed (#2)"]


def test_mutation_that_gives_the_same_program_twice_is_counted_once() -> None:
    """Leaving out either of two equal operands is one mutant."""
    assert _changes("x = a or a", "booleans") == ["x = a or a → x = a and a", "x = a or a → x = a"]
