"""The shipped risk engine judges as the reference does, on live accounts and on any account and market by hand."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from agentic_core.domain import TradingState
from agentic_core.risk import process
from tests.oracle.reference_rules import Action, Caps, Order, verdict
from tests.support.both_facts import limits_of, numbers_shipped, proposal_of, scene_of, verdict_shipped
from tests.support.ledger_machine import BASES, SEEN, SIDES, SYMBOLS, UNITS, LedgerMachine
from tests.support.scene_machine import CAPS, JUDGED, SceneMachine

_DENIED = """
    R1_SIDE_MISSING R1_CLOSE_HAS_SIDE R1_SIZE_AMBIGUOUS R1_SIZE_NOT_POSITIVE R1_LIMIT_PRICE_NOT_POSITIVE
    R2_SYMBOL_NOT_ALLOWED R2_UNKNOWN_INSTRUMENT R3_HALTED R3_REDUCING R3_UNRESOLVED_ORDER
    R4_NO_MARK R4_MARK_AHEAD R4_STALE_MARK R4_MARK_SOURCE R4_STALE_ACCOUNT
    R5_NO_EQUITY R5_POSITION_CAP R5_EXPOSURE_CAP R5_BELOW_ORDER_MINIMUM R6_LEVERAGE_CAP R6_VENUE_LEVERAGE
    R7_ORDERS_PER_DAY R7_ORDERS_PER_MINUTE R8_DAILY_LOSS R8_DRAWDOWN
    R9_SIZE_ROUNDS_TO_ZERO R9_BELOW_VENUE_MINIMUM R9_PRICE_STEP R9_COLLAR R9_LIQUIDATION_BEFORE_STOP
"""
_WITHHELD = "R4_STALE_ACCOUNT R5_POSITION_CAP R5_EXPOSURE_CAP R7_ORDERS_PER_MINUTE R9_COLLAR"
REACHED = {
    "approved",
    "noop",
    "R9_PARTIAL_BELOW_MINIMUM",
    *(f"denied {rule_id}" for rule_id in _DENIED.split()),
    *(f"approved {rule_id}" for rule_id in _WITHHELD.split()),
}
"""What the drawn scenes come to: every rule of the table."""


class EngineMachine(LedgerMachine):
    """The ledger machine with a skill that proposes; what is approved is carried out."""

    @rule(
        way=st.sampled_from(["open", "open", "close", "part"]),
        symbol=SYMBOLS,
        side=SIDES,
        tenths=st.integers(0, 30),
        reach=st.sampled_from([None, None, 0, 1, 2, -1]),
        caps=CAPS,
    )
    def propose(self, way: str, symbol: str, side: int, tenths: int, reach: int | None, caps: Caps) -> None:
        """Propose an action on the live account and carry out what is approved."""
        size, limit = UNITS[symbol] * tenths // 10 + 1, None
        if reach is not None:
            limit = BASES[symbol] * (100 + side * reach) // 100
        action = Action("close", symbol, None, size if way == "part" else None)
        if way == "open":
            action = Action("open", symbol, side, size, limit=limit)
        scene = scene_of(self.both, "active")
        expected = verdict(action, scene, caps)
        judged = process(proposal_of(action), self.both.ledger, self.both.market, limits_of(caps), TradingState.ACTIVE)
        assert verdict_shipped(judged) == expected
        numbers = numbers_shipped(judged, scene.numbers)
        assert numbers == {name: scene.numbers[name] for name in numbers}
        kind, rule_id, legs, adjusted = expected
        SEEN.update([f"{kind} {rule_id}".strip(), *adjusted])
        for name, way_out, units, reduces, _ in legs:
            worst = BASES[name] * (100 + 6 * way_out) // 100
            self._place(Order(self.both.next_name(), name, way_out, units, worst, reduces))


def test_engine_on_a_live_account_judges_as_the_reference() -> None:
    """Plans, rules, adjustments and numbers are equal wherever orders, marks and liquidations have led."""
    SEEN.clear()
    run_state_machine_as_test(
        EngineMachine,
        settings=settings(max_examples=200, stateful_step_count=50, suppress_health_check=list(HealthCheck)),
    )


def test_engine_on_any_scene_judges_as_the_reference() -> None:
    """Every rule refuses where the reference says so, whole and withheld, and nowhere else."""
    JUDGED.clear()
    run_state_machine_as_test(
        SceneMachine,
        settings=settings(max_examples=600, stateful_step_count=50, suppress_health_check=list(HealthCheck)),
    )
    # The rarest come and go with the constants that hypothesis finds in loaded modules.
    assert len(REACHED - set(JUDGED)) <= len(REACHED) // 10
