"""Every house rule has been seen to bite: each small tree breaks one of them and is caught."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.policy import (
    rules_files,
    rules_layers,
    rules_locks,
    rules_money,
    rules_names,
    rules_size,
    rules_store,
    rules_tests,
)
from tests.policy.samples import GLOSSARY, MODULE, planted
from tests.policy.test_house_rules import RULES

Rule = Callable[[Path], list[str]]

PURITY = '[[tool.importlinter.contracts]]\nid = "purity"\nsource_modules = ["agentic_core.domain"]\n'
PROJECT = (
    "[project]\nname = 'p'\ndependencies = []\noptional-dependencies.embedded = ['p[backtest]']\n"
    "optional-dependencies.backtest = []\noptional-dependencies.dev = ['anyio>=4.7']\n"
)
ONE_PIN = {".ci/locks/dev.txt": f"anyio==4.6.0 \\\n    --hash=sha256:{'0' * 64}\n"}
STATEMENT = "agentic_core/store/postgres/sql/skills.sql"
USER = "agentic_core/store/postgres/x.py"
MIGRATION = "agentic_core/store/postgres/migrations/0001_start.sql"

CASES: tuple[tuple[Rule, dict[str, str], str], ...] = (
    (rules_files.places_outside, {"docs/x.md": f"see /{'home'}/someone/notes"}, "a path of one machine"),
    (rules_files.places_outside, {".ci/x.txt": f"--{'index'}-url x"}, "a package index"),
    (rules_files.places_outside, {"x.lock": f"https:/{'/'}h.example/a/b-1.{'whl'}"}, "a download address"),
    (rules_files.reaches_outside, {"examples/x.py": f"open('..{'/'}shared/x')"}, "examples/x.py: looks outside"),
    (
        rules_files.reaches_outside,
        {"tests/a.py": f"'..{'/'}shared/x'", "tests/b.py": f"'..{'/'}shared/x'"},
        "tests/b.py: looks outside",
    ),
    (rules_files.strangers_at_the_top, {"scripts/x.py": MODULE}, "scripts: not expected"),
    (rules_layers.heavy_imports, {"agentic_core/__init__.py": "import polars\n"}, "import agentic_core loads polars"),
    (
        rules_layers.packages_missing_from_purity,
        {"pyproject.toml": PURITY, "agentic_core/risk/__init__.py": MODULE},
        "does not name agentic_core.risk",
    ),
    (rules_locks.pins_without_hash, {".ci/locks/dev.txt": "anyio==4.6.0\n"}, "dev.txt:1 'anyio==4.6.0': expected"),
    (rules_locks.stale_locks, {"pyproject.toml": PROJECT, **ONE_PIN}, "anyio>=4.7 is not met by 4.6.0"),
    (rules_money.float_conversions, {"agentic_core/risk/x.py": "y = float(z)\n"}, "x.py:1 float(...)"),
    (rules_money.forged_intents, {"agentic_core/runtime/x.py": "y = order.PreparedIntent(a=1)\n"}, "x.py:1 Prepared"),
    (
        rules_money.loose_values,
        {"agentic_core/domain/x.py": "class A(msgspec.Struct, frozen=True):\n    b: int\n"},
        "A needs kw_only=True",
    ),
    (
        rules_money.loose_values,
        {
            "agentic_core/domain/a.py": "class A(Struct, frozen=True, kw_only=True): ...\n",
            "agentic_core/domain/b.py": "class B(A, kw_only=True): ...\n",
        },
        "B needs frozen=True",
    ),
    (rules_money.loose_values, {"agentic_core/domain/x.py": "@dataclass\nclass A:\n    b: int\n"}, "A is a dataclass"),
    (rules_money.unguarded_sends, {"agentic_core/runtime/x.py": "await broker.send(order)\n"}, "x.py:1 .send(...)"),
    (rules_money.unguarded_sends, {"hosts/x.py": "await self._broker.send(order)\n"}, "x.py:1 .send(...)"),
    (rules_money.unguarded_sends, {"agentic_hl/x.py": "self.gate.broker.send(order).close()\n"}, "x.py:1 .send(...)"),
    (rules_money.unguarded_sends, {"hosts/x.py": "send = broker.send\nsend(order)\n"}, "x.py:1 .send(...)"),
    (rules_money.unguarded_sends, {"hosts/x.py": "group.start_soon(broker.send, order)\n"}, "x.py:1 .send(...)"),
    (rules_money.unguarded_sends, {"hosts/x.py": "Broker.send(broker, order)\n"}, "x.py:1 .send(...)"),
    (rules_money.unguarded_sends, {"hosts/x.py": "getattr(broker, 'send')(order)\n"}, "x.py:1 .send(...)"),
    (rules_money.unguarded_sends, {"hosts/x.py": "operator.methodcaller('send', order)\n"}, "x.py:1 .send(...)"),
    (
        rules_names.banned_words,
        {"docs/glossary.md": GLOSSARY, "agentic_core/x.py": "def run(order_manager): ...\n"},
        "x.py:1 order_manager",
    ),
    (
        rules_names.banned_words,
        {"docs/glossary.md": GLOSSARY, "agentic_core/x.py": "class OrderManager: ...\n"},
        "x.py:1 OrderManager",
    ),
    (rules_names.banned_words, {"docs/glossary.md": GLOSSARY, "hosts/manager.py": MODULE}, "manager.py:1 manager"),
    (rules_names.glossary_terms_without_class, {"docs/glossary.md": GLOSSARY}, "`Side` is in no package"),
    (rules_names.incomplete_exports, {"agentic_core/x.py": "__all__ = ['a']\na = 1\nb = 2\n"}, "b is public but not"),
    (rules_names.incomplete_exports, {"agentic_core/x.py": "__all__ = ['a']\n"}, "a is in `__all__` but not public"),
    (rules_names.incomplete_exports, {"agentic_core/__init__.py": "from agentic_core.x import a\n"}, "re-exports a"),
    (rules_names.missing_docstrings, {"agentic_core/x.py": "y = 1\n"}, "the module has no docstring"),
    (
        rules_names.missing_docstrings,
        {"agentic_core/x.py": f"{MODULE}class A:\n    '''An a.'''\n\n    def b(self): ...\n"},
        "x.py:5 b has no docstring",
    ),
    (rules_size.fat_hosts, {"hosts/x.py": "class A: ...\n"}, "a ClassDef in a host"),
    (rules_size.fat_hosts, {"hosts/x.py": "while True:\n    pass\n"}, "a While in a host"),
    (rules_size.fat_hosts, {"hosts/x.py": "a = 1\n" * 100}, "100 lines, 99 allowed"),
    (rules_size.fat_hosts, {"hosts/x.py": "def f(): ...\n" * 3}, "3 functions, 2 allowed"),
    (rules_size.files_over_budget, {"tests/x.py": "a = 1\n" * 301}, "301 lines, 300 allowed"),
    (
        rules_size.functions_over_budget,
        {"agentic_core/x.py": "def f():\n    '''Do.'''\n" + "    a = 1\n\n    # why\n" * 41},
        "x.py:1 f: 41 code lines",
    ),
    (rules_store.changed_migrations, {MIGRATION: "create table a ();\n"}, "not in checksums.txt"),
    (
        rules_store.changed_migrations,
        {MIGRATION: "create table a ();\n", str(rules_store.CHECKSUMS): f"{'0' * 64}  0001_start.sql\n"},
        "changed after it was recorded",
    ),
    (rules_store.changed_migrations, {str(rules_store.CHECKSUMS): f"{'0' * 64}  0001_start.sql\n"}, "file is gone"),
    (rules_store.loose_statements, {STATEMENT: "select 1;\n"}, "before the first"),
    (rules_store.loose_statements, {STATEMENT: "-- name: a\nselect 2;\n"}, "a is used by no code"),
    (rules_store.loose_statements, {STATEMENT: "-- name: a\n-- name: a\n", USER: "sql['a']"}, "a is named twice"),
    (rules_tests.patching, {"tests/x.py": "monkeypatch.setattr(a, 'b', 1)\n"}, "x.py:1 monkeypatch.setattr"),
    (rules_tests.patching, {"tests/x.py": "from unittest.mock import Mock\n"}, "imports unittest.mock"),
    (rules_tests.patching, {"tests/x.py": "def test_a(mocker): ...\n"}, "asks for `mocker`"),
    (
        rules_tests.ports_without_contract,
        {"agentic_core/ports/x.py": "class Clock(Protocol): ...\n"},
        "agentic_core.ports.x.Clock: no suite",
    ),
    (
        rules_tests.ports_without_contract,
        {"tests/contract/x.py": "PORTS = ('agentic_core.ports.x.A',)\n"},
        "is no port",
    ),
    (rules_tests.tests_without_docstring, {"tests/x.py": "def test_a(): ...\n"}, "test_a has no docstring"),
)


@pytest.mark.parametrize(("rule", "files", "caught"), CASES, ids=lambda value: getattr(value, "__name__", ""))
def test_rule_over_a_wrong_tree_names_the_violation(
    tmp_path: Path, rule: Rule, files: dict[str, str], caught: str
) -> None:
    """The rule names exactly what is wrong with the tree, and nothing else."""
    violations = rule(planted(tmp_path, files))
    assert [caught in violation for violation in violations] == [True]


def test_size_exception_of_a_vanished_file_is_named(tmp_path: Path) -> None:
    """The list of exceptions cannot outlive the code that needed it."""
    violations = rules_size.exceptions_out_of_date(tmp_path, {"agentic_core/x.py:f": "one table, read as a whole"})
    assert violations == ["agentic_core/x.py:f: listed, but the file is gone"]


def test_every_house_rule_has_a_wrong_tree() -> None:
    """No rule is trusted that was never seen to fail; the exceptions to the budgets have the test above."""
    assert {rule for rule, _, _ in CASES} | {rules_size.exceptions_out_of_date} == set(RULES)
