"""How a report says what its chat model decided."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.backtest.report import render_html
from agentic_core.backtest.report.coverage import coverage_line
from agentic_core.domain import Coverage, RunRecord, Side, Usd
from tests.support.backtests import Script, backtest, flat
from tests.support.turns import open_of

WHOLE = Coverage(turns=312, answered=312, unusable={}, skipped={}, calls=340, cost_usd=Usd(Decimal("1.2345")))


def run_with(coverage: Coverage | None) -> RunRecord:
    """Return a small run with a coverage."""
    return msgspec.structs.replace(backtest(Script({1: open_of(Side.BUY, "1")}), flat(4)), coverage=coverage)


def test_coverage_says_how_many_turns_the_chat_model_decided() -> None:
    """With its calls and their cost."""
    said = "312 of 312 turns decided by the chat model; 340 calls for 1.23 USD"
    assert coverage_line(run_with(WHOLE)) == said
    assert said in render_html(run_with(WHOLE))


def test_coverage_of_a_void_run_says_so_first_and_names_every_cause() -> None:
    """Turns that were not decided are never left out of the sum."""
    coverage = Coverage(
        turns=312,
        answered=40,
        unusable={"malformed": 11, "steps_used_up": 1},
        skipped={"cost_guard": 260},
        calls=70,
        cost_usd=Usd(Decimal("0.25")),
    )
    said = (
        "Void: 12.82 % of the turns were answered, 95 % are needed. 40 of 312 turns decided by the chat model; "
        "12 unusable (malformed 11, steps used up 1); 260 not asked (cost guard 260); 70 calls for 0.25 USD"
    )
    assert coverage_line(run_with(coverage)) == said
    assert f'<p class="warning">{said}</p>' in render_html(run_with(coverage))


def test_rules_have_no_coverage() -> None:
    """Neither a line nor an element."""
    run = run_with(None)
    assert coverage_line(run) == ""
    assert "decided by the chat model" not in render_html(run)


@pytest.mark.parametrize(("answered", "is_void"), [(94, True), (95, False), (100, False), (0, True)])
def test_run_is_void_below_95_percent(answered: int, is_void: bool) -> None:
    """At 95 it counts."""
    assert msgspec.structs.replace(WHOLE, turns=100, answered=answered).is_void is is_void


def test_run_without_a_turn_is_void() -> None:
    """Nothing was decided."""
    assert msgspec.structs.replace(WHOLE, turns=0, answered=0).is_void
