"""Who imports whom, read from the sources: which files see a change in the definitions of another."""

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.mutation.plan import Plan, module_of

__all__ = ["imported_names", "importing", "modules_near"]


def imported_names(root: Path, files: Iterable[str]) -> dict[str, set[str]]:
    """Return, for files given as paths from the root, every dotted name they import."""
    return {file: _imported(root / file) for file in files}


def importing(module: str, imports: Mapping[str, set[str]], exports: Mapping[str, set[str]]) -> set[str]:
    """Return the files that import something from a module, also through the package that exports it.

    Args:
        module: its dotted name.
        imports: the names imported by each file to choose from.
        exports: the names imported by each file of the project.
    """
    package = module.rpartition(".")[0]
    exported = module in exports.get(f"{package.replace('.', '/')}/__init__.py", set())
    names = {module, package} if exported else {module}
    return {file for file, imported in imports.items() if names & imported}


def modules_near(plan: Plan) -> dict[str, set[str]]:
    """Return, for each target file, the project's other files that import something from it."""
    imports = imported_names(plan.root, plan.package_files())
    return {file: importing(module_of(file), imports, imports) - {file} for file in plan.target_files()}


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(), filename=str(path))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names
