"""Walk a syntax tree and know, at every node, how it hangs in the tree."""

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

__all__ = ["FUNCTIONS", "Place", "children", "standing", "walk"]

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
"""Syntax of a named function."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A node and the slot it stands in: `parent.field`, or `parent.field[index]`."""

    node: ast.AST
    parent: ast.AST
    field: str
    index: int | None
    above: tuple[ast.AST, ...]
    """The way from the module down to the parent."""

    def put(self, node: ast.AST) -> None:
        """Let another node stand in the slot."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node

    def function(self) -> str:
        """Return the qualified name of the innermost class or function around the node; empty in the module itself."""
        names = [node.name for node in self.above if isinstance(node, (*FUNCTIONS, ast.ClassDef))]
        return ".".join(names)


def children(node: ast.AST, above: tuple[ast.AST, ...] = ()) -> Iterator[Place]:
    """Yield the places directly under a node, in the order of the source."""
    way = (*above, node)
    for field, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            yield Place(node=value, parent=node, field=field, index=None, above=way)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield Place(node=item, parent=node, field=field, index=index, above=way)


def walk(tree: ast.AST, prune: Callable[[Place], bool], above: tuple[ast.AST, ...] = ()) -> Iterator[Place]:
    """Yield every place of a tree, parents first, without those that are pruned and what is under them."""
    for place in children(tree, above):
        if not prune(place):
            yield place
            yield from walk(place.node, prune, place.above)


@contextmanager
def standing(place: Place, node: ast.AST) -> Iterator[None]:
    """Put another node in a place for as long as the `with` block lasts."""
    place.put(node)
    try:
        yield
    finally:
        place.put(place.node)
