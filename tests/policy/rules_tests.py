"""Rules about the tests themselves: explained, unpatched, and every port judged by a contract suite."""

import ast
from pathlib import Path

from tests.policy.tree import calls, classes, dotted, functions, parsed

PORTS_WITHOUT_SUITE: dict[str, str] = {}
"""Dotted port to the reason why no suite can judge its implementations; this may only shrink."""

_PATCHING = ("setattr", "delattr", "setitem", "delitem")
_MOCKS = ("unittest.mock", "mock", "pytest_mock")


def tests_without_docstring(root: Path) -> list[str]:
    """Name the test functions that do not say in a sentence which fact they hold."""
    return [
        f"{name}:{function.lineno} {function.name} has no docstring"
        for name, tree in parsed(root, "tests")
        for function in functions(tree)
        if function.name.startswith("test_") and ast.get_docstring(function) is None
    ]


def patching(root: Path) -> list[str]:
    """Name the tests that patch or mock instead of passing a fake."""
    found = []
    for name, tree in parsed(root, "tests"):
        found += [
            f"{name}:{call.lineno} monkeypatch.{called}(...): pass a fake instead"
            for called, call in calls(tree)
            if called in _PATCHING and isinstance(call.func, ast.Attribute) and "patch" in dotted(call.func.value)
        ]
        found += [
            f"{name} imports {module}: write a fake that implements the port"
            for node in ast.walk(tree)
            for module in _imported(node)
            if module.startswith(_MOCKS)
        ]
        found += [
            f"{name}:{function.lineno} {function.name} asks for `mocker`: pass a fake instead"
            for function in functions(tree)
            if "mocker" in {argument.arg for argument in function.args.args}
        ]
    return found


def ports_without_contract(root: Path) -> list[str]:
    """Name the ports that no suite in `tests/contract` judges, and suites that name a port which is gone.

    A suite says what it judges in a module constant: `PORTS = ("agentic_core.ports.broker.Broker",)`.
    """
    ports = {
        f"{name.removesuffix('.py').replace('/', '.')}.{node.name}"
        for name, tree in parsed(root, "agentic_core/ports")
        for node in classes(tree)
        if "Protocol" in {dotted(base).split(".")[-1] for base in node.bases}
    }
    judged = {port: name for name, tree in parsed(root, "tests/contract") for port in _declared_ports(tree)}
    missing = sorted(ports - judged.keys() - PORTS_WITHOUT_SUITE.keys())
    gone = sorted((judged.keys() | PORTS_WITHOUT_SUITE.keys()) - ports)
    return [
        *(f"{port}: no suite in tests/contract lists it in its PORTS" for port in missing),
        *(f"{judged.get(port, 'PORTS_WITHOUT_SUITE')}: {port} is no port" for port in gone),
    ]


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def _declared_ports(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and "PORTS" in {dotted(target) for target in node.targets}:
            return list(ast.literal_eval(node.value))
    return []
