"""Two tenants of one database, each with a paper deployment that has left something in every table."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec

from agentic_core.domain import AccountKey, CommandKind, DeploymentId, Fence, UserId, paper_account
from agentic_core.ports.entropy import Entropy
from agentic_core.store.postgres import PostgresStore, open_store
from agentic_core.store.postgres.roles import enrol_runner, narrow_dsn
from tests.support.store_under_test import PAYLOAD, TTL_MS
from tests.support.stored_values import AT, HELD, decision, deployment, fill, hash_of, intent, log_line, state, uuid_of

__all__ = ["Tenant", "as_runner", "as_web", "tenant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """A user with a skill, a deployment and the lease of its account."""

    user: UserId
    deployment: DeploymentId
    account: AccountKey
    fence: Fence


async def tenant(store: PostgresStore, name: str) -> Tenant:
    """Let somebody save a skill, deploy it, and trade a little."""
    user, key = UserId(uuid_of(f"user {name}")), DeploymentId(uuid_of(name))
    saved = await store.skills.save(user, name=name, slug=name, payload=PAYLOAD, payload_hash=hash_of(PAYLOAD))
    await store.deployments.create(msgspec.structs.replace(deployment(saved.skill_id, name=name), user_id=user))
    account = paper_account(key)
    lease = await store.leases.acquire(account, name, TTL_MS)
    assert lease is not None
    fence = Fence(account=account, epoch=lease.epoch)
    opened = decision(saved.skill_id, run=key, opens=True, text="private")
    await store.intents.prepare(fence, opened, [intent(account=account, run=key)], at=AT)
    await store.decisions.record(fence, decision(saved.skill_id, run=key, minute=1), HELD)
    await store.intents.record_fills(fence, key, [fill("f1")], at=AT)
    await store.states.write(fence, state("1", deployment=key))
    await store.logs.append([msgspec.structs.replace(log_line("traded"), deployment_id=key)])
    await store.commands.queue(key, CommandKind.PAUSE, payload={}, at=AT)
    return Tenant(user=user, deployment=key, account=account, fence=fence)


@asynccontextmanager
async def as_web(dsn: str, user: UserId) -> AsyncIterator[PostgresStore]:
    """Open the store as the website does for somebody."""
    async with open_store(narrow_dsn(dsn, "agentic_web")) as store:
        yield store.acting_for(user)


@asynccontextmanager
async def as_runner(dsn: str, tenant: Tenant, entropy: Entropy) -> AsyncIterator[PostgresStore]:
    """Open the store as the runner of a tenant's deployment does."""
    async with open_store(await enrol_runner(dsn, tenant.deployment, entropy)) as store:
        yield store
