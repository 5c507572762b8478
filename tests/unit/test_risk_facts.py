"""What the pipeline is told about an open: read once, with nothing where there is nothing."""

from decimal import Decimal

import pytest

from agentic_core.domain import Figures, MarkSource, Side, Symbol
from agentic_core.risk.facts import Facts, gather
from agentic_core.risk.pipeline import closing_leg, named_figures
from tests.support.risk_scenes import Elsewhere, Scene, opening, scene

D = Decimal
ELSEWHERE = (Elsewhere(symbol=Symbol("SOL"), size=D(-6)),)


def facts_of(asked: Scene) -> Facts:
    """Read the facts of a scene."""
    market = asked.market
    return gather(asked.action, asked.account(market), market, asked.limits, asked.state)


def test_facts_hold_what_the_account_and_the_market_show() -> None:
    """Every number from where it stands."""
    asked = scene(
        held=D("0.02"),
        mark_age_ms=7,
        account_age_ms=8,
        unresolved=2,
        equity=D(9_001),
        baseline=D(9_002),
        peak=D(9_003),
        orders=4,
        minute_orders=3,
        elsewhere_usd=D(400),
        elsewhere=ELSEWHERE,
        open_intents=(opening(Side.BUY, "0.3"), opening(Side.SELL, "0.4")),
        stop_bps=100,
    )
    facts = facts_of(asked)
    assert (facts.action, facts.limits, facts.state) == (asked.action, asked.limits, asked.state)
    assert facts.instrument == asked.instrument
    assert (facts.mark, facts.mark_age_ms, facts.account_age_ms, facts.unresolved) == (D(50_000), 7, 8, 2)
    assert (facts.equity, facts.baseline, facts.peak) == (D(9_001), D(9_002), D(9_003))
    assert (facts.held, facts.buys, facts.sells) == (D("0.02"), D("0.3"), D("0.4"))
    assert (facts.orders, facts.minute_orders) == (4, 3)
    # 400 dollars of ETH at a fiftieth, 600 of what the venue does not list at a sixth.
    assert facts.elsewhere_usd == 1_000
    assert facts.elsewhere_maintenance.quantize(D("0.000001")) == 108


def test_facts_of_a_market_that_knows_nothing_are_empty() -> None:
    """No mark has no age and no source, and an instrument that is not listed is none."""
    facts = facts_of(scene(mark=None, listed=False, held=D("0.02")))
    assert (facts.instrument, facts.mark, facts.mark_age_ms, facts.venue_mark) == (None, None, 0, False)


@pytest.mark.parametrize("source", MarkSource)
def test_facts_tell_the_venues_own_mark_from_others(source: MarkSource) -> None:
    """Only the venue is the venue."""
    assert facts_of(scene(mark_source=source)).venue_mark is (source is MarkSource.VENUE)


def test_facts_without_a_stop_ask_for_no_maintenance_margin() -> None:
    """Nobody would use it."""
    assert facts_of(scene(elsewhere=ELSEWHERE)).elsewhere_maintenance == 0


def test_facts_count_the_orders_of_this_minute_only() -> None:
    """Those of the minute before are over."""
    assert facts_of(scene(minute_orders=3, minutes_ago=1)).minute_orders == 0


def test_closing_leg_needs_a_side_and_something_held_against_it() -> None:
    """An open that names no side closes nothing."""
    assert closing_leg(facts_of(scene(held=D("0.02"), side=None))) is None
    assert closing_leg(facts_of(scene(held=D("-0.02"), side=None))) is None
    assert closing_leg(facts_of(scene(held=D("0.02")))) is None
    assert closing_leg(facts_of(scene())) is None
    leg = closing_leg(facts_of(scene(held=D("-0.02"))))
    assert leg is not None
    assert (leg.side, leg.size, leg.reduce_only) == (Side.BUY, D("0.02"), True)


@pytest.mark.parametrize("exponent", [100, -100])
def test_figures_name_numbers_of_up_to_a_hundred_digits(exponent: int) -> None:
    """No price or size needs more, and a database could not hold any number of them."""
    longest = D(1).scaleb(exponent)
    longer = D(1).scaleb(exponent + (1 if exponent > 0 else -1))
    assert named_figures(scene(size=longest, limit_price=longest).action) == Figures(size=longest, limit_price=longest)
    assert named_figures(scene(size=longer, limit_price=longer).action) == Figures()
