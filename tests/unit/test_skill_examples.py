"""The example skills are valid, and the tiny one says why it cannot trade."""

from decimal import Decimal
from pathlib import Path

import pytest

from agentic_core.domain.money import Usd
from agentic_core.skills import SkillMode, Tradable, Untradable, check_tradable, load_skill, policy_for

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "skills"
NAMES = ["breakout-eth", "sma-cross-btc", "thesis-btc", "tiny-test"]


def test_examples_are_those_that_are_tested() -> None:
    """No example file escapes these tests."""
    assert sorted(path.stem for path in FOLDER.iterdir()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_example_is_valid_and_tradable_on_ten_thousand_dollars(name: str) -> None:
    """Each example loads, makes its policy where it has one, and could trade on the default account."""
    skill = load_skill((FOLDER / f"{name}.json").read_text(), source=name)

    assert isinstance(check_tradable(skill, Usd(Decimal(10_000))), Tradable)
    if skill.mode is not SkillMode.THESIS:
        assert skill.rules is not None
        assert policy_for(skill).name == skill.rules.policy


def test_tiny_test_has_the_caps_of_the_launch_checklist_and_cannot_trade_with_hundred_dollars() -> None:
    """The checklist's caps are below the venue's smallest order; ten percent would do."""
    skill = load_skill((FOLDER / "tiny-test.json").read_text(), source="tiny-test")
    verdict = check_tradable(skill, Usd(Decimal(100)))

    assert skill.risk.max_position_pct == 2
    assert skill.risk.max_total_exposure_pct == 2
    assert skill.risk.max_orders_per_day == 4
    assert isinstance(verdict, Untradable)
    assert {blocker.smallest for blocker in verdict.blockers} == {Decimal(10)}
