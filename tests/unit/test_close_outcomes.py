"""What became of a closing order, in the words of the close ladder."""

import pytest

from agentic_core.execution.close_moves import CLOSE_MOVES, CloseState
from agentic_core.execution.close_moves import CloseOutcome as Outcome
from agentic_core.execution.close_outcomes import close_outcome, refusal_outcome
from agentic_core.execution.evidence import (
    AnsweredFilled,
    AnsweredResting,
    BurnAcknowledged,
    BurnBegan,
    Evidence,
    FillsBooked,
    OrderRefused,
    OrderSeen,
    OrderStatus,
    Withdrawn,
)
from tests.support.intents import DEADLINE, EPOCH, LOST, SENT, absence, fresh, size


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("Only post-only orders allowed immediately after a network upgrade", Outcome.POST_ONLY_PHASE),
        ("Trading is halted. asset=0", Outcome.TRADING_HALTED),
        ("Post only order would have immediately matched, bbo was 99@101. asset=0", Outcome.WOULD_MATCH),
        ("Reduce only order would increase position. asset=3", Outcome.NO_POSITION),
        ("Order could not immediately match against any resting orders. asset=3", Outcome.UNMATCHED),
        ("No liquidity available for market order. asset=3", Outcome.UNMATCHED),
        ("iocCancelRejected", Outcome.UNMATCHED),
        ("reduceOnlyRejected", Outcome.NO_POSITION),
        ("Insufficient margin to place order. asset=3", Outcome.REFUSED),
        ("", Outcome.REFUSED),
    ],
)
def test_refusal_outcome_reads_the_documented_texts(reason: str, outcome: Outcome) -> None:
    """The few texts that change what comes next are found inside a reason; all others are plain refusals."""
    assert refusal_outcome(reason) is outcome


@pytest.mark.parametrize(
    ("evidence", "outcome"),
    [
        ((), Outcome.UNRESOLVED),
        ((SENT,), Outcome.UNRESOLVED),
        ((SENT, LOST), Outcome.UNRESOLVED),
        ((SENT, AnsweredFilled(filled=size("2"))), Outcome.FILLED),
        ((SENT, AnsweredFilled(filled=size("2")), FillsBooked(filled=size("2"))), Outcome.FILLED),
        ((SENT, AnsweredFilled(filled=size("0.5"))), Outcome.PARTLY_FILLED),
        ((SENT, AnsweredFilled(filled=size("0.5")), FillsBooked(filled=size("0.5"))), Outcome.PARTLY_FILLED),
        # Clipped to the position, and how much that was is not counted yet.
        ((SENT, LOST, OrderSeen(status=OrderStatus.FILLED)), Outcome.FILLED),
        ((SENT, OrderSeen(status=OrderStatus.CANCELED)), Outcome.UNMATCHED),
        ((SENT, OrderSeen(status=OrderStatus.CANCELED, filled=size("1"))), Outcome.PARTLY_FILLED),
        ((SENT, AnsweredResting(filled=size("1"))), Outcome.RESTS),
        ((Withdrawn(epoch=EPOCH),), Outcome.LOST),
        ((SENT, LOST, BurnBegan(), BurnAcknowledged()), Outcome.LOST),
        ((SENT, LOST, absence(DEADLINE + 1), absence(DEADLINE + 2_001)), Outcome.LOST),
    ],
)
def test_close_outcome_follows_what_is_known(evidence: tuple[Evidence, ...], outcome: Outcome) -> None:
    """An order that never arrived says nothing of the book, one that ended empty does, and silence is neither."""
    assert close_outcome(fresh(*evidence, style="close")) is outcome


def test_close_outcome_of_a_refusal_needs_its_text() -> None:
    """Refused by an answer, the text decides; found refused later, nobody knows why."""
    refused = fresh(SENT, OrderRefused(reason="Trading is halted."), style="close")
    assert close_outcome(refused, "Trading is halted.") is Outcome.TRADING_HALTED
    assert close_outcome(refused) is Outcome.REFUSED


@pytest.mark.parametrize("state", [CloseState.TAKING, CloseState.PEGGING])
def test_lost_order_is_tried_again_at_the_same_width(state: CloseState) -> None:
    """What never arrived is no refusal and no thin book: it neither counts nor widens, and waits a moment."""
    move = CLOSE_MOVES[state, Outcome.LOST]
    assert (move.to, move.ends, move.pauses, move.widens, move.counts) == (state, True, True, False, False)
