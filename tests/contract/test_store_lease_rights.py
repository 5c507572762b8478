"""What both stores promise about who may take a lease: for which deployment, and after a revocation."""

import msgspec
import pytest

from agentic_core.domain import (
    AccountKey,
    DeploymentId,
    DeploymentStatus,
    Desired,
    Fence,
    Lease,
    LeaseRecord,
    LeaseState,
)
from agentic_core.errors import Fenced, NotFound
from tests.support.agent_wallets import live_deployment
from tests.support.store_under_test import HOLDER, TTL_MS, StoreUnderTest
from tests.support.stored_values import AT, DEPLOYMENT, HELD, PAPER, decision, uuid_of

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio

PORTS = ("agentic_core.ports.leases.LeaseStore",)

NEXT = "runner-2"


async def test_lease_tells_who_has_it_and_since_when(subject: StoreUnderTest) -> None:
    """Held, for which deployment, and whether it has run out."""
    held = await subject.store.leases.read(PAPER)
    assert held is not None
    assert held.taken_at is not None
    assert held == LeaseRecord(
        account=PAPER,
        deployment=DEPLOYMENT,
        epoch=1,
        holder=HOLDER,
        state=LeaseState.HELD,
        expires_at=held.expires_at,
        taken_at=held.taken_at,
        is_live=True,
    )
    assert held.taken_at < held.expires_at <= held.taken_at + TTL_MS
    subject.run_out(PAPER)
    late = await subject.store.leases.read(PAPER)
    assert late is not None
    assert (late.is_live, late.state, late.epoch) == (False, LeaseState.HELD, 1)
    assert await subject.store.leases.read(AccountKey("mainnet:0xabc")) is None


@pytest.mark.parametrize("desired", [Desired.FLATTEN, Desired.STOPPED])
async def test_lease_is_not_given_to_run_what_shall_not_run(subject: StoreUnderTest, desired: Desired) -> None:
    """A restart obeys what was said meanwhile, even by the holder; whoever has the lease keeps it."""
    leases = subject.store.leases
    await subject.store.deployments.set_desired(DEPLOYMENT, desired)
    assert await leases.acquire(PAPER, HOLDER, TTL_MS) is None
    assert await leases.renew(subject.lease)
    await leases.release(subject.lease)
    assert await leases.acquire(PAPER, HOLDER, TTL_MS) is None


async def test_lease_to_flatten_is_given_where_the_deployment_shall_be_flat(subject: StoreUnderTest) -> None:
    """Once its runner let go of it."""
    leases = subject.store.leases
    await subject.store.deployments.set_desired(DEPLOYMENT, Desired.FLATTEN)
    await leases.release(subject.lease)
    taken = await leases.acquire(PAPER, "janitor", TTL_MS, desired=Desired.FLATTEN)
    assert taken == Lease(account=PAPER, epoch=2, holder="janitor", ttl_ms=TTL_MS)


async def test_lease_to_flatten_is_not_given_while_the_deployment_shall_run(subject: StoreUnderTest) -> None:
    """Nobody closes positions unasked."""
    await subject.store.leases.release(subject.lease)
    assert await subject.store.leases.acquire(PAPER, "janitor", TTL_MS, desired=Desired.FLATTEN) is None


async def test_lease_of_a_live_account_goes_from_deployment_to_deployment(subject: StoreUnderTest) -> None:
    """The account outlives its deployments, and so does the count of epochs."""
    store, first = subject.store, await live_deployment(subject.store, subject.skill)
    lease = await store.leases.acquire(first.account_key, HOLDER, TTL_MS, deployment=first.id)
    assert lease is not None
    await store.deployments.move(first.id, DeploymentStatus.STOPPING, at=AT)
    second = msgspec.structs.replace(first, id=DeploymentId(uuid_of("second")))
    await store.deployments.create(second)
    assert await store.leases.acquire(first.account_key, NEXT, TTL_MS, deployment=second.id) is None
    await store.leases.release(lease)
    taken = await store.leases.acquire(first.account_key, NEXT, TTL_MS, deployment=second.id)
    assert taken is not None
    read = await store.leases.read(first.account_key)
    assert read is not None
    assert (read.epoch, read.deployment, read.holder) == (2, second.id, NEXT)


async def test_lease_is_given_only_to_a_deployment_of_its_account(subject: StoreUnderTest) -> None:
    """Neither to one that does not exist nor to one of another account."""
    live = await live_deployment(subject.store, subject.skill)
    for account, deployment in ((PAPER, live.id), (live.account_key, DEPLOYMENT), (PAPER, uuid_of("nothing"))):
        with pytest.raises(NotFound, match="there is no deployment"):
            await subject.store.leases.acquire(account, HOLDER, TTL_MS, deployment=DeploymentId(deployment))


async def test_lease_revoked_is_nobodys_until_it_is_allowed(subject: StoreUnderTest) -> None:
    """The holder is fenced at once, nobody takes over, and afterwards epochs go on."""
    leases = subject.store.leases
    assert await leases.revoke(PAPER) == 2
    assert not await leases.renew(subject.lease)
    for epoch in (1, 2):
        with pytest.raises(Fenced):
            await subject.store.decisions.record(Fence(account=PAPER, epoch=epoch), decision(subject.skill), HELD)
    subject.run_out(PAPER)
    assert [await leases.acquire(PAPER, holder, TTL_MS) for holder in (HOLDER, NEXT)] == [None, None]
    assert await leases.revoke(PAPER) == 2
    await leases.release(subject.lease)
    revoked = await leases.read(PAPER)
    assert revoked is not None
    assert (revoked.state, revoked.epoch, revoked.is_live) == (LeaseState.REVOKED, 2, False)
    await leases.allow(PAPER)
    taken = await leases.acquire(PAPER, NEXT, TTL_MS)
    assert taken is not None
    assert taken.epoch == 3
    await leases.allow(PAPER)
    assert await leases.renew(taken)


async def test_lease_of_an_account_that_was_never_taken_can_be_revoked(subject: StoreUnderTest) -> None:
    """Nobody may begin to trade it either."""
    live = await live_deployment(subject.store, subject.skill)
    assert await subject.store.leases.revoke(live.account_key) == 1
    assert await subject.store.leases.acquire(live.account_key, HOLDER, TTL_MS, deployment=live.id) is None
    read = await subject.store.leases.read(live.account_key)
    assert read is not None
    assert (read.deployment, read.holder, read.taken_at, read.state) == (None, "", None, LeaseState.REVOKED)


async def test_lease_revoked_says_what_the_deployments_of_the_account_shall_come_to(subject: StoreUnderTest) -> None:
    """Those that have not ended and the one that held it; others keep what they were to come to."""
    store, held = subject.store, await live_deployment(subject.store, subject.skill)
    await store.leases.acquire(held.account_key, HOLDER, TTL_MS, deployment=held.id)
    await store.deployments.move(held.id, DeploymentStatus.ERROR, at=AT, reason="heartbeat lost")
    ended = msgspec.structs.replace(held, id=DeploymentId(uuid_of("ended")), status=DeploymentStatus.STOPPED)
    waiting = msgspec.structs.replace(held, id=DeploymentId(uuid_of("waiting")))
    for other in (ended, waiting):
        await store.deployments.create(other)
    await store.leases.revoke(held.account_key, desired=Desired.FLATTEN)
    said = [await store.deployments.desired(key) for key in (held.id, waiting.id, ended.id, DEPLOYMENT)]
    assert said == [Desired.FLATTEN, Desired.FLATTEN, Desired.RUNNING, Desired.RUNNING]
    await store.leases.allow(held.account_key)
    janitor = await store.leases.acquire(
        held.account_key, "janitor", TTL_MS, deployment=held.id, desired=Desired.FLATTEN
    )
    assert janitor is not None


async def test_epoch_raised_fences_whoever_holds_less(subject: StoreUnderTest) -> None:
    """The account can be taken at once, with an epoch that nobody knew before; raising again changes nothing."""
    leases = subject.store.leases
    assert await leases.raise_epoch(PAPER, 0) == 1
    assert await leases.renew(subject.lease)
    assert await leases.raise_epoch(PAPER, 40) == 41
    assert not await leases.renew(subject.lease)
    assert await leases.raise_epoch(PAPER, 12) == 41
    taken = await leases.acquire(PAPER, NEXT, TTL_MS)
    assert taken is not None
    assert taken.epoch == 42


async def test_epoch_raised_before_anybody_took_the_lease_is_where_it_begins(subject: StoreUnderTest) -> None:
    """An account whose lease was lost does not begin anew."""
    live = await live_deployment(subject.store, subject.skill)
    assert await subject.store.leases.raise_epoch(live.account_key, 7) == 8
    taken = await subject.store.leases.acquire(live.account_key, HOLDER, TTL_MS, deployment=live.id)
    assert taken is not None
    assert taken.epoch == 9


async def test_epoch_raised_of_a_revoked_lease_leaves_it_revoked(subject: StoreUnderTest) -> None:
    """Only allowing gives it back."""
    await subject.store.leases.revoke(PAPER)
    assert await subject.store.leases.raise_epoch(PAPER, 40) == 41
    assert await subject.store.leases.acquire(PAPER, NEXT, TTL_MS) is None
