"""Rules that keep money safe: values cannot change, floats stay out, and orders leave through one gate."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.policy.tree import calls, classes, dotted, parsed

SENDERS = (
    "agentic_core/brokers/guarded.py",
    "agentic_core/runtime/drive.py",
    "agentic_hl/stream/websockets_transport.py",
)
"""The gate that every order passes, the loop whose `send` resumes a generator, and a socket of subscriptions."""

INTENT_MAKERS = ("agentic_core/store/", "agentic_core/domain/")
"""Only a store makes an intent durable, so only a store may call one prepared."""

_BY_NAME = {"getattr", "attrgetter", "methodcaller"}
"""What finds a method by the text of its name."""

_EXACT = ("agentic_core/domain", "agentic_core/risk", "agentic_core/execution")


_BY_PLACE = {
    "Figures": "one is made per risk check, and naming its fields costs five times as much as making it",
    "PlannedOrder": "the same, for the order of an approved open",
}
"""Values whose fields may be given by place, each with its reason."""


def loose_values(root: Path) -> list[str]:
    """Name the values of the domain that are not frozen, keyword-only msgspec Structs."""
    trees = list(parsed(root, "agentic_core/domain"))
    structs = _struct_names([node for _, tree in trees for node in classes(tree)])
    found = []
    for name, tree in trees:
        for node in classes(tree):
            if any("dataclass" in ast.unparse(mark) for mark in node.decorator_list):
                found.append(f"{name}:{node.lineno} {node.name} is a dataclass; domain values are msgspec Structs")
            if node.name in structs:
                set_to = {word.arg: getattr(word.value, "value", None) for word in node.keywords}
                found += [
                    f"{name}:{node.lineno} {node.name} needs {option}=True"
                    for option in ("frozen", "kw_only")
                    if set_to.get(option) is not True and not (option == "kw_only" and node.name in _BY_PLACE)
                ]
    return found


def float_conversions(root: Path) -> list[str]:
    """Name the calls of `float` where money is computed."""
    return [
        f"{name}:{call.lineno} float(...) where money is exact; stay in Decimal or move the statistic elsewhere"
        for name, tree in parsed(root, *_EXACT)
        for called, call in calls(tree)
        if called == "float"
    ]


def unguarded_sends(root: Path) -> list[str]:
    """Name what calls a method `send`, or takes it along to call it, outside the guarded broker.

    An import contract cannot see method calls. Only comparing a number that is called `send` is no way around the gate.
    """
    return [
        f"{name}:{node.lineno} .send(...) goes around brokers/guarded.py"
        for name, tree in parsed(root)
        if name not in SENDERS
        for node in _sends(tree)
    ]


def _sends(tree: ast.Module) -> Iterator[ast.expr]:
    compared = {
        id(side) for node in ast.walk(tree) if isinstance(node, ast.Compare) for side in (node.left, *node.comparators)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "send" and id(node) not in compared:
            yield node
        if isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] in _BY_NAME:
            yield from (word for word in node.args if isinstance(word, ast.Constant) and word.value == "send")


def forged_intents(root: Path) -> list[str]:
    """Name the places that construct a PreparedIntent without a store having made it durable."""
    return [
        f"{name}:{call.lineno} PreparedIntent(...) is made by IntentStore.prepare only"
        for name, tree in parsed(root)
        if not name.startswith(INTENT_MAKERS)
        for called, call in calls(tree)
        if called == "PreparedIntent"
    ]


def _struct_names(nodes: list[ast.ClassDef]) -> set[str]:
    known = {"Struct"}
    while more := {node.name for node in nodes if known & {dotted(base).split(".")[-1] for base in node.bases}} - known:
        known |= more
    return known - {"Struct"}
