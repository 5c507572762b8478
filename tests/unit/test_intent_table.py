"""The transition table of order intents, cell by cell, and every state with every kind of evidence."""

from collections.abc import Iterator
from itertools import product
from typing import get_args

import pytest
from msgspec.structs import replace

from agentic_core.domain import TERMINAL_STATES, Instant, IntentState
from agentic_core.errors import IllegalTransition
from agentic_core.execution.evidence import (
    AbsenceRead,
    BurnBegan,
    Evidence,
    FillsBooked,
    FillSeen,
    OrderSeen,
    OrderStatus,
    SendBegan,
)
from agentic_core.execution.findings import INTENT_MOVES, VENUE_ENDS, Effect, Finding, Move
from agentic_core.execution.intent import Learned, Learning, learn
from agentic_core.execution.life import UNRESOLVED_STATES, Life
from tests.support.intents import DEADLINE, EPOCH, LOST, SENT, absence, every_evidence, fresh, size

# Where each finding leads. `.` stays, `!` contradicts what was known, `x` is a programming error.
EXPECTED = """
finding         prepared  sent      resting   partial   filled    rejected  unknown   dead      booked
sending         sent      x         x         x         x         x         x         x         x
missent         x         x         x         x         x         x         x         x         x
never_left      .         prepared  .         .         .         .         .         .         .
withdrawn       dead      .         .         .         .         .         .         .         .
unclear         unknown   unknown   .         .         .         .         .         .         .
refused         rejected  rejected  .         .         .         .         rejected  .         .
rests           resting   resting   .         !resting  !resting  !resting  resting   !resting  !resting
executing       unknown   .         .         !unknown  !unknown  !unknown  .         !unknown  !unknown
executed_all    filled    filled    filled    !filled   !         !filled   filled    !filled   !filled
called_filled   filled    filled    filled    filled    .         !filled   filled    !filled   .
overfilled      !filled   !filled   !filled   !filled   !         !filled   !filled   !filled   !filled
ended_part      partial   partial   partial   !         !partial  !partial  partial   !partial  !partial
ended_empty     dead      dead      dead      .         .         .         dead      .         .
ended_rejected  rejected  rejected  rejected  .         .         .         rejected  .         .
burning         .         .         .         .         .         .         .         .         .
burned          dead      dead      .         .         .         .         dead      .         .
absent          .         .         .         .         .         .         .         .         .
outlived        dead      dead      .         .         .         .         dead      .         .
outlived_part   partial   partial   .         .         .         .         partial   .         .
booked          .         .         .         booked    booked    .         .         .         .
clash           !         !         !         !         !         !         !         !         !
nothing         .         .         .         .         .         .         .         .         .
"""
EFFECTS = {".": Effect.STAYS, "!": Effect.CONTRADICTS, "x": Effect.ILLEGAL}


def expected_moves() -> dict[tuple[IntentState, Finding], Move]:
    """Read the expectation above."""
    header, *lines = EXPECTED.strip().splitlines()
    states = [IntentState(word) for word in header.split()[1:]]
    found = {}
    for line in lines:
        name, *cells = line.split()
        for state, cell in zip(states, cells, strict=True):
            to = IntentState(cell.strip(".!x") or state)
            found[state, Finding(name)] = Move(to=to, effect=EFFECTS.get(cell[0], Effect.MOVES))
    return found


@pytest.mark.parametrize("state", IntentState)
@pytest.mark.parametrize("finding", Finding)
def test_cell_of_the_table_is_the_expected_one(state: IntentState, finding: Finding) -> None:
    """Each state with each finding leads where the protocol says."""
    assert INTENT_MOVES[state, finding] == expected_moves()[state, finding]


def test_table_has_every_cell_and_no_other() -> None:
    """Nine states times twenty-two findings."""
    assert INTENT_MOVES.keys() == set(product(IntentState, Finding))
    assert len(INTENT_MOVES) == 198


def moves(state: IntentState) -> set[IntentState]:
    """Return where a state can go by news that fit."""
    cells = (INTENT_MOVES[state, finding] for finding in Finding)
    return {cell.to for cell in cells if cell.effect is Effect.MOVES}


@pytest.mark.parametrize("state", sorted(TERMINAL_STATES))
def test_terminal_state_is_left_only_for_the_books_or_for_a_better_word(state: IntentState) -> None:
    """Nothing that fits what is known revives an order; a part may turn out to be all there was, then it is booked."""
    after = {IntentState.FILLED: {IntentState.BOOKED}, IntentState.PARTIAL: {IntentState.FILLED, IntentState.BOOKED}}
    assert moves(state) == after.get(state, set())


def test_unknown_is_left_only_by_proof() -> None:
    """Every way out of UNKNOWN is a sighting of the order or a proof of its end."""
    ways = {finding for finding in Finding if INTENT_MOVES[IntentState.UNKNOWN, finding].effect is Effect.MOVES}
    sightings = {"rests", "executed_all", "called_filled", "ended_part", "ended_empty", "ended_rejected"}
    assert ways == sightings | {"refused", "burned", "outlived", "outlived_part"}


def test_move_that_stays_stays_where_it_is() -> None:
    """A cell without effect, or an illegal one, names its own state; a cell that moves names another."""
    for (state, _), move in INTENT_MOVES.items():
        assert (move.to is state) or move.effect in {Effect.MOVES, Effect.CONTRADICTS}
        assert (move.to is not state) or move.effect is not Effect.MOVES


def reachable(start: IntentState) -> set[IntentState]:
    """Return the states that a state can come to, itself included."""
    found, todo = {start}, [start]
    while todo:
        todo.extend(new := moves(todo.pop()) - found)
        found |= new
    return found


def test_every_state_can_be_reached_from_the_first() -> None:
    """No state is there for nothing."""
    assert reachable(IntentState.PREPARED) == set(IntentState)


@pytest.mark.parametrize("state", IntentState)
def test_every_state_can_come_to_an_end(state: IntentState) -> None:
    """Nothing is stuck."""
    assert reachable(state) & TERMINAL_STATES


def test_three_states_are_unresolved_and_six_findings_are_the_venues_own_ends() -> None:
    """RESTING is known, so it is not unresolved; a burn and a deadline are our proofs, not the venue's word."""
    assert {"prepared", "sent", "unknown"} == UNRESOLVED_STATES
    ends = {"executed_all", "called_filled", "overfilled", "ended_part", "ended_empty", "ended_rejected"}
    assert ends == VENUE_ENDS


def test_effects_are_named_for_readers_of_the_diagram() -> None:
    """Findings and effects are stored and shown by their words."""
    assert [effect.value for effect in Effect] == ["moves", "stays", "contradicts", "illegal"]
    assert all(finding.value == finding.name.lower() for finding in Finding)


# ── every state with every kind of evidence ──────────────────────────────────────────────────────────────────────────

HALF = FillSeen(filled=size("1"))
STORIES: dict[IntentState, tuple[Evidence, ...]] = {
    IntentState.PREPARED: (),
    IntentState.SENT: (SENT,),
    IntentState.RESTING: (SENT, OrderSeen(status=OrderStatus.RESTING)),
    IntentState.PARTIAL: (SENT, OrderSeen(status=OrderStatus.CANCELED, filled=size("1"))),
    IntentState.FILLED: (SENT, FillSeen(filled=size("2"))),
    IntentState.REJECTED: (SENT, OrderSeen(status=OrderStatus.REJECTED)),
    IntentState.UNKNOWN: (SENT, LOST),
    IntentState.DEAD: (SENT, absence(DEADLINE + 1), absence(DEADLINE + 2_001)),
    IntentState.BOOKED: (SENT, FillSeen(filled=size("2")), FillsBooked(filled=size("2"))),
}


def circumstances(life: Life) -> Iterator[Life]:
    """Give what else can be known in a state, possible or not."""
    yield life
    ends = (None, Finding.OUTLIVED, Finding.EXECUTED_ALL)
    for sends, burns, seen, ended_by in product((0, 1, 2), (0, 1, 2), (None, Instant(DEADLINE + 1)), ends):
        yield replace(life, sends=sends, burns=burns, absent_at=seen, ended_by=ended_by)
    yield from (replace(life, filled=size(units), booked=size(units)) for units in ("0", "1", "2", "3"))


def what_comes(life: Life, evidence: Evidence) -> Learning | None:
    """Return what is learned, or None where a send is a programming error."""
    try:
        return learn(life, evidence)
    except IllegalTransition:
        assert isinstance(evidence, SendBegan)
        return None


@pytest.mark.parametrize("state", IntentState)
def test_every_state_is_told_by_a_story(state: IntentState) -> None:
    """Evidence alone leads to each state."""
    assert fresh(*STORIES[state]).state is state


@pytest.mark.parametrize("style", ["ioc", "gtc", "close", "stop", "cover"])
@pytest.mark.parametrize("state", IntentState)
def test_every_evidence_is_learned_in_every_state_and_circumstance(state: IntentState, style: str) -> None:
    """Only a send that may not begin raises; what is known never shrinks, and a terminal state holds its fills."""
    story = fresh(*STORIES[state])
    begun = replace(story, prepared=fresh(style=style).prepared)
    for life, evidence in product(circumstances(begun), every_evidence()):
        learned = what_comes(life, evidence)
        if learned is None:
            continue
        now = learned.life if isinstance(learned, Learned) else learned.now
        if isinstance(learned, Learned):
            assert learned.news is (now != life)
            assert state not in TERMINAL_STATES or now.state in {state, *moves(state)}
        assert (now.filled >= life.filled, now.booked >= life.booked) == (True, True)
        assert 0 <= now.sends - life.sends + now.burns - life.burns <= 1
        assert now.prepared == life.prepared


@pytest.mark.parametrize("style", ["ioc", "gtc", "close", "stop", "cover"])
@pytest.mark.parametrize("state", IntentState)
def test_evidence_that_arrives_again_changes_nothing_more(state: IntentState, style: str) -> None:
    """What was learned, or what contradicted, is known after the first time; our own acts are told only once."""
    life = replace(fresh(*STORIES[state]), prepared=fresh(style=style).prepared)
    for evidence in every_evidence():
        if isinstance(evidence, SendBegan | BurnBegan):
            continue
        if isinstance(evidence, AbsenceRead) and evidence.filled > life.filled:
            continue  # by its definition it finds only what is known; the first one is a sighting
        first = learn(life, evidence)
        now = first.life if isinstance(first, Learned) else first.now
        again = learn(now, evidence)
        assert (again.life if isinstance(again, Learned) else again.now) == now


def test_every_kind_of_evidence_is_among_those_tried() -> None:
    """A new kind has to be added to the list above."""
    assert {type(evidence) for evidence in every_evidence()} == set(get_args(Evidence))


@pytest.mark.parametrize("state", IntentState)
@pytest.mark.parametrize("epoch", [EPOCH - 1, EPOCH, EPOCH + 1])
@pytest.mark.parametrize("burns", [0, 1])
def test_send_begins_only_once_by_its_own_epoch_and_unburned(state: IntentState, epoch: int, burns: int) -> None:
    """Everything else is a programming error that says what to ask first."""
    life = fresh(*STORIES[state], *[BurnBegan()] * burns)
    if state is IntentState.PREPARED and epoch == EPOCH and not burns:
        learned = learn(life, SendBegan(epoch=epoch))
        assert isinstance(learned, Learned)
        assert (learned.life.state, learned.life.sends) == (IntentState.SENT, 1)
    else:
        with pytest.raises(IllegalTransition, match="ask `next_step` before sending"):
            learn(life, SendBegan(epoch=epoch))
