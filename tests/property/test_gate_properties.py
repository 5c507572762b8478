"""The gate before a broker: no open leaves that the risk engine would refuse at that moment, and every close does."""

from decimal import Decimal

import msgspec
from hypothesis import given

from agentic_core.domain import Accepted, ActionKind, Approved, Denied, IntentKind, PreparedIntent, ProposedAction, Size
from agentic_core.risk import RULES, process
from agentic_core.runtime.drive import immediately
from tests.support.dice import Dice, rolls
from tests.support.examples import thorough
from tests.support.gates import Gate
from tests.support.rolled_scenes import BYTES, open_scenes

TIME_TO_ARRIVE_MS = 3_000


def gates(dice: Dice) -> tuple[Gate, PreparedIntent]:
    """Roll an order at the gate: what was decided may have come to stand in another account, market or minute."""
    asked = open_scenes(dice)
    wish = asked.size or (asked.size_usd or Decimal(1)) / (asked.mark or Decimal(1))
    size = asked.instrument.size_down(wish)
    asked = msgspec.structs.replace(asked, size=size, size_usd=None, mark=dice.mostly(asked.mark, None))
    gate = Gate(asked, clock_ahead_ms=dice.mostly(0, 1, 3_000))
    seen = dice.any_of(Size(asked.held), None, dice.mostly(Size(asked.held), Size(asked.held + 1)))
    expires_in_ms = dice.any_of(None, None, TIME_TO_ARRIVE_MS, dice.mostly(TIME_TO_ARRIVE_MS, TIME_TO_ARRIVE_MS - 1))
    return gate, gate.prepared(expires_in_ms, position_before=seen)


def passes(gate: Gate, order: PreparedIntent) -> bool:
    """Tell whether the risk engine approves an order at this moment, with its mark as old as the clock says."""
    intent, asked = order.intent, gate.asked
    mark = gate.market.mark(intent.symbol)
    action = ProposedAction(
        kind=ActionKind.OPEN, symbol=intent.symbol, side=intent.side, size=intent.size, limit_price=intent.limit_price
    )
    verdict = process(action, gate.account, gate.market, asked.limits, asked.state)
    young = mark is not None and gate.now - mark.as_of <= asked.mark_age_ms_max
    return isinstance(verdict, Approved) and verdict.withheld is None and young


@thorough
@given(rolls(gates, BYTES))
def test_gate_sends_exactly_the_opens_that_the_engine_approves_at_that_moment(
    rolled: tuple[Gate, PreparedIntent],
) -> None:
    """An approval from before is worth nothing if the rules, the position or the time left say otherwise now."""
    gate, order = rolled
    unmoved = order.intent.position_before in {None, gate.asked.held}
    in_time = order.expires_at is None or order.expires_at - gate.now >= TIME_TO_ARRIVE_MS
    outcome = immediately(gate.guarded.submit(order))
    assert gate.broker.sent == ([order] if isinstance(outcome, Accepted) else [])
    assert isinstance(outcome, Accepted) is (passes(gate, order) and unmoved and in_time)
    if isinstance(outcome, Denied):
        assert outcome.rule in {rule.id for rule in RULES}


@thorough
@given(rolls(lambda dice: (*gates(dice), dice.any_of(None, IntentKind.CANCEL, IntentKind.NOOP)), BYTES))
def test_gate_never_holds_back_what_cannot_grow_a_position(
    rolled: tuple[Gate, PreparedIntent, IntentKind | None],
) -> None:
    """Reducing orders, cancels and no-ops pass in every state, at any age of anything, with any limits."""
    gate, order, kind = rolled
    shrinks = {"reduce_only": True} if kind is None else {"kind": kind}
    shrinking = msgspec.structs.replace(order, intent=msgspec.structs.replace(order.intent, **shrinks))
    assert isinstance(immediately(gate.guarded.submit(shrinking)), Accepted)
    assert gate.broker.sent == [shrinking]
