"""From the outcomes of legs to one recorded result."""

from decimal import Decimal

import pytest

from agentic_core.domain import Executed, IntentState, RejectedResult, Side
from agentic_core.runtime.results import Leg, compose, intent_state
from tests.support.markets import order, prepared
from tests.support.turns import Fate, denied_by_the_gate, filled, partly_filled, rejected, unresolved

D = Decimal
ORDERS = [prepared(order(number, Side.BUY, "2", "100")) for number in range(3)]


def legs(*fates: Fate) -> list[Leg]:
    """Return legs of two units each that met these fates."""
    return [Leg(intent=one.intent, outcome=fate(one)) for one, fate in zip(ORDERS, fates, strict=False)]


@pytest.mark.parametrize(
    ("fate", "state"),
    [
        (filled, IntentState.FILLED),
        (partly_filled, IntentState.PARTIAL),
        (rejected, IntentState.REJECTED),
        (denied_by_the_gate, IntentState.REJECTED),
        (unresolved, IntentState.UNKNOWN),
    ],
)
def test_intent_state_of_an_outcome_is_what_is_proven(fate: Fate, state: IntentState) -> None:
    """An order whose fate nobody knows is unknown, neither filled nor rejected."""
    assert intent_state(fate(ORDERS[0])) is state


def test_compose_of_one_refused_leg_keeps_rule_words_and_numbers() -> None:
    """The venue's refusals stand under the rule VENUE, ours under their own."""
    assert compose(legs(rejected)) == RejectedResult(rule="VENUE", detail="the venue does not want it")
    assert compose(legs(denied_by_the_gate)) == RejectedResult(rule="R3_HALTED", detail="trading became halted")


def test_compose_adds_sizes_and_fees_of_all_fills() -> None:
    """What was executed counts, wherever it was."""
    result = compose(legs(filled, partly_filled, unresolved))
    assert isinstance(result, Executed)
    assert (result.filled_size, result.fee) == (D(3), D("0.50"))
    assert result.order_id == ORDERS[2].intent.cloid


def test_compose_of_several_legs_spells_out_every_state() -> None:
    """A leg that was refused beside others is no refusal of the action."""
    result = compose(legs(rejected, filled, denied_by_the_gate))
    assert isinstance(result, Executed)
    assert list(result.states.items()) == [
        (ORDERS[0].intent.cloid, "rejected"),
        (ORDERS[1].intent.cloid, "filled"),
        (ORDERS[2].intent.cloid, "rejected"),
    ]
