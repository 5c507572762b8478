"""The house rules hold for the repository as it stands; `test_*_catches_violations` prove that each can fail."""

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
from tests.policy.tree import ROOT

RULES: tuple[Callable[[Path], list[str]], ...] = (
    rules_files.places_outside,
    rules_files.reaches_outside,
    rules_files.strangers_at_the_top,
    rules_layers.heavy_imports,
    rules_layers.packages_missing_from_purity,
    rules_locks.pins_without_hash,
    rules_locks.stale_locks,
    rules_money.float_conversions,
    rules_money.forged_intents,
    rules_money.loose_values,
    rules_money.unguarded_sends,
    rules_names.banned_words,
    rules_names.glossary_terms_without_class,
    rules_names.incomplete_exports,
    rules_names.missing_docstrings,
    rules_size.exceptions_out_of_date,
    rules_size.fat_hosts,
    rules_size.files_over_budget,
    rules_size.functions_over_budget,
    rules_store.changed_migrations,
    rules_store.loose_statements,
    rules_tests.patching,
    rules_tests.ports_without_contract,
    rules_tests.tests_without_docstring,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_repository_keeps_the_rule(rule: Callable[[Path], list[str]]) -> None:
    """No file of the repository breaks the rule."""
    violations = rule(ROOT)
    if violations:
        pytest.fail("\n".join(violations), pytrace=False)
