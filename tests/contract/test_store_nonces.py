"""What both stores promise about nonces: a signer's only rise, whoever prepares, and none is drawn for nothing."""

from collections.abc import Awaitable

import msgspec
import pytest

from agentic_core.domain import (
    Instant,
    IntentKind,
    IntentState,
    PreparedIntent,
)
from agentic_core.domain.records import IntentRecord
from agentic_core.errors import Conflict, NotFound
from tests.support.numbered_intents import (
    OTHER_SIGNING,
    SIGNING,
    another_account,
    next_nonce,
    prepared,
    stop,
    successor,
)
from tests.support.store_under_test import StoreUnderTest
from tests.support.stored_values import AT, LIVE, decision, intent

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio


@pytest.fixture
def subject(live_subject: StoreUnderTest) -> StoreUnderTest:
    """Trade a real account: on paper nothing is signed."""
    return live_subject


LATER = Instant(AT + 60_000)


async def test_nonces_of_a_decision_count_up_from_the_instant_it_is_prepared(subject: StoreUnderTest) -> None:
    """Each intent has its own, with the expiry and the signer, and reads back so."""
    made = await prepared(subject, [intent(leg=leg) for leg in range(3)], signing=SIGNING)
    assert [each.nonce for each in made] == [AT, AT + 1, AT + 2]
    assert {(each.signer, each.expires_at, each.prepared_at) for each in made} == {
        ("0x9999999999999999999999999999999999999999", AT + 10_000, AT)
    }
    assert await subject.store.intents.unresolved(LIVE) == made
    assert [record.prepared for record in await subject.store.intents.living(LIVE)] == list(made)


async def test_nonces_rise_while_the_clock_stands_jumps_or_goes_back(subject: StoreUnderTest) -> None:
    """Never below the clock, and never below what was given before."""
    given = []
    for minute, at in enumerate([AT, AT, AT + 1, LATER, LATER - 30_000, AT, LATER + 2]):
        legs = [intent(minute, leg=0), intent(minute, leg=1)]
        given += [each.nonce for each in await prepared(subject, legs, minute=minute, at=at, signing=SIGNING)]
    expected = [AT, AT + 1, AT + 2, AT + 3, AT + 4, AT + 5]
    assert given == [*expected, *(LATER + further for further in range(8))]


async def test_nonce_of_a_stop_waits_until_there_is_something_to_protect(subject: StoreUnderTest) -> None:
    """It takes none from the others of its decision, and a decision of stops alone draws none."""
    cancel = msgspec.structs.replace(intent(leg=2), kind=IntentKind.CANCEL, target=intent(leg=9).cloid)
    made = await prepared(subject, [intent(leg=0), stop(leg=1), cancel], signing=SIGNING)
    assert [each.nonce for each in made] == [AT, None, AT + 1]
    assert (made[1].signer, made[1].expires_at) == (None, None)
    (alone,) = await prepared(subject, [stop(1)], minute=1, signing=SIGNING)
    assert alone.nonce is None
    assert [each.prepared for each in await subject.store.intents.living(LIVE)] == [*made, alone]
    assert await next_nonce(subject) == AT + 2


async def test_nonces_are_not_drawn_where_nothing_is_signed(subject: StoreUnderTest) -> None:
    """Neither for paper nor for a decision without orders."""
    made = await prepared(subject, [intent(0), stop(leg=1)])
    assert [(each.nonce, each.expires_at, each.signer) for each in made] == [(None, None, None)] * 2
    assert await prepared(subject, [], minute=1, signing=SIGNING) == ()
    assert await next_nonce(subject) == AT


async def test_nonces_of_two_signers_are_counted_apart(subject: StoreUnderTest) -> None:
    """The venue compares those of one address only."""
    (first,) = await prepared(subject, [intent(0)], signing=SIGNING)
    (second,) = await prepared(subject, [intent(1)], minute=1, signing=OTHER_SIGNING)
    (third,) = await prepared(subject, [intent(2)], minute=2, signing=SIGNING)
    assert [first.nonce, second.nonce, third.nonce] == [AT, AT, AT + 1]
    assert (second.signer, second.expires_at) == (OTHER_SIGNING.signer, AT + 12_345)


async def test_nonces_of_one_signer_are_shared_by_its_accounts(owned_subject: StoreUnderTest) -> None:
    """An address that trades two accounts has one sequence at the venue; no runner may do that, only the owner."""
    subject = owned_subject
    other, fence = await another_account(subject)
    order = intent(account=other.account_key, run=other.id)
    (first,) = await prepared(subject, [intent(0)], signing=SIGNING)
    wanted = decision(subject.skill, run=other.id, opens=True)
    (second,) = await subject.store.intents.prepare(fence, wanted, [order], at=AT, signing=SIGNING)
    (third,) = await prepared(subject, [intent(1)], minute=1, signing=SIGNING)
    assert [first.nonce, second.nonce, third.nonce] == [AT, AT + 1, AT + 2]


async def test_nonces_go_on_under_the_next_epoch(subject: StoreUnderTest) -> None:
    """A successor whose clock is behind draws none that its predecessor drew."""
    await prepared(subject, [intent(0)], at=LATER, signing=SIGNING)
    subject.run_out(LIVE)
    fence = await successor(subject)
    (inherited, own) = (
        *await subject.store.intents.unresolved(LIVE),
        *await prepared(subject, [intent(1)], minute=1, at=AT, signing=SIGNING, fence=fence),
    )
    assert (inherited.fence.epoch, inherited.nonce) == (1, LATER)
    assert (own.fence.epoch, own.nonce) == (2, LATER + 1)


async def test_nonces_are_not_drawn_by_what_is_refused(subject: StoreUnderTest) -> None:
    """Neither by a tick that was decided before, nor by an order that was prepared before."""
    await prepared(subject, [intent(0)], signing=SIGNING)
    with pytest.raises(Conflict, match="this tick was decided before"):
        await prepared(subject, [intent(0, leg=1)], signing=SIGNING)
    with pytest.raises(Conflict, match="client order id was prepared before"):
        await prepared(subject, [intent(1), intent(0)], minute=1, signing=SIGNING)
    assert len(await subject.store.intents.living(LIVE)) == 1
    assert await next_nonce(subject) == AT + 1


async def test_nonce_assigned_to_a_stop_is_the_signers_next(subject: StoreUnderTest) -> None:
    """With the expiry; nothing else of it changes, and it reads back so."""
    _, waiting = await prepared(subject, [intent(leg=0), stop(leg=1)], signing=SIGNING)
    signing = msgspec.structs.replace(SIGNING, expires_at=Instant(AT + 25_000))
    given = await subject.store.intents.assign(subject.fence, waiting, signing, at=AT)
    assert given == msgspec.structs.replace(
        waiting, nonce=AT + 1, expires_at=Instant(AT + 25_000), signer=SIGNING.signer
    )
    assert await subject.store.intents.find(LIVE, given.intent.cloid) == IntentRecord(prepared=given)
    assert (await subject.store.intents.living(LIVE))[1] == IntentRecord(prepared=given)
    assert await next_nonce(subject) == AT + 2


async def test_nonce_may_be_assigned_to_any_order_that_has_none(subject: StoreUnderTest) -> None:
    """Prepared unsigned is not sent yet; the clock counts where it is ahead of the sequence."""
    (plain,) = await prepared(subject, [intent(0)])
    given = await subject.store.intents.assign(subject.fence, plain, OTHER_SIGNING, at=LATER)
    assert (given.nonce, given.signer, given.expires_at) == (LATER, OTHER_SIGNING.signer, AT + 12_345)
    assert await next_nonce(subject, signing=OTHER_SIGNING) == LATER + 1


async def _assigned(subject: StoreUnderTest) -> tuple[PreparedIntent, ...]:
    made = await prepared(subject, [intent(leg=0), stop(leg=1)], signing=SIGNING)
    await subject.store.intents.assign(subject.fence, made[1], SIGNING, at=AT)
    return made


async def test_nonce_is_given_to_an_intent_only_once(subject: StoreUnderTest) -> None:
    """Not to an order that got it when it was prepared, and not to a stop that was assigned one before."""
    made = await _assigned(subject)
    before = await subject.store.intents.living(LIVE)
    for numbered, nonce in zip(made, (AT, AT + 1), strict=True):
        with pytest.raises(Conflict, match=rf"is prepared by epoch 1 with nonce {nonce}; epoch 1 gives") as refused:
            await subject.store.intents.assign(subject.fence, numbered, OTHER_SIGNING, at=LATER)
        assert refused.value.constraint == "order_intents_numbered"
    assert await subject.store.intents.living(LIVE) == before
    assert await next_nonce(subject) == AT + 2


async def test_nonce_is_given_only_to_what_was_not_sent(subject: StoreUnderTest) -> None:
    """In whatever other state it is."""
    others = [state for state in IntentState if state is not IntentState.PREPARED]
    waiting = await prepared(subject, [stop(leg=leg) for leg in range(len(others))])
    for each, state in zip(waiting, others, strict=True):
        await subject.store.intents.note(subject.fence, IntentRecord(prepared=each, state=state), at=AT)
        with pytest.raises(Conflict, match=f"is {state} by epoch 1 with nonce None"):
            await subject.store.intents.assign(subject.fence, each, SIGNING, at=AT)
        assert await subject.store.intents.find(LIVE, each.intent.cloid) == IntentRecord(prepared=each, state=state)
    assert await next_nonce(subject) == AT


async def test_nonce_is_given_only_by_the_epoch_that_prepared(subject: StoreUnderTest) -> None:
    """What is inherited is never sent, so it gets no nonce under which it could be."""
    (waiting,) = await prepared(subject, [stop()], signing=SIGNING)
    subject.run_out(LIVE)
    fence = await successor(subject)
    forged = msgspec.structs.replace(waiting, fence=fence)
    for inherited in (waiting, forged):
        with pytest.raises(Conflict, match="by epoch 1 with nonce None; epoch 2 gives one only to what it prepared"):
            await subject.store.intents.assign(fence, inherited, SIGNING, at=AT)
    assert await subject.store.intents.find(LIVE, waiting.intent.cloid) == IntentRecord(prepared=waiting)
    assert await next_nonce(subject, fence) == AT


async def test_nonce_for_an_intent_that_the_account_has_not_is_not_drawn(subject: StoreUnderTest) -> None:
    """Neither for one that was never prepared, nor for another account's."""
    _, fence = await another_account(subject)
    (waiting,) = await prepared(subject, [stop()], signing=SIGNING)
    missing = msgspec.structs.replace(waiting, intent=stop(1))
    attempts: list[Awaitable[object]] = [
        subject.store.intents.assign(subject.fence, missing, SIGNING, at=AT),
        subject.store.intents.assign(fence, waiting, SIGNING, at=AT),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound, match="has no prepared intent"):
            await attempt
    assert await subject.store.intents.find(LIVE, waiting.intent.cloid) == IntentRecord(prepared=waiting)
    assert await next_nonce(subject) == AT
