"""Who imports whom, read from the sources: which modules see a change in the definitions of another."""

import ast
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from tests.mutation.plan import Plan, module_of

__all__ = ["files_importing", "modules_near"]


def modules_near(plan: Plan) -> dict[str, set[str]]:
    """Return, for each target file, the project's files that import something from it, also through its package."""
    imports = {file: _imported(plan.root / file) for file in plan.package_files()}
    near: defaultdict[str, set[str]] = defaultdict(set)
    for target in plan.target_files():
        names = _names_of(module_of(target), imports)
        near[target] = {file for file, imported in imports.items() if file != target and names & imported}
    return dict(near)


def files_importing(plan: Plan, target: str, files: Iterable[str]) -> set[str]:
    """Return those of some files, given as paths from the root, that import a target file or its package."""
    names = _names_of(module_of(target), {})
    return {file for file in files if names & _imported(plan.root / file)}


def _names_of(module: str, imports: dict[str, set[str]]) -> set[str]:
    package = module.rpartition(".")[0]
    through = f"{package.replace('.', '/')}/__init__.py"
    exported = not imports or module in imports.get(through, set())
    return {module, package} if package and exported else {module}


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names
