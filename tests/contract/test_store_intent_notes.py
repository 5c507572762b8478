"""What both stores promise about what is noted of an intent: it replaces, it never forgets, and fills count once."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import FillKind, Instant, IntentKind, IntentState, PreparedIntent, Size
from agentic_core.domain.records import IntentRecord
from agentic_core.errors import Conflict, NotFound
from tests.support.numbered_intents import SIGNING, another_account, prepared, stop, successor
from tests.support.store_under_test import StoreUnderTest
from tests.support.stored_values import AT, DEPLOYMENT, LIVE, accepted, fill, intent

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio


@pytest.fixture
def subject(live_subject: StoreUnderTest) -> StoreUnderTest:
    """Trade a real account: on paper nothing is signed."""
    return live_subject


HALF, ALL = Size(Decimal("0.00130")), Size(Decimal("0.00260"))
LATER = Instant(AT + 60_000)

AFTER_BOOKED = {"booked", "resting", "unknown", "partial", "filled"}
"""What facts can make of a booked order: nothing, or that it lives or executed more after all."""


async def _one(subject: StoreUnderTest) -> PreparedIntent:
    (made,) = await prepared(subject, [intent(0)], signing=SIGNING)
    return made


def _rich(made: PreparedIntent) -> IntentRecord:
    return IntentRecord(
        prepared=made,
        state=IntentState.UNKNOWN,
        filled=ALL,
        booked=HALF,
        sends=3,
        burns=2,
        absent_at=Instant(AT + 5_001),
        uncounted=True,
        filled_at=Instant(AT + 777),
        ended_by="ended_part",
    )


async def test_note_comes_back_with_every_field(subject: StoreUnderTest) -> None:
    """From either method, exactly."""
    made = await _one(subject)
    assert await subject.store.intents.find(LIVE, made.intent.cloid) == IntentRecord(prepared=made)
    await subject.store.intents.note(subject.fence, _rich(made), at=LATER)
    assert await subject.store.intents.find(LIVE, made.intent.cloid) == _rich(made)
    assert await subject.store.intents.living(LIVE) == (_rich(made),)
    assert await subject.store.intents.unresolved(LIVE) == (made,)


async def test_note_replaces_what_was_noted_before(subject: StoreUnderTest) -> None:
    """Counts may stay; everything else may go back to not being known."""
    made = await _one(subject)
    await subject.store.intents.note(subject.fence, _rich(made), at=AT)
    plain = IntentRecord(prepared=made, state=IntentState.RESTING, filled=ALL, booked=HALF, sends=3, burns=2)
    await subject.store.intents.note(subject.fence, plain, at=AT)
    assert await subject.store.intents.find(LIVE, made.intent.cloid) == plain


async def test_note_leaves_what_was_prepared_as_it_was(subject: StoreUnderTest) -> None:
    """Whatever the record says of it, also a nonce or another order."""
    (made,) = await prepared(subject, [stop()], signing=SIGNING)
    forged = msgspec.structs.replace(
        made,
        intent=msgspec.structs.replace(made.intent, size=Size(Decimal(9)), leg=7),
        prepared_at=LATER,
        nonce=5,
        signer="0x" + "9" * 40,
        expires_at=LATER,
    )
    await subject.store.intents.note(subject.fence, IntentRecord(prepared=forged, sends=1), at=AT)
    expected = IntentRecord(prepared=made, sends=1)
    assert await subject.store.intents.find(LIVE, made.intent.cloid) == expected
    assert await subject.store.intents.living(LIVE) == (expected,)


@pytest.mark.parametrize(
    "less", [{"filled": HALF}, {"booked": Size(Decimal("0.001299"))}, {"sends": 2}, {"burns": 1}], ids=str
)
async def test_note_that_counts_less_is_refused(subject: StoreUnderTest, less: dict[str, object]) -> None:
    """Also where it says more of something else; its fills are not recorded either."""
    made = await _one(subject)
    await subject.store.intents.note(subject.fence, _rich(made), at=AT)
    more: dict[str, object] = {"filled": Size(Decimal(1)), "booked": ALL, "sends": 9, "burns": 9}
    wrong = msgspec.structs.replace(_rich(made), **{**more, **less})
    with pytest.raises(Conflict, match=r"unknown with 0\.00260 filled and 0\.00130 booked after 3 sends and 2 burns"):
        await subject.store.intents.note(subject.fence, wrong, [fill("f1", made.intent.cloid)], at=AT)
    assert await subject.store.intents.find(LIVE, made.intent.cloid) == _rich(made)
    assert await subject.store.intents.fills(LIVE) == ()


async def test_note_may_say_any_state_of_what_is_not_booked(subject: StoreUnderTest) -> None:
    """Which moves are right is not the store's business: a late fill moves even what had ended."""
    (made,) = await prepared(subject, [intent(0)])
    others = [state for state in IntentState if state is not IntentState.BOOKED]
    for before in others:
        for after in others:
            for state in (before, after):
                await subject.store.intents.note(subject.fence, IntentRecord(prepared=made, state=state), at=AT)
            found = await subject.store.intents.find(LIVE, made.intent.cloid)
            assert found == IntentRecord(prepared=made, state=after)


async def test_note_makes_of_a_booked_intent_only_what_facts_can(subject: StoreUnderTest) -> None:
    """It is never as if it had not been sent, had been refused, or were dead with something in the ledger."""
    made = await prepared(subject, [intent(leg=leg) for leg in range(len(IntentState))])
    for each, state in zip(made, IntentState, strict=True):
        cloid = each.intent.cloid
        booked = IntentRecord(prepared=each, state=IntentState.BOOKED, filled=HALF, booked=HALF)
        await subject.store.intents.note(subject.fence, booked, at=AT)
        changed = msgspec.structs.replace(booked, state=state)
        if state in AFTER_BOOKED:
            await subject.store.intents.note(subject.fence, changed, at=AT)
            assert await subject.store.intents.find(LIVE, cloid) == changed
            continue
        with pytest.raises(Conflict, match="is known as booked") as refused:
            await subject.store.intents.note(subject.fence, changed, [fill("f1", cloid)], at=AT)
        assert refused.value.constraint == "order_intents_learned"
        assert await subject.store.intents.find(LIVE, cloid) == booked
    assert await subject.store.intents.fills(LIVE) == ()


async def test_note_of_an_intent_that_the_account_has_not_is_refused(subject: StoreUnderTest) -> None:
    """Neither an intent that was never prepared nor another account's; no fill is recorded."""
    made = await _one(subject)
    other, fence = await another_account(subject)
    missing = msgspec.structs.replace(made, intent=intent(1))
    for attempt in (
        subject.store.intents.note(subject.fence, IntentRecord(prepared=missing), [fill("f1")], at=AT),
        subject.store.intents.note(fence, _rich(made), [fill("f2", made.intent.cloid)], at=AT),
    ):
        with pytest.raises(NotFound, match="has no prepared intent"):
            await attempt
    assert await subject.store.intents.find(LIVE, made.intent.cloid) == IntentRecord(prepared=made)
    assert await subject.store.intents.find(LIVE, missing.intent.cloid) is None
    assert [await subject.store.intents.fills(account) for account in (LIVE, other.account_key)] == [(), ()]


async def test_note_of_a_successor_stands_beside_what_it_inherited(subject: StoreUnderTest) -> None:
    """The next epoch goes on where the last one stopped; the intent stays that of who prepared it."""
    made = await _one(subject)
    sent = IntentRecord(prepared=made, state=IntentState.SENT, sends=1)
    await subject.store.intents.note(subject.fence, sent, at=AT)
    subject.run_out(LIVE)
    fence = await successor(subject)
    assert await subject.store.intents.living(LIVE) == (sent,)
    burned = msgspec.structs.replace(sent, state=IntentState.UNKNOWN, burns=1)
    await subject.store.intents.note(fence, burned, at=LATER)
    found = await subject.store.intents.find(LIVE, made.intent.cloid)
    assert found == burned
    assert burned.prepared.fence.epoch == 1


async def test_fills_of_notes_are_recorded_once_whichever_way_they_come(subject: StoreUnderTest) -> None:
    """Noted again, told from outside before or after, settled again, twice in one list: the first record stays."""
    made = await _one(subject)
    cloid = made.intent.cloid
    first, second, third = (fill(name, cloid, at=AT + place) for place, name in enumerate("abc"))
    await subject.store.intents.record_fills(subject.fence, DEPLOYMENT, [first], at=AT)
    half = IntentRecord(prepared=made, state=IntentState.PARTIAL, filled=HALF, booked=HALF)
    again = msgspec.structs.replace(first, size=ALL, kind=FillKind.ADL)
    await subject.store.intents.note(subject.fence, half, [again, second, second], at=AT)
    both = msgspec.structs.replace(half, state=IntentState.FILLED, filled=ALL, booked=ALL)
    await subject.store.intents.note(subject.fence, both, [second, third], at=LATER)
    await subject.store.intents.record_fills(subject.fence, DEPLOYMENT, [third, second], at=LATER)
    await subject.store.intents.settle(subject.fence, made, accepted(cloid, IntentState.FILLED, first, third), at=AT)
    assert await subject.store.intents.fills(LIVE) == (first, second, third)


async def test_fills_of_one_name_on_two_accounts_are_two(subject: StoreUnderTest) -> None:
    """The venue's numbers mean something on one account only."""
    made = await _one(subject)
    other, fence = await another_account(subject)
    await subject.store.intents.note(subject.fence, IntentRecord(prepared=made), [fill("f1")], at=AT)
    await subject.store.intents.record_fills(fence, other.id, [fill("f1", at=AT + 1)], at=AT)
    assert await subject.store.intents.fills(LIVE) == (fill("f1"),)
    assert await subject.store.intents.fills(other.account_key) == (fill("f1", at=AT + 1),)


async def test_intents_of_every_kind_are_found_as_they_were_noted(subject: StoreUnderTest) -> None:
    """A stop that rests, a cancel and a change of leverage that are done: the latter two leave nothing to do."""
    nothing = Size(Decimal(0))
    cancel = msgspec.structs.replace(intent(leg=1), kind=IntentKind.CANCEL, target=stop().cloid, size=nothing)
    lever = msgspec.structs.replace(intent(leg=2), kind=IntentKind.LEVERAGE, leverage=3, isolated=True, size=nothing)
    made = await prepared(subject, [stop(), cancel, lever], signing=SIGNING)
    states = (IntentState.RESTING, IntentState.FILLED, IntentState.FILLED)
    records = [IntentRecord(prepared=each, state=state, sends=1) for each, state in zip(made, states, strict=True)]
    for record in records:
        await subject.store.intents.note(subject.fence, record, at=AT)
    assert [await subject.store.intents.find(LIVE, each.intent.cloid) for each in made] == records
    assert await subject.store.intents.living(LIVE) == (records[0],)
