"""What each piece of evidence makes of an order that was sent, one row of the protocol's table after the other."""

from decimal import Decimal

import pytest

from agentic_core.domain import IntentKind, IntentState, Rejected
from agentic_core.errors import IllegalTransition
from agentic_core.execution.evidence import (
    AnsweredFilled,
    AnsweredResting,
    BurnAcknowledged,
    BurnBegan,
    Evidence,
    FillsBooked,
    FillSeen,
    HttpRefused,
    NeverLeft,
    OrderRefused,
    OrderSeen,
    OrderStatus,
    RequestRefused,
    SendBegan,
    Unclear,
    Withdrawn,
)
from agentic_core.execution.findings import Finding
from agentic_core.execution.intent import Learned, learn, learn_outcome
from agentic_core.execution.life import begin
from tests.support.intents import EPOCH, LOST, SENT, contradicted, fresh, made, size, told

D = Decimal
STATES = IntentState
REFUSED = OrderRefused(reason="insufficient margin")


def test_new_intent_is_prepared_and_nothing_is_known() -> None:
    """It is durable and nothing has happened."""
    life = begin(made())
    assert (life.state, life.filled, life.booked, life.sends, life.burns) == (STATES.PREPARED, D(0), D(0), 0, 0)
    assert (life.absent_at, life.ended_by, life.epoch, life.cloid) == (None, None, EPOCH, made().intent.cloid)
    assert (life.is_terminal, life.is_unresolved, life.landed) == (False, True, False)


# ── 200, ok ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_answer_filled_in_full_is_filled_until_the_fills_are_booked() -> None:
    """The size of the answer is enough to end the order, and not enough for the books."""
    life = fresh(SENT, AnsweredFilled(filled=size("2")))
    assert (life.state, life.filled, life.booked, life.ended_by) == (STATES.FILLED, D(2), D(0), Finding.EXECUTED_ALL)
    half = told(life, FillsBooked(filled=size("1")))
    assert (half.state, half.booked) == (STATES.FILLED, D(1))
    whole = told(half, FillsBooked(filled=size("2")))
    assert (whole.state, whole.booked, whole.ended_by) == (STATES.BOOKED, D(2), Finding.EXECUTED_ALL)


def test_answer_filled_in_part_is_partial_until_the_fills_are_booked() -> None:
    """An immediate order that filled in part has ended."""
    life = fresh(SENT, AnsweredFilled(filled=size("0.5")))
    assert (life.state, life.filled, life.ended_by) == (STATES.PARTIAL, D("0.5"), Finding.ENDED_PART)
    assert told(life, FillsBooked(filled=size("0.5"))).state is STATES.BOOKED


@pytest.mark.parametrize("style", ["gtc", "stop"])
def test_answer_resting_is_resting(style: str) -> None:
    """The venue holds it: nothing is unknown about it, and it has not ended."""
    life = fresh(SENT, AnsweredResting(), style=style)
    assert (life.state, life.is_unresolved, life.is_terminal, life.landed) == (STATES.RESTING, False, False, True)


@pytest.mark.parametrize("style", ["gtc", "stop"])
def test_answer_filled_in_part_of_an_order_that_may_rest_is_resting(style: str) -> None:
    """Its remainder stands in the book."""
    life = fresh(SENT, AnsweredFilled(filled=size("0.5")), style=style)
    assert (life.state, life.filled) == (STATES.RESTING, D("0.5"))


def test_answer_to_an_action_without_size_is_filled_by_ok_alone() -> None:
    """A cancel or a change of leverage has nothing to execute; `ok` says that it was done."""
    cancel = begin(made(units="0", kind=IntentKind.CANCEL))
    assert told(cancel, SENT, AnsweredFilled(filled=size("0"))).state is STATES.FILLED


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "refusal",
    [
        OrderRefused(reason="price too far"),
        RequestRefused(reason="bad signature", catalogued=True),
        HttpRefused(status=400, venue_shaped=True),
        HttpRefused(status=422, venue_shaped=True),
        HttpRefused(status=429, venue_shaped=True),
        HttpRefused(status=499, venue_shaped=True),
    ],
)
@pytest.mark.parametrize("before", [(), (LOST,)])
def test_refusal_of_the_first_and_only_send_is_rejected(refusal: Evidence, before: tuple[Evidence, ...]) -> None:
    """Nothing executed, also when the answer comes after we had given it up."""
    life = fresh(SENT, *before, refusal)
    assert (life.state, life.filled, life.ended_by) == (STATES.REJECTED, D(0), Finding.REFUSED)


UNPROVEN = [
    OrderRefused(reason="price too far", only_send=False),
    RequestRefused(reason="a message nobody knows", catalogued=False),
    RequestRefused(reason="bad signature", catalogued=True, only_send=False),
    HttpRefused(status=422, venue_shaped=False),
    HttpRefused(status=429, venue_shaped=False),
    HttpRefused(status=429, venue_shaped=True, only_send=False),
    HttpRefused(status=399, venue_shaped=True),
    HttpRefused(status=500, venue_shaped=True),
    HttpRefused(status=503, venue_shaped=True),
    HttpRefused(status=502, venue_shaped=False),
    *(Unclear(cause=cause) for cause in ("503", "timeout", "reset after bytes", "bad JSON", "task cancelled", "crash")),
]


@pytest.mark.parametrize("answer", UNPROVEN)
def test_answer_that_proves_nothing_is_unknown(answer: Evidence) -> None:
    """A refusal that a copy could belie, a stranger's 4xx, any 5xx and silence are all the same."""
    life = fresh(SENT, answer)
    assert (life.state, life.ended_by, life.is_unresolved) == (STATES.UNKNOWN, None, True)
    assert told(life, answer) == life


@pytest.mark.parametrize("refusal", [REFUSED, HttpRefused(status=429, venue_shaped=True)])
def test_refusal_of_a_second_send_is_unknown(refusal: Evidence) -> None:
    """It speaks of that send only, although the first one provably never left."""
    life = fresh(SENT, NeverLeft(send=1), SENT, refusal)
    assert (life.state, life.sends) == (STATES.UNKNOWN, 2)


@pytest.mark.parametrize("refusal", [REFUSED, HttpRefused(status=429, venue_shaped=True)])
def test_refusal_of_what_was_never_sent_is_unknown(refusal: Evidence) -> None:
    """Somebody sent it and did not write that down, so nobody knows how often."""
    assert fresh(refusal).state is STATES.UNKNOWN


@pytest.mark.parametrize("answer", [*UNPROVEN, BurnBegan()])
def test_answer_that_proves_nothing_changes_nothing_about_an_order_at_the_venue(answer: Evidence) -> None:
    """A lost answer does not unsee the order."""
    life = fresh(SENT, AnsweredResting(), style="gtc")
    assert told(life, answer).state is STATES.RESTING


@pytest.mark.parametrize(
    "proof", [REFUSED, NeverLeft(send=1), BurnAcknowledged(), HttpRefused(status=422, venue_shaped=True)]
)
@pytest.mark.parametrize("sight", [AnsweredResting(), FillSeen(filled=size("1")), FillSeen(filled=size("2"))])
def test_proof_that_it_never_landed_contradicts_its_sighting(proof: Evidence, sight: Evidence) -> None:
    """Facts win: the state stays, and people are told."""
    life = fresh(SENT, BurnBegan(), sight)
    found = contradicted(life, proof)
    assert (found.finding, found.now, found.before, found.evidence) == (Finding.CLASH, life, life, proof)


# ── failures before the first byte ───────────────────────────────────────────────────────────────────────────────────


def test_failure_before_the_first_byte_is_prepared_again() -> None:
    """It may be sent again, for it was not sent."""
    life = fresh(SENT, NeverLeft(send=1))
    assert (life.state, life.sends) == (STATES.PREPARED, 1)
    assert told(life, NeverLeft(send=1)) == life


@pytest.mark.parametrize("send", [0, 1, 3])
def test_failure_of_another_send_says_nothing(send: int) -> None:
    """Late news of the first failure does not call back the second send."""
    second = fresh(SENT, NeverLeft(send=1), SENT)
    assert told(second, NeverLeft(send=send)) == second
    assert told(second, NeverLeft(send=2)).state is STATES.PREPARED


def test_failure_before_the_first_byte_after_a_lost_answer_stays_unknown() -> None:
    """Who has called it unknown waits for a proof."""
    assert fresh(SENT, LOST, NeverLeft(send=1)).state is STATES.UNKNOWN


def test_withdrawal_by_its_own_epoch_before_any_send_is_dead() -> None:
    """Nobody else may send it."""
    life = fresh(Withdrawn(epoch=EPOCH))
    assert (life.state, life.ended_by) == (STATES.DEAD, Finding.WITHDRAWN)


def test_withdrawal_by_another_epoch_or_after_a_send_says_nothing() -> None:
    """The epoch that prepared it may be sending it at this moment."""
    assert fresh(Withdrawn(epoch=EPOCH + 1)).state is STATES.PREPARED
    assert fresh(SENT, Withdrawn(epoch=EPOCH)).state is STATES.SENT
    assert fresh(SENT, NeverLeft(send=1), Withdrawn(epoch=EPOCH)).state is STATES.PREPARED
    assert fresh(LOST, Withdrawn(epoch=EPOCH)).state is STATES.UNKNOWN


def test_send_of_a_withdrawn_or_burned_intent_is_refused_here() -> None:
    """The message names the order, what is known and what to do."""
    words = "is prepared after 0 sends and 1 burns: .* by epoch 7; ask `next_step` before sending"
    with pytest.raises(IllegalTransition, match=words):
        learn(fresh(BurnBegan()), SENT)
    with pytest.raises(IllegalTransition, match="is dead after 0 sends"):
        learn(fresh(Withdrawn(epoch=EPOCH)), SENT)
    with pytest.raises(IllegalTransition):
        learn(fresh(), SendBegan(epoch=EPOCH + 1))


# ── sightings ────────────────────────────────────────────────────────────────────────────────────────────────────────

LANDED: dict[str, tuple[Evidence, IntentState]] = {
    "resting": (OrderSeen(status=OrderStatus.RESTING), STATES.RESTING),
    "resting with a fill": (OrderSeen(status=OrderStatus.RESTING, filled=size("1")), STATES.RESTING),
    "filled": (OrderSeen(status=OrderStatus.FILLED, filled=size("2")), STATES.FILLED),
    "filled, fills not listed yet": (OrderSeen(status=OrderStatus.FILLED), STATES.FILLED),
    "canceled": (OrderSeen(status=OrderStatus.CANCELED), STATES.DEAD),
    "canceled with a fill": (OrderSeen(status=OrderStatus.CANCELED, filled=size("1")), STATES.PARTIAL),
    "canceled when full": (OrderSeen(status=OrderStatus.CANCELED, filled=size("2")), STATES.FILLED),
    "rejected": (OrderSeen(status=OrderStatus.REJECTED), STATES.REJECTED),
    "rejected with a fill": (OrderSeen(status=OrderStatus.REJECTED, filled=size("1")), STATES.PARTIAL),
    "fill of all": (FillSeen(filled=size("2")), STATES.FILLED),
    "answered filled": (AnsweredFilled(filled=size("2")), STATES.FILLED),
}


@pytest.mark.parametrize("story", [(), (SENT,), (SENT, LOST), (SENT, LOST, BurnBegan()), (BurnBegan(),)])
@pytest.mark.parametrize("sight", LANDED)
def test_sighting_of_the_order_is_always_accepted(story: tuple[Evidence, ...], sight: str) -> None:
    """Positive proof counts wherever we thought the order was, also when we never recorded a send."""
    evidence, state = LANDED[sight]
    assert fresh(*story, evidence).state is state


@pytest.mark.parametrize(("story", "state"), [((), "unknown"), ((SENT,), "sent"), ((SENT, LOST), "unknown")])
def test_fill_of_a_part_leaves_an_immediate_order_unresolved(story: tuple[Evidence, ...], state: str) -> None:
    """More of it may execute, or have executed, until its end is seen."""
    life = fresh(*story, FillSeen(filled=size("1")))
    assert (life.state.value, life.filled, life.is_unresolved, life.landed) == (state, D(1), True, True)


@pytest.mark.parametrize("style", ["gtc", "stop"])
def test_fill_of_a_part_of_an_order_that_may_rest_is_resting(style: str) -> None:
    """The venue holds what is left of it."""
    assert fresh(FillSeen(filled=size("1")), style=style).state is STATES.RESTING


def test_rejected_and_dead_differ_only_in_name() -> None:
    """The venue lists an order that never executed as rejected, or as canceled with nothing filled."""
    rejected = fresh(SENT, OrderSeen(status=OrderStatus.REJECTED))
    dead = fresh(SENT, OrderSeen(status=OrderStatus.CANCELED))
    assert (rejected.ended_by, dead.ended_by) == (Finding.ENDED_REJECTED, Finding.ENDED_EMPTY)
    assert (rejected.filled, dead.filled) == (D(0), D(0))


# ── a broker's answer without a recorded send ────────────────────────────────────────────────────────────────────────


def test_outcome_of_a_send_that_was_not_recorded_counts_the_send() -> None:
    """Stores that keep no record of the sending let the answer stand for both."""
    rejected = Rejected(cloid=made().intent.cloid, reason="no")
    learned = learn_outcome(fresh(), rejected)
    assert isinstance(learned, Learned)
    assert (learned.life.state, learned.life.sends, learned.news) == (STATES.REJECTED, 1, True)
    again = learn_outcome(learned.life, rejected)
    assert again == Learned(life=learned.life, news=False)


def test_outcome_of_a_burned_intent_is_refused() -> None:
    """It cannot have been sent."""
    with pytest.raises(IllegalTransition):
        learn_outcome(fresh(BurnBegan()), Rejected(cloid=made().intent.cloid, reason="no"))
