"""What both stores promise about intents with something left to do, whichever way they were written last."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import (
    Accepted,
    ClientOrderId,
    IntentState,
    PreparedIntent,
    Rejected,
    SendOutcome,
    Size,
    Unresolved,
)
from agentic_core.domain.records import IntentRecord
from tests.support.numbered_intents import SIGNING, another_account, prepared, stop, successor
from tests.support.store_under_test import StoreUnderTest
from tests.support.stored_values import AT, DEPLOYMENT, LIVE, accepted, decision, fill, intent

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio


@pytest.fixture
def subject(live_subject: StoreUnderTest) -> StoreUnderTest:
    """Trade a real account: on paper nothing is signed."""
    return live_subject


NONE, HALF, ALL = Size(Decimal(0)), Size(Decimal("0.00130")), Size(Decimal("0.00260"))
ORDER = intent(0)


async def _one(subject: StoreUnderTest) -> PreparedIntent:
    (made,) = await prepared(subject, [ORDER], signing=SIGNING)
    return made


async def _known(subject: StoreUnderTest, cloid: ClientOrderId = ORDER.cloid) -> IntentRecord:
    found = await subject.store.intents.find(LIVE, cloid)
    assert found is not None
    return found


LIVING = [
    *((state, 0, 0, False, True) for state in ("prepared", "sent", "unknown", "resting")),
    *((state, 2, 2, False, True) for state in ("prepared", "sent", "unknown", "resting")),
    *((state, *counts, False, False) for state in ("filled", "partial") for counts in ((0, 0), (1, 1), (2, 2), (1, 2))),
    *((state, *counts, False, True) for state in ("filled", "partial") for counts in ((1, 0), (2, 1))),
    *((state, 2, 2, True, True) for state in ("filled", "partial")),
    *((state, 2, 0, uncounted, False) for state in ("rejected", "dead", "booked") for uncounted in (False, True)),
]
"""State, units that executed, units that are booked, whether how many is open; and whether something is left to do."""


async def test_intents_live_until_they_ended_and_all_they_executed_is_booked(subject: StoreUnderTest) -> None:
    """Case by case; what is over is found all the same."""
    made = await prepared(subject, [intent(leg=leg) for leg in range(len(LIVING))])
    expected = []
    for each, (state, filled, booked, uncounted, lives) in zip(made, LIVING, strict=True):
        record = IntentRecord(
            prepared=each,
            state=IntentState(state),
            filled=Size(HALF * filled),
            booked=Size(HALF * booked),
            uncounted=uncounted,
        )
        await subject.store.intents.note(subject.fence, record, at=AT)
        assert await _known(subject, each.intent.cloid) == record
        expected += [record] if lives else []
    assert await subject.store.intents.living(LIVE) == tuple(expected)
    open_states = ("prepared", "sent", "unknown")
    assert list(await subject.store.intents.unresolved(LIVE)) == [
        record.prepared for record in expected if record.state in open_states
    ]


async def test_living_intents_come_oldest_first(subject: StoreUnderTest) -> None:
    """By the time they were prepared, and in the order of the legs and attempts of a decision."""
    young = await prepared(subject, [stop(2, leg=1), intent(2, leg=0)], minute=2, at=AT + 1)
    again = msgspec.structs.replace(intent(1, leg=2), leg=0, attempt=1)
    first = await prepared(subject, [again, intent(1, leg=1), intent(1, leg=0)], minute=1, at=AT)
    for each in (*young, *first):
        await subject.store.intents.note(subject.fence, IntentRecord(prepared=each, state=IntentState.SENT), at=AT)
    living = [record.prepared for record in await subject.store.intents.living(LIVE)]
    assert living == [first[2], first[0], first[1], young[1], young[0]]


async def test_intents_are_found_and_live_on_their_own_account_only(subject: StoreUnderTest) -> None:
    """Not on another one that the same user has."""
    made = await _one(subject)
    other, fence = await another_account(subject)
    order = intent(account=other.account_key, run=other.id)
    wanted = decision(subject.skill, run=other.id, opens=True)
    (foreign,) = await subject.store.intents.prepare(fence, wanted, [order], at=AT)
    assert await subject.store.intents.living(LIVE) == (IntentRecord(prepared=made),)
    assert await subject.store.intents.living(other.account_key) == (IntentRecord(prepared=foreign),)
    assert await subject.store.intents.find(LIVE, foreign.intent.cloid) is None
    assert await subject.store.intents.find(other.account_key, made.intent.cloid) is None
    assert await subject.store.intents.find(LIVE, intent(5).cloid) is None


SETTLED: list[tuple[SendOutcome, str, Size, Size, bool]] = [
    (
        accepted(ORDER.cloid, IntentState.FILLED, fill("a", ORDER.cloid), fill("b", ORDER.cloid)),
        "filled",
        ALL,
        ALL,
        False,
    ),
    (accepted(ORDER.cloid, IntentState.PARTIAL, fill("a", ORDER.cloid)), "partial", HALF, HALF, False),
    (accepted(ORDER.cloid, IntentState.RESTING, fill("a", ORDER.cloid)), "resting", HALF, HALF, True),
    (accepted(ORDER.cloid, IntentState.RESTING), "resting", NONE, NONE, True),
    (accepted(ORDER.cloid, IntentState.SENT), "sent", NONE, NONE, True),
    (accepted(ORDER.cloid, IntentState.DEAD), "dead", NONE, NONE, False),
    (Rejected(cloid=ORDER.cloid, reason="no"), "rejected", NONE, NONE, False),
    (Unresolved(cloid=ORDER.cloid, cause="timeout"), "unknown", NONE, NONE, True),
    (
        Accepted(cloid=ORDER.cloid, state=IntentState.FILLED, fills=(), venue_order_id="7", total=ALL),
        "filled",
        ALL,
        NONE,
        True,
    ),
    (
        Accepted(
            cloid=ORDER.cloid,
            state=IntentState.PARTIAL,
            fills=(fill("a", ORDER.cloid),),
            venue_order_id="7",
            total=ALL,
        ),
        "partial",
        ALL,
        HALF,
        True,
    ),
]
"""An outcome, and what is known after it: the state, units executed, units booked, and whether something is left."""


@pytest.mark.parametrize(("outcome", "state", "filled", "booked", "lives"), SETTLED)
async def test_intent_that_was_settled_is_known_as_the_outcome_told(
    subject: StoreUnderTest, outcome: SendOutcome, state: str, filled: Size, booked: Size, *, lives: bool
) -> None:
    """What the venue counts and what is in the ledger; sends are counted by those who note them."""
    made = await _one(subject)
    for _ in range(2):
        await subject.store.intents.settle(subject.fence, made, outcome, at=AT)
        expected = IntentRecord(prepared=made, state=IntentState(state), filled=filled, booked=booked)
        assert await _known(subject) == expected
        assert await subject.store.intents.living(LIVE) == ((expected,) if lives else ())


async def test_intent_settled_bit_by_bit_counts_each_fill_once(subject: StoreUnderTest) -> None:
    """Also those that came from outside or with a note before."""
    made = await _one(subject)
    first, second, third = (fill(name, ORDER.cloid) for name in "abc")
    stranger = fill("x", intent(3).cloid)
    settle = subject.store.intents.settle
    await subject.store.intents.record_fills(subject.fence, DEPLOYMENT, [first], at=AT)
    assert await _known(subject) == IntentRecord(prepared=made)
    await settle(subject.fence, made, accepted(ORDER.cloid, IntentState.RESTING, first, stranger), at=AT)
    resting = IntentRecord(prepared=made, state=IntentState.RESTING, filled=HALF, booked=HALF)
    assert await _known(subject) == resting
    noted = msgspec.structs.replace(resting, filled=ALL, booked=ALL, sends=1)
    await subject.store.intents.note(subject.fence, noted, [second], at=AT)
    await settle(subject.fence, made, accepted(ORDER.cloid, IntentState.PARTIAL, third, second, third), at=AT)
    three = Size(Decimal("0.00390"))
    assert await _known(subject) == msgspec.structs.replace(
        noted, state=IntentState.PARTIAL, filled=three, booked=three
    )


async def test_intent_that_was_noted_is_settled_without_forgetting_anything(subject: StoreUnderTest) -> None:
    """An answer that knows less changes the state, and nothing but the state."""
    made = await _one(subject)
    noted = IntentRecord(
        prepared=made,
        state=IntentState.RESTING,
        filled=ALL,
        booked=HALF,
        sends=1,
        burns=1,
        absent_at=AT,
        uncounted=True,
    )
    await subject.store.intents.note(subject.fence, noted, at=AT)
    lost = Unresolved(cloid=ORDER.cloid, cause="timeout")
    less = Accepted(cloid=ORDER.cloid, state=IntentState.SENT, fills=(), venue_order_id="7", total=HALF)
    for outcome, state in ((lost, IntentState.UNKNOWN), (less, IntentState.SENT)):
        assert await subject.store.intents.settle(subject.fence, made, outcome, at=AT) is state
        assert await _known(subject) == msgspec.structs.replace(noted, state=state)


async def test_intent_that_was_booked_counts_what_comes_late_and_stays_booked(subject: StoreUnderTest) -> None:
    """A settlement cannot undo it; only a note may."""
    made = await _one(subject)
    booked = IntentRecord(prepared=made, state=IntentState.BOOKED, filled=HALF, booked=HALF, ended_by="booked")
    first, late = fill("a", ORDER.cloid), fill("b", ORDER.cloid)
    await subject.store.intents.note(subject.fence, booked, [first], at=AT)
    outcome = accepted(ORDER.cloid, IntentState.RESTING, first, late)
    assert await subject.store.intents.settle(subject.fence, made, outcome, at=AT) is IntentState.BOOKED
    assert await _known(subject) == msgspec.structs.replace(booked, filled=ALL, booked=ALL)
    assert await subject.store.intents.living(LIVE) == ()
    shown = msgspec.structs.replace(
        booked, state=IntentState.PARTIAL, filled=Size(Decimal("0.00390")), booked=ALL, ended_by=None
    )
    await subject.store.intents.note(subject.fence, shown, at=AT)
    assert await subject.store.intents.living(LIVE) == (shown,)


async def test_living_intents_are_inherited_as_they_were_noted(subject: StoreUnderTest) -> None:
    """The next epoch reads all of it: sent, waiting without a nonce, and filled but not booked."""
    sent, waiting, filled = await prepared(subject, [intent(leg=0), stop(leg=1), intent(leg=2)], signing=SIGNING)
    records = (
        IntentRecord(prepared=sent, state=IntentState.SENT, sends=1),
        IntentRecord(prepared=waiting),
        IntentRecord(prepared=filled, state=IntentState.FILLED, filled=ALL, booked=HALF, sends=1),
    )
    for record in records:
        await subject.store.intents.note(subject.fence, record, at=AT)
    subject.run_out(LIVE)
    await successor(subject)
    assert await subject.store.intents.living(LIVE) == records
