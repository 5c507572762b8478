"""The generated pages are those that the present tables draw."""

from pathlib import Path

from agentic_core.risk.rules import RULES
from agentic_hl.probe.assumptions import by_id
from agentic_hl.wire.assumptions import ASSUMED
from tests.docs.generated import PAGES, ROOT, outdated


def test_generated_pages_are_up_to_date() -> None:
    """Each page equals what the code would write; `python -m tests.docs` writes them."""
    assert outdated(ROOT) == []


def test_page_that_differs_by_one_character_is_found(tmp_path: Path) -> None:
    """The comparison fails on a changed page and on a missing one."""
    changed, *missing = PAGES
    target = tmp_path / changed
    target.parent.mkdir(parents=True)
    target.write_text(PAGES[changed]() + " ", encoding="utf-8")
    assert outdated(tmp_path) == [changed, *missing]


def test_page_of_rules_has_every_rule_once() -> None:
    """One row a rule, under its stage."""
    rows = [line for line in PAGES["docs/reference/risk-rules.md"]().splitlines() if line.startswith("| ")]
    for rule in RULES:
        assert sum(f"| {rule.stage} | `{rule.id}` |" in row for row in rows) == 1


def test_page_of_assumptions_has_every_id_once() -> None:
    """One row each, for the questions of the probe and for what the wire takes for true beside them."""
    rows = [line for line in PAGES["docs/reference/hyperliquid-assumptions.md"]().splitlines() if line.startswith("| ")]
    named = [name for row in rows for name in row.split(" | ")[0].removeprefix("| ").split(", ")]
    assert sorted(name for name in named if name != "id") == sorted(by_id.keys() | ASSUMED.keys())
