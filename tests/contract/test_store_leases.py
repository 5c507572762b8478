"""What both stores promise about trading leases and the fence that every safety-relevant write stands behind."""

from collections.abc import Awaitable, Callable

import pytest

from agentic_core.domain import AccountKey, Fence, IntentState, Lease
from agentic_core.domain.records import IntentRecord
from agentic_core.errors import Fenced
from tests.support.agent_wallets import live_deployment
from tests.support.numbered_intents import SIGNING, next_nonce, prepared, stop, successor
from tests.support.store_under_test import HOLDER, TTL_MS, StoreUnderTest
from tests.support.stored_values import AT, DEPLOYMENT, HELD, LIVE, PAPER, accepted, decision, fill, intent, state

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio

PORTS = ("agentic_core.ports.leases.LeaseStore", "agentic_core.ports.repositories.Store")

OTHER = AccountKey("mainnet:0xabc")


async def test_lease_of_a_new_account_has_epoch_one(subject: StoreUnderTest) -> None:
    """The first holder gets the account's first epoch."""
    live = await live_deployment(subject.store, subject.skill)
    lease = await subject.store.leases.acquire(live.account_key, "runner-9", TTL_MS, deployment=live.id)
    assert lease == Lease(account=live.account_key, epoch=1, holder="runner-9", ttl_ms=TTL_MS)


async def test_lease_held_by_another_is_not_given(subject: StoreUnderTest) -> None:
    """While one holder's lease runs, another gets none, and the first keeps its own."""
    assert await subject.store.leases.acquire(PAPER, "runner-2", TTL_MS) is None
    assert await subject.store.leases.renew(subject.lease)


async def test_lease_taken_again_by_its_holder_gets_the_next_epoch(subject: StoreUnderTest) -> None:
    """A holder that starts anew does not wait, and fences what it was before."""
    again = await subject.store.leases.acquire(PAPER, HOLDER, TTL_MS)
    assert again is not None
    assert again.epoch == 2
    assert not await subject.store.leases.renew(subject.lease)


async def test_lease_that_ran_out_goes_to_the_next_with_a_higher_epoch(subject: StoreUnderTest) -> None:
    """A takeover raises the epoch, and the former holder cannot come back by renewing."""
    subject.run_out(PAPER)
    taken = await subject.store.leases.acquire(PAPER, "runner-2", TTL_MS)
    assert taken is not None
    assert taken.epoch == 2
    assert not await subject.store.leases.renew(subject.lease)
    assert await subject.store.leases.renew(taken)


async def test_lease_that_ran_out_cannot_be_renewed(subject: StoreUnderTest) -> None:
    """Late is fenced, even if nobody took over: in between somebody might have."""
    subject.run_out(PAPER)
    assert not await subject.store.leases.renew(subject.lease)


async def test_lease_renewed_in_time_outlives_nobody_else(subject: StoreUnderTest) -> None:
    """Renewing keeps the epoch and keeps others out."""
    assert await subject.store.leases.renew(subject.lease)
    assert await subject.store.leases.acquire(PAPER, "runner-2", TTL_MS) is None


async def test_lease_released_is_free_at_once_with_the_next_epoch(subject: StoreUnderTest) -> None:
    """A clean end needs no waiting; epochs never repeat."""
    await subject.store.leases.release(subject.lease)
    taken = await subject.store.leases.acquire(PAPER, "runner-2", TTL_MS)
    assert taken is not None
    assert taken.epoch == 2


async def test_lease_released_late_does_not_free_the_successor(subject: StoreUnderTest) -> None:
    """Releasing what was taken over changes nothing."""
    subject.run_out(PAPER)
    taken = await subject.store.leases.acquire(PAPER, "runner-2", TTL_MS)
    assert taken is not None
    await subject.store.leases.release(subject.lease)
    assert await subject.store.leases.renew(taken)


async def test_lease_of_one_account_says_nothing_of_another(subject: StoreUnderTest) -> None:
    """Accounts are leased one by one."""
    live = await live_deployment(subject.store, subject.skill)
    other = await subject.store.leases.acquire(live.account_key, "runner-2", TTL_MS, deployment=live.id)
    assert other is not None
    assert await subject.store.leases.renew(subject.lease)


Circumstance = Callable[[StoreUnderTest], Awaitable[Fence]]


async def _wrong_epoch(subject: StoreUnderTest) -> Fence:
    return Fence(account=subject.lease.account, epoch=subject.fence.epoch + 1)


async def _never_leased(subject: StoreUnderTest) -> Fence:
    return Fence(account=OTHER, epoch=1)


async def _released(subject: StoreUnderTest) -> Fence:
    await subject.store.leases.release(subject.lease)
    return subject.fence


async def _ran_out(subject: StoreUnderTest) -> Fence:
    subject.run_out(subject.lease.account)
    return subject.fence


async def _taken_over(subject: StoreUnderTest) -> Fence:
    subject.run_out(subject.lease.account)
    account = subject.lease.account
    assert await subject.store.leases.acquire(account, "runner-2", TTL_MS, deployment=DEPLOYMENT) is not None
    return subject.fence


CIRCUMSTANCES = (_wrong_epoch, _never_leased, _released, _ran_out, _taken_over)


@pytest.mark.parametrize("circumstance", CIRCUMSTANCES)
async def test_fenced_methods_write_nothing_without_the_live_lease(
    subject: StoreUnderTest, circumstance: Circumstance
) -> None:
    """Every fenced method raises Fenced, and afterwards nothing of what it was given is there."""
    store, skill = subject.store, subject.skill
    order = intent(0)
    (prepared,) = await store.intents.prepare(subject.fence, decision(skill, opens=True), [order], at=AT)
    fence = await circumstance(subject)
    filled = accepted(order.cloid, IntentState.FILLED, fill("f1", order.cloid))
    for attempt in (
        store.intents.prepare(fence, decision(skill, minute=1, opens=True), [intent(1)], at=AT),
        store.intents.settle(fence, prepared, filled, at=AT),
        store.intents.record_fills(fence, DEPLOYMENT, [fill("f2")], at=AT),
        store.decisions.record(fence, decision(skill, minute=2), HELD),
        store.states.write(fence, state("1")),
    ):
        with pytest.raises(Fenced, match=f"epoch {fence.epoch} is not the live lease"):
            await attempt
    assert await store.intents.unresolved(PAPER) == (prepared,)
    assert await store.intents.fills(PAPER) == ()
    assert await store.decisions.recent(DEPLOYMENT, 9) == ()
    assert await store.states.read(DEPLOYMENT) is None


@pytest.mark.parametrize("circumstance", CIRCUMSTANCES)
async def test_fenced_signing_and_notes_write_nothing_without_the_live_lease(
    live_subject: StoreUnderTest, circumstance: Circumstance
) -> None:
    """Nothing is prepared, numbered or noted, no fill is recorded, and no nonce is drawn for nothing."""
    subject, intents = live_subject, live_subject.store.intents
    ordered, waiting = await prepared(subject, [intent(leg=0), stop(leg=1)], signing=SIGNING)
    fence = await circumstance(subject)
    sent = IntentRecord(prepared=ordered, state=IntentState.SENT, sends=1)
    for attempt in (
        intents.prepare(fence, decision(subject.skill, minute=1), [intent(1)], at=AT, signing=SIGNING),
        intents.assign(fence, waiting, SIGNING, at=AT),
        intents.note(fence, sent, [fill("f1", ordered.intent.cloid)], at=AT),
    ):
        with pytest.raises(Fenced, match=f"epoch {fence.epoch} is not the live lease"):
            await attempt
    assert await intents.living(LIVE) == (IntentRecord(prepared=ordered), IntentRecord(prepared=waiting))
    assert await intents.fills(LIVE) == ()
    assert await next_nonce(subject, await successor(subject)) == AT + 1


async def test_fence_of_the_successor_may_settle_what_it_inherited(subject: StoreUnderTest) -> None:
    """After a takeover the new epoch finds the old intents and ends them."""
    order = intent(0)
    await subject.store.intents.prepare(subject.fence, decision(subject.skill, opens=True), [order], at=AT)
    subject.run_out(PAPER)
    taken = await subject.store.leases.acquire(PAPER, "runner-2", TTL_MS)
    assert taken is not None
    (inherited,) = await subject.store.intents.unresolved(PAPER)
    fence = Fence(account=PAPER, epoch=taken.epoch)
    outcome = accepted(order.cloid, IntentState.FILLED, fill("f1", order.cloid))
    assert await subject.store.intents.settle(fence, inherited, outcome, at=AT) is IntentState.FILLED
    assert inherited.fence == subject.fence
    assert await subject.store.intents.unresolved(PAPER) == ()
