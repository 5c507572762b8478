"""Budgets: files, functions and hosts stay small enough to be read in one sitting."""

import ast
import io
import tokenize
from collections.abc import Mapping
from pathlib import Path

from tests.policy.tree import functions, parsed, python_files

FILE_LINES_MAX = 300
FUNCTION_CODE_LINES_MAX = 40
HOST_LINES_MAX = 99
HOST_FUNCTIONS_MAX = 2

EXCEPTIONS: Mapping[str, str] = {}
"""`path` or `path:function` to the reason why it is over its budget; this may only shrink."""

_FOLDERS = ("agentic_core", "agentic_hl", "agentic_fly", "hosts", "examples", "tests", ".ci")
_LAYOUT = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}


def files_over_budget(root: Path) -> list[str]:
    """Name the Python files that are too long."""
    sizes = {path.relative_to(root).as_posix(): _line_count(path) for path in python_files(root, *_FOLDERS)}
    return [
        f"{name}: {lines} lines, {FILE_LINES_MAX} allowed; is there a second room in it?"
        for name, lines in sizes.items()
        if lines > FILE_LINES_MAX and name not in EXCEPTIONS
    ]


def functions_over_budget(root: Path) -> list[str]:
    """Name the functions whose body has too many lines of code, its docstring, comments and blank lines aside."""
    found = []
    for path in python_files(root, *_FOLDERS):
        name, source = path.relative_to(root).as_posix(), path.read_text()
        spans = [(function, *_body_span(function)) for function in functions(ast.parse(source))]
        longest = max((last - first + 1 for _, first, last in spans), default=0)
        code = _code_lines(source) if longest > FUNCTION_CODE_LINES_MAX else set()  # to tell tokens apart takes long
        for function, first, last in spans:
            count = len([line for line in code if first <= line <= last])
            if count > FUNCTION_CODE_LINES_MAX and f"{name}:{function.name}" not in EXCEPTIONS:
                place = f"{name}:{function.lineno} {function.name}"
                found.append(f"{place}: {count} code lines, {FUNCTION_CODE_LINES_MAX} allowed")
    return found


def exceptions_out_of_date(root: Path, exceptions: Mapping[str, str] = EXCEPTIONS) -> list[str]:
    """Name the exceptions whose file is gone, so that the list shrinks with the code."""
    gone = [entry for entry in exceptions if not (root / entry.split(":")[0]).exists()]
    return [f"{entry}: listed, but the file is gone" for entry in gone]


def fat_hosts(root: Path) -> list[str]:
    """Name the hosts that do more than compose: long, with a class, with a loop, or with many functions."""
    found = []
    for name, tree in parsed(root, "hosts"):
        lines = _line_count(root / name)
        if lines > HOST_LINES_MAX:
            found.append(f"{name}: {lines} lines, {HOST_LINES_MAX} allowed")
        if (count := len(list(functions(tree)))) > HOST_FUNCTIONS_MAX:
            found.append(f"{name}: {count} functions, {HOST_FUNCTIONS_MAX} allowed")
        found += [
            f"{name}:{node.lineno} a {type(node).__name__} in a host; it belongs into a package"
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef | ast.For | ast.AsyncFor | ast.While)
        ]
    return found


def _line_count(path: Path) -> int:
    return len(path.read_text().splitlines())


def _code_lines(source: str) -> set[int]:
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _LAYOUT:
            lines.update(range(token.start[0], token.end[0] + 1))
    return lines


def _body_span(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[int, int]:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    last = function.end_lineno or function.lineno
    return (body[0].lineno if body else last + 1), last
