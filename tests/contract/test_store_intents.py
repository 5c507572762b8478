"""What both stores promise about order intents and fills."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import (
    TERMINAL_STATES,
    Fence,
    Fill,
    FillKind,
    IntentKind,
    IntentState,
    PreparedIntent,
    Price,
    Rejected,
    SendOutcome,
    Size,
    Trigger,
    TriggerKind,
    Unresolved,
)
from agentic_core.errors import Conflict, NotFound, UsageError
from tests.support.store_under_test import TTL_MS, StoreUnderTest
from tests.support.stored_values import AT, DEPLOYMENT, HELD, PAPER, accepted, decision, deployment, fill, intent

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio

PORTS = ("agentic_core.ports.intents.IntentStore",)

ORDER = intent(0)
FILLED = accepted(ORDER.cloid, IntentState.FILLED, fill("f1", ORDER.cloid), fill("f2", ORDER.cloid))
REJECTED = Rejected(cloid=ORDER.cloid, reason="price too far from the mark")
UNRESOLVED = Unresolved(cloid=ORDER.cloid, cause="timeout after 5 s")


async def _prepared(subject: StoreUnderTest) -> PreparedIntent:
    (prepared,) = await subject.store.intents.prepare(
        subject.fence, decision(subject.skill, opens=True), [ORDER], at=AT
    )
    return prepared


async def test_intents_prepared_are_durable_and_unresolved(subject: StoreUnderTest) -> None:
    """What prepare returns is what the database gives back, exactly and in the order of the legs."""
    legs = [intent(0), intent(0, leg=1)]
    wanted = decision(subject.skill, opens=True)
    prepared = await subject.store.intents.prepare(subject.fence, wanted, legs, at=AT)
    expected = [
        PreparedIntent(intent=leg, fence=subject.fence, decision=wanted.decision_id, prepared_at=AT) for leg in legs
    ]
    assert list(prepared) == expected
    assert list(await subject.store.intents.unresolved(PAPER)) == expected


async def test_stop_shares_the_leg_and_attempt_of_the_order_that_it_protects(subject: StoreUnderTest) -> None:
    """Two actions of one kind are two attempts, whatever they are called; nothing of such a decision is written."""
    stop = msgspec.structs.replace(intent(0, leg=1), kind=IntentKind.STOP, leg=0, reduce_only=True)
    again = msgspec.structs.replace(intent(0, leg=2), leg=0)
    wanted = decision(subject.skill, opens=True)
    with pytest.raises(Conflict, match="each attempt at a leg once for each kind"):
        await subject.store.intents.prepare(subject.fence, wanted, [ORDER, again], at=AT)
    assert await subject.store.intents.unresolved(PAPER) == ()
    order, protection = await subject.store.intents.prepare(subject.fence, wanted, [ORDER, stop], at=AT)
    assert {each.intent.cloid for each in await subject.store.intents.unresolved(PAPER)} == {
        order.intent.cloid,
        protection.intent.cloid,
    }


async def test_intents_of_every_kind_come_back_as_prepared(subject: StoreUnderTest) -> None:
    """What only a stop, a cancel or a change of leverage carries survives too, and what only the gate checks."""
    wanted = decision(subject.skill, opens=True)
    stop = Trigger(kind=TriggerKind.STOP, price=Price(Decimal("44000.50")), position_sized=True)
    profit = Trigger(kind=TriggerKind.TAKE_PROFIT, price=Price(Decimal(50_000)))
    nothing = {"size": Size(Decimal(0)), "limit_price": Price(Decimal(0))}
    legs = [
        msgspec.structs.replace(intent(leg=0), position_before=Size(Decimal("-0.00130"))),
        msgspec.structs.replace(intent(leg=1), kind=IntentKind.STOP, trigger=stop),
        msgspec.structs.replace(intent(leg=2), kind=IntentKind.STOP, trigger=profit),
        msgspec.structs.replace(intent(leg=3), kind=IntentKind.CANCEL, target=intent(leg=1).cloid, **nothing),
        msgspec.structs.replace(intent(leg=4), kind=IntentKind.LEVERAGE, leverage=7, isolated=True, **nothing),
        msgspec.structs.replace(intent(leg=5), kind=IntentKind.NOOP, position_before=Size(Decimal(0)), **nothing),
    ]
    prepared = await subject.store.intents.prepare(subject.fence, wanted, legs, at=AT)
    assert [each.intent for each in prepared] == legs
    assert await subject.store.intents.unresolved(PAPER) == prepared


async def test_intents_may_be_none(subject: StoreUnderTest) -> None:
    """A decision without orders is prepared all the same, and only once."""
    wanted = decision(subject.skill)
    assert await subject.store.intents.prepare(subject.fence, wanted, [], at=AT) == ()
    with pytest.raises(Conflict, match="this tick was decided before"):
        await subject.store.intents.prepare(subject.fence, wanted, [], at=AT)


async def test_intents_of_a_tick_are_prepared_once(subject: StoreUnderTest) -> None:
    """A tick that is taken again finds its decision there, and nothing more is written."""
    await _prepared(subject)
    with pytest.raises(Conflict, match="this tick was decided before"):
        await subject.store.intents.prepare(
            subject.fence, decision(subject.skill, opens=True), [intent(0, leg=1)], at=AT
        )
    assert len(await subject.store.intents.unresolved(PAPER)) == 1


async def test_intent_of_a_known_client_order_id_lets_nothing_in(subject: StoreUnderTest) -> None:
    """Neither the decision nor the other leg is written when one order was prepared before."""
    await _prepared(subject)
    later = decision(subject.skill, minute=1, opens=True)
    with pytest.raises(Conflict, match="client order id was prepared before"):
        await subject.store.intents.prepare(
            subject.fence, later, [intent(1), msgspec.structs.replace(ORDER, leg=1)], at=AT
        )
    assert [each.intent for each in await subject.store.intents.unresolved(PAPER)] == [ORDER]
    await subject.store.decisions.record(subject.fence, later, HELD)
    assert len(await subject.store.decisions.recent(DEPLOYMENT, 9)) == 1


@pytest.mark.parametrize(
    ("outcome", "state", "unresolved"),
    [
        (FILLED, IntentState.FILLED, 0),
        (accepted(ORDER.cloid, IntentState.PARTIAL, fill("f1", ORDER.cloid)), IntentState.PARTIAL, 0),
        (accepted(ORDER.cloid, IntentState.RESTING), IntentState.RESTING, 0),
        (accepted(ORDER.cloid, IntentState.SENT), IntentState.SENT, 1),
        (accepted(ORDER.cloid, IntentState.DEAD), IntentState.DEAD, 0),
        (REJECTED, IntentState.REJECTED, 0),
        (UNRESOLVED, IntentState.UNKNOWN, 1),
    ],
)
async def test_intent_settles_to_what_became_of_it(
    subject: StoreUnderTest, outcome: SendOutcome, state: IntentState, unresolved: int
) -> None:
    """The state is the venue's answer, its fills are booked, and only an unknown fate stays unresolved."""
    prepared = await _prepared(subject)
    assert await subject.store.intents.settle(subject.fence, prepared, outcome, at=AT) is state
    assert len(await subject.store.intents.unresolved(PAPER)) == unresolved
    booked = await subject.store.intents.fills(PAPER)
    assert [each.fill_id for each in booked] == [each.fill_id for each in getattr(outcome, "fills", ())]


@pytest.mark.parametrize("outcome", [FILLED, REJECTED, UNRESOLVED])
async def test_intent_settled_twice_with_one_outcome_changes_nothing(
    subject: StoreUnderTest, outcome: SendOutcome
) -> None:
    """A repeated answer books no fill twice."""
    prepared = await _prepared(subject)
    first = await subject.store.intents.settle(subject.fence, prepared, outcome, at=AT)
    booked = await subject.store.intents.fills(PAPER)
    assert await subject.store.intents.settle(subject.fence, prepared, outcome, at=AT) is first
    assert await subject.store.intents.fills(PAPER) == booked


@pytest.mark.parametrize("later", [FILLED, REJECTED, UNRESOLVED, accepted(ORDER.cloid, IntentState.RESTING)])
@pytest.mark.parametrize("state", sorted(TERMINAL_STATES))
async def test_intent_in_a_terminal_state_stays_there(
    subject: StoreUnderTest, state: IntentState, later: SendOutcome
) -> None:
    """No later answer moves it, though a fill it brings is a fact and is booked."""
    prepared = await _prepared(subject)
    await subject.store.intents.settle(subject.fence, prepared, accepted(ORDER.cloid, state), at=AT)
    assert await subject.store.intents.settle(subject.fence, prepared, later, at=AT) is state
    assert await subject.store.intents.unresolved(PAPER) == ()
    assert list(await subject.store.intents.fills(PAPER)) == list(getattr(later, "fills", ()))


async def test_intent_of_unknown_fate_may_still_be_proven(subject: StoreUnderTest) -> None:
    """Unknown is not an end: proof in either direction settles it."""
    prepared = await _prepared(subject)
    await subject.store.intents.settle(subject.fence, prepared, UNRESOLVED, at=AT)
    assert await subject.store.intents.unresolved(PAPER) == (prepared,)
    assert await subject.store.intents.settle(subject.fence, prepared, FILLED, at=AT) is IntentState.FILLED
    assert await subject.store.intents.unresolved(PAPER) == ()


async def test_intent_that_rested_may_become_unknown_again(subject: StoreUnderTest) -> None:
    """Losing sight of a resting order blocks new opens again."""
    prepared = await _prepared(subject)
    await subject.store.intents.settle(subject.fence, prepared, accepted(ORDER.cloid, IntentState.RESTING), at=AT)
    assert await subject.store.intents.settle(subject.fence, prepared, UNRESOLVED, at=AT) is IntentState.UNKNOWN
    assert await subject.store.intents.unresolved(PAPER) == (prepared,)


async def test_intent_is_not_settled_by_the_outcome_of_another(subject: StoreUnderTest) -> None:
    """The client order ids have to be the same."""
    prepared = await _prepared(subject)
    with pytest.raises(UsageError, match="cannot settle"):
        await subject.store.intents.settle(subject.fence, prepared, Rejected(cloid=intent(1).cloid, reason="no"), at=AT)


async def test_intent_of_one_account_is_not_settled_under_another(subject: StoreUnderTest) -> None:
    """The lease of an account covers its own orders only."""
    prepared = await _prepared(subject)
    await subject.store.deployments.move(DEPLOYMENT, deployment(subject.skill).status.STOPPING, at=AT)
    other = deployment(subject.skill, name="other")
    await subject.store.deployments.create(other)
    lease = await subject.store.leases.acquire(other.account_key, "runner-2", TTL_MS)
    assert lease is not None
    fence = Fence(account=other.account_key, epoch=lease.epoch)
    with pytest.raises(NotFound, match="has no prepared intent"):
        await subject.store.intents.settle(fence, prepared, FILLED, at=AT)
    assert await subject.store.intents.fills(other.account_key) == ()


async def test_fills_come_back_exactly_and_oldest_first(subject: StoreUnderTest) -> None:
    """By time, and within one instant in the order they were recorded."""
    late, early, same = fill("c", at=AT + 2), fill("a", at=AT), fill("b", at=AT)
    await subject.store.intents.record_fills(subject.fence, DEPLOYMENT, [late], at=AT)
    await subject.store.intents.record_fills(subject.fence, DEPLOYMENT, [same, early], at=AT)
    assert await subject.store.intents.fills(PAPER) == (same, early, late)


async def test_fills_we_did_not_cause_are_recorded_once(subject: StoreUnderTest) -> None:
    """A liquidation that is seen again is the same one, and the first record of a fill stays."""
    liquidation = fill("liq-1", kind=FillKind.LIQUIDATION)
    for seen in ([liquidation], [liquidation, fill("x", kind=FillKind.ADL)], [fill("liq-1", at=AT + 9)]):
        await subject.store.intents.record_fills(subject.fence, DEPLOYMENT, seen, at=AT)
    assert await subject.store.intents.fills(PAPER) == (liquidation, fill("x", kind=FillKind.ADL))


async def test_fill_seen_first_from_outside_is_not_booked_again_by_its_order(subject: StoreUnderTest) -> None:
    """Whichever way a fill arrives first, it counts once."""
    prepared = await _prepared(subject)
    booked: tuple[Fill, ...] = FILLED.fills
    await subject.store.intents.record_fills(subject.fence, DEPLOYMENT, booked[:1], at=AT)
    await subject.store.intents.settle(subject.fence, prepared, FILLED, at=AT)
    assert await subject.store.intents.fills(PAPER) == booked


async def test_fills_of_an_account_without_any_are_none(subject: StoreUnderTest) -> None:
    """An empty account is not an error."""
    assert await subject.store.intents.fills(PAPER) == ()
    assert await subject.store.intents.unresolved(PAPER) == ()
