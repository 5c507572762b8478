"""Intents that are signed, and runners that come after one another, for tests of the stores."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from agentic_core.domain import (
    DeploymentRecord,
    DeploymentStatus,
    Fence,
    Instant,
    IntentKind,
    OrderIntent,
    PreparedIntent,
    Price,
    Trigger,
    TriggerKind,
)
from agentic_core.domain.order import Signing
from tests.support.store_under_test import HOLDER, TTL_MS, StoreUnderTest
from tests.support.stored_values import AT, DEPLOYMENT, OTHER_WALLET, WALLET, decision, deployment, intent

__all__ = ["OTHER_SIGNING", "SIGNING", "another_account", "next_nonce", "prepared", "stop", "successor"]

SIGNING = Signing(signer=WALLET, expires_at=Instant(AT + 10_000))
OTHER_SIGNING = Signing(signer=OTHER_WALLET, expires_at=Instant(AT + 12_345))

_AFTER_ALL = 100_000
"""A minute of which no test prepares anything else."""


def stop(minute: int = 0, *, leg: int = 0) -> OrderIntent:
    """Return a protective stop."""
    trigger = Trigger(kind=TriggerKind.STOP, price=Price(Decimal("44000.50")))
    return msgspec.structs.replace(intent(minute, leg=leg), kind=IntentKind.STOP, trigger=trigger, reduce_only=True)


async def prepared(
    subject: StoreUnderTest,
    legs: Sequence[OrderIntent],
    *,
    minute: int = 0,
    at: int = AT,
    signing: Signing | None = None,
    fence: Fence | None = None,
) -> tuple[PreparedIntent, ...]:
    """Prepare the intents of a tick."""
    wanted = decision(subject.skill, minute=minute, opens=True)
    return await subject.store.intents.prepare(fence or subject.fence, wanted, legs, at=Instant(at), signing=signing)


async def successor(subject: StoreUnderTest) -> Fence:
    """Return the fence of whoever may have the account by now, with the next epoch."""
    for holder in (HOLDER, "runner-2"):
        lease = await subject.store.leases.acquire(subject.lease.account, holder, TTL_MS, deployment=DEPLOYMENT)
        if lease is not None:
            return Fence(account=lease.account, epoch=lease.epoch)
    message = "a stranger holds the account"
    raise AssertionError(message)


async def another_account(subject: StoreUnderTest) -> tuple[DeploymentRecord, Fence]:
    """Deploy the same skill a second time, and return that with the lease of its account."""
    await subject.store.deployments.move(DEPLOYMENT, DeploymentStatus.STOPPING, at=AT)
    other = deployment(subject.skill, name="other")
    await subject.store.deployments.create(other)
    lease = await subject.store.leases.acquire(other.account_key, "runner-2", TTL_MS)
    assert lease is not None
    return other, Fence(account=other.account_key, epoch=lease.epoch)


async def next_nonce(subject: StoreUnderTest, fence: Fence | None = None, signing: Signing = SIGNING) -> int | None:
    """Draw the nonce that a signer's next intent gets at the earliest instant of these tests."""
    order = intent(_AFTER_ALL)
    (last,) = await prepared(subject, [order], minute=_AFTER_ALL, signing=signing, fence=fence)
    return last.nonce
