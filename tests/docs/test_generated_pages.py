"""The generated pages are those that the present tables draw."""

from pathlib import Path

from agentic_core.risk.rules import RULES
from tests.docs.generated import PAGES, ROOT, outdated


def test_generated_pages_are_up_to_date() -> None:
    """Each page equals what the code would write; `python -m tests.docs` writes them."""
    assert outdated(ROOT) == []


def test_page_that_differs_by_one_character_is_found(tmp_path: Path) -> None:
    """The comparison fails on a changed page and on a missing one."""
    changed, missing = PAGES
    target = tmp_path / changed
    target.parent.mkdir(parents=True)
    target.write_text(PAGES[changed]() + " ", encoding="utf-8")
    assert outdated(tmp_path) == [changed, missing]


def test_page_of_rules_has_every_rule_once() -> None:
    """One row a rule, under its stage."""
    rows = [line for line in PAGES["docs/reference/risk-rules.md"]().splitlines() if line.startswith("| ")]
    for rule in RULES:
        assert sum(f"| {rule.stage} | `{rule.id}` |" in row for row in rows) == 1
