"""Every mutant of a source file, with an id that stays the same when lines move."""

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import CodeType

import msgspec

from tests.mutation.declared import Declared
from tests.mutation.operators_calls import arguments, defaults, displays, members, opposites
from tests.mutation.operators_expressions import arithmetic, booleans, comparisons, conditions, constants, strings
from tests.mutation.operators_statements import branches, loops, removals, returns
from tests.mutation.places import Place, children, standing, walk
from tests.mutation.plan import module_of
from tests.mutation.skips import skipped
from tests.mutation.wording import change_of

__all__ = ["OPERATORS", "Mutant", "Source", "mutate", "read_source"]

Operator = Callable[[Place, Declared], Iterator[ast.AST]]

OPERATORS: Mapping[str, Operator] = {
    operator.__name__: operator
    for operator in (
        comparisons,
        conditions,
        booleans,
        arithmetic,
        constants,
        strings,
        removals,
        returns,
        branches,
        loops,
        opposites,
        arguments,
        defaults,
        members,
        displays,
    )
}
"""By name; the first line of each docstring says what it does."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A file to mutate."""

    file: str
    module: str
    tree: ast.Module


class Mutant(msgspec.Struct, frozen=True, kw_only=True):
    """One change of one file."""

    source: Source
    place: Place
    node: ast.AST
    """What stands in the place instead."""
    operator: str
    function: str
    """`module:qualified name`; the name is empty for what stands in the module itself."""
    change: str
    line: int
    lines: tuple[int, int]
    """First and last line of the statement around it, without the statements inside that one."""

    @property
    def id(self) -> str:
        """Name the mutant by what it does rather than by where it stands."""
        return f"{self.function} | {self.change}"

    def code(self, path: Path) -> CodeType:
        """Compile the mutated file, as if it stood at a path."""
        with standing(self.place, self.node):
            return compile(self.source.tree, str(path), "exec", dont_inherit=True)


def read_source(root: Path, file: str) -> Source:
    """Parse a file, given as a path from the root."""
    return Source(file=file, module=module_of(file), tree=ast.parse((root / file).read_text(), filename=file))


def mutate(source: Source, declared: Declared) -> tuple[list[Mutant], Counter[str]]:
    """Return all mutants of a file in the order of its lines, and how many places of each kind were left out.

    A change that gives the same program as the original, or as a mutant before it, is not a mutant.
    """
    left_out: Counter[str] = Counter()

    def prune(place: Place) -> bool:
        kind = skipped(place)
        if kind is not None:
            left_out[kind] += 1
        return kind is not None

    mutants: list[Mutant] = []
    for top in children(source.tree):
        if not prune(top):
            places = [top, *walk(top.node, prune, top.above)]
            mutants += _mutants_of(source, top.node, places, declared)
    numbers: Counter[str] = Counter()
    numbered = []
    for mutant in sorted(mutants, key=lambda mutant: mutant.line):
        numbers[mutant.id] += 1
        numbered.append(_numbered(mutant, numbers[mutant.id]))
    return numbered, left_out


def _mutants_of(source: Source, top: ast.AST, places: list[Place], declared: Declared) -> Iterator[Mutant]:
    seen = {ast.unparse(top)}
    for place in places:
        for name, operator in OPERATORS.items():
            for node in operator(place, declared):
                with standing(place, node):
                    program = ast.unparse(node if place.node is top else top)
                if program not in seen:
                    seen.add(program)
                    yield _mutant(source, place, node, name)


def _mutant(source: Source, place: Place, node: ast.AST, operator: str) -> Mutant:
    located = place.node if hasattr(place.node, "lineno") else place.parent
    if isinstance(node, ast.expr | ast.stmt | ast.excepthandler) and not hasattr(node, "lineno"):
        ast.copy_location(node, located)
    ast.fix_missing_locations(node)
    lines = _statement_lines(place)
    return Mutant(
        source=source,
        place=place,
        node=node,
        operator=operator,
        function=f"{source.module}:{place.function()}",
        change=change_of(place, node),
        line=getattr(place.node, "lineno", lines[0]),
        lines=lines,
    )


def _numbered(mutant: Mutant, number: int) -> Mutant:
    if number == 1:
        return mutant
    return msgspec.structs.replace(mutant, change=f"{mutant.change} (#{number})")


def _statement_lines(place: Place) -> tuple[int, int]:
    way = [*place.above, place.node]
    statement = next(node for node in reversed(way) if isinstance(node, ast.stmt | ast.excepthandler))
    first = min([statement.lineno, *(node.lineno for node in getattr(statement, "decorator_list", []))])
    inner = [node.lineno for node in ast.iter_child_nodes(statement) if isinstance(node, ast.stmt | ast.excepthandler)]
    inner += [case.pattern.lineno for case in getattr(statement, "cases", [])]
    last = min([statement.end_lineno or statement.lineno, *(line - 1 for line in inner)])
    return first, max(statement.lineno, last)
