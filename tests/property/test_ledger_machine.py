"""The shipped paper account equals the reference in plain integers, whatever is ordered and however markets move."""

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.ledger_machine import SEEN, LedgerMachine

REACHED = {
    "Cannot switch leverage type",
    "Cross position does not have",
    "Insufficient margin",
    "Invalid TP/SL price.",
    "Invalid leverage value.",
    "Isolated position does not have",
    "Order could not immediately match",
    "Order has invalid size.",
    "Order has zero size.",
    "Order must have minimum",
    "Order price cannot",
    "Order would cause position",
    "Post only",
    "Price must be",
    "Reduce only order would increase position.",
    "Too many open orders.",
    "Trading is halted.",
    "alo taken",
    "canceled",
    "cross leverage",
    "filled",
    "funding hours",
    "gtc taken",
    "gtc trigger taken",
    "ioc taken",
    "ioc trigger taken",
    "iocCancelRejected",
    "isolated leverage",
    "liquidatedCanceled",
    "reduceOnlyCanceled",
    "selfTradeCanceled",
    "siblingFilledCanceled",
    "triggered",
}
"""What the drawn runs come to."""


def test_paper_account_equals_the_reference_after_every_operation() -> None:
    """Cash, positions, margins, fills, open orders, their ends, counters and verdicts, over every ending there is."""
    SEEN.clear()
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(max_examples=400, stateful_step_count=50, suppress_health_check=list(HealthCheck)),
    )
    # The rarest come and go with the constants that hypothesis finds in loaded modules.
    assert len(REACHED - set(SEEN)) <= len(REACHED) // 10
