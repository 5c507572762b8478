"""A stage that refuses nothing says nothing: None, and not another thing that is false."""

from decimal import Decimal

import pytest

from agentic_core.domain import ActionKind
from agentic_core.risk.facts import gather
from agentic_core.risk.measure import measure
from agentic_core.risk.stages import (
    close_misshapen,
    equity_needed_at_stop,
    maintenance_at_stop,
    open_misshapen,
    out_of_reach,
    over_allowances,
    over_caps,
    refused_by_venue,
    stale,
    stop_too_late,
)
from tests.support.broken_rules import PLENTY
from tests.support.risk_scenes import Scene, scene

D = Decimal


@pytest.mark.parametrize("asked", [Scene(), PLENTY, scene(limit_price=D(50_000)), scene(stop_bps=100)])
def test_stage_that_refuses_nothing_says_nothing(asked: Scene) -> None:
    """Every stage of an open that passes."""
    market, instrument, mark = asked.market, asked.instrument, asked.mark or D(1)
    facts = gather(asked.action, asked.account(market), market, asked.limits, asked.state)
    measured = measure(facts, instrument, mark)
    said = (
        open_misshapen(asked.action),
        out_of_reach(facts),
        stale(facts),
        over_caps(facts, measured, instrument),
        over_allowances(facts, measured, 1),
        refused_by_venue(facts, measured, instrument, mark),
        stop_too_late(facts, measured, instrument),
    )
    assert said == (None,) * 7


@pytest.mark.parametrize("named", [{}, {"size": D(1)}, {"size_usd": D(1)}, {"size": D(1), "limit_price": D(1)}])
def test_shape_of_a_close_that_refuses_nothing_says_nothing(named: dict[str, object]) -> None:
    """Whole or in part, with a limit price or without."""
    asked = scene(**{"kind": ActionKind.CLOSE, "side": None, "size": None, **named})
    assert close_misshapen(asked.action) is None


def test_equity_needed_without_a_stop_is_the_maintenance_margin_at_the_mark() -> None:
    """A stop that is none lies at the mark: 500 dollars at the eightieth."""
    asked = Scene()
    market, instrument = asked.market, asked.instrument
    facts = gather(asked.action, asked.account(market), market, asked.limits, asked.state)
    measured = measure(facts, instrument, D(50_000))
    assert equity_needed_at_stop(facts, measured, instrument) == D("6.25")
    assert maintenance_at_stop(facts, measured, instrument) == D("6.25")
