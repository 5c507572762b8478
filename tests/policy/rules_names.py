"""Names: `__all__` is complete, everything public is explained, and words mean one thing."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.policy.tree import PACKAGES, classes, functions, parsed

GLOSSARY = Path("docs/glossary.md")

COMPOUNDS = (
    "agent_approval",
    "agent_command",
    "agent_commands",
    "agent_log",
    "agent_logs",
    "agent_state",
    "agent_wallet",
    "bars_interval",
    "chat_model",
    "client_order_id",
    "fill_model",
    "hyperliquid_agent_id",
    "market_data",
    "model_config",
    "model_id",
    "progress_bar",
    "round_trip",
)
"""Longer terms of the glossary, of the database or of pydantic in which a banned word has its one meaning."""

FOREIGN_WORDS = {
    "agentic_core/domain/records.py:data": "a column of `agent_logs`",
    "agentic_core/logevents.py:INFO": "the name of a log level everywhere",
    "agentic_hl/venue/questions/info.py:Info": "what answers at the venue's `/info`, beside `Exchange`",
    "agentic_hl/venue/questions/info.py:info": "the module of `/info`",
}
"""`path:identifier` to the reason why someone else's word stands there."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def incomplete_exports(root: Path) -> list[str]:
    """Name the modules whose `__all__` is missing where it is due, or is not exactly what is public there.

    A package's `__init__` that re-exports needs one. The order is ruff's business (RUF022).
    """
    found = []
    for name, tree in parsed(root):
        public, listed = _public_names(name, tree), _listed_names(tree)
        if listed is None:
            if name.endswith("__init__.py") and public:
                found.append(f"{name}: re-exports {', '.join(sorted(public))} without an `__all__`")
            continue
        found += [f"{name}: {word} is public but not in `__all__`" for word in sorted(public - listed)]
        found += [f"{name}: {word} is in `__all__` but not public here" for word in sorted(listed - public)]
    return found


def missing_docstrings(root: Path) -> list[str]:
    """Name the public modules, classes and functions of the packages that have no docstring."""
    found = []
    for name, tree in parsed(root):
        if ast.get_docstring(tree) is None:
            found.append(f"{name}: the module has no docstring")
        found += [
            f"{name}:{node.lineno} {node.name} has no docstring"
            for node in _public_definitions(tree)
            if ast.get_docstring(node) is None
        ]
    return found


def banned_words(root: Path) -> list[str]:
    """Name the identifiers and modules that use a word which the glossary bans."""
    banned = _banned(root)
    found = []
    for name, tree in parsed(root):
        defined = [(Path(name).stem, 1), *_defined_names(tree)]
        found += [
            f"{name}:{line} {identifier}: say something more exact than {word!r} (docs/glossary.md)"
            for identifier, line in defined
            for word in _words(identifier)
            if word in banned and f"{name}:{identifier}" not in FOREIGN_WORDS
        ]
    return found


def glossary_terms_without_class(root: Path) -> list[str]:
    """Name the classes that the glossary promises and the code does not have."""
    defined = {node.name for _, tree in parsed(root) for node in classes(tree)}
    defined |= {target for _, tree in parsed(root) for target, _ in _defined_names(tree)}
    promised = re.findall(r"`([A-Z][A-Za-z]*[a-z][A-Za-z]*)`", (root / GLOSSARY).read_text())
    return [f"{GLOSSARY}: `{term}` is in no package" for term in sorted(set(promised) - defined)]


def _banned(root: Path) -> set[str]:
    section = (root / GLOSSARY).read_text().split("## Words not used", 1)[1]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {word for cell in cells for word in re.findall(r"`(\w+)`", cell)}


def _words(identifier: str) -> list[str]:
    spelled = "_".join(_WORD.findall(identifier)).lower()
    for compound in COMPOUNDS:
        spelled = re.sub(rf"(?<![a-z]){compound}(?![a-z])", "", spelled)
    return spelled.split("_")


def _listed_names(tree: ast.Module) -> set[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and "__all__" in _assigned(node):
            return set(ast.literal_eval(node.value))
    return None


def _public_names(name: str, tree: ast.Module) -> set[str]:
    names = {node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)}
    names |= {target for node in tree.body for target in _assigned(node)}
    if name.endswith("__init__.py"):
        ours = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
        ours = [node for node in ours if (node.module or "").split(".")[0] in PACKAGES]
        names |= {alias.asname or alias.name for node in ours for alias in node.names}
    dunder_version = {"__version__"} & names
    return {word for word in names if not word.startswith("_")} | dunder_version


def _assigned(node: ast.stmt) -> list[str]:
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _public_definitions(tree: ast.AST) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public_definitions(node)


def _defined_names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield (node.id if isinstance(node, ast.Name) else node.attr), node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
    for definition in [*functions(tree), *classes(tree)]:
        yield definition.name, definition.lineno
