"""What a test of both stores is handed."""

from collections.abc import Callable
from dataclasses import dataclass

from agentic_core.domain import AccountKey, Fence, Instant, Lease, SkillId
from agentic_core.ports.repositories import Store
from agentic_core.store.memory import MemoryStore
from agentic_core.store.postgres import PostgresStore
from tests.support.agent_wallets import approved_wallet, live_deployment
from tests.support.by_hand import execute
from tests.support.stored_values import AT, DEPLOYMENT, LIVE, OTHER_WALLET, PAPER, USER, deployment, hash_of

__all__ = ["HOLDER", "PAYLOAD", "TTL_MS", "StoreUnderTest", "in_memory", "in_postgres"]

PAYLOAD = '{"model":"rules","risk":{"maxMonthlyCostUsd":200,"maxPositionPct":2.5}}'
TTL_MS = 15_000
HOLDER = "runner-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreUnderTest:
    """A store with one skill saved, one deployment made and its lease taken."""

    store: Store
    run_out: Callable[[AccountKey], None]
    """Let time pass until the account's lease has run out."""

    skill: SkillId
    lease: Lease
    fence: Fence


class _StandingClock:
    def __init__(self) -> None:
        self.at = AT

    def now(self) -> Instant:
        return self.at

    def wait(self, account: AccountKey) -> None:
        self.at = Instant(self.at + TTL_MS + 1)


async def in_memory(*, journaled: bool = False, live: bool = False) -> StoreUnderTest:
    """Furnish a new store in memory, with a deployment on paper or a live one."""
    clock = _StandingClock()
    return await _furnished(MemoryStore(clock.now, journaled=journaled), clock.wait, live=live)


async def in_postgres(store: PostgresStore, dsn: str, *, live: bool = False) -> StoreUnderTest:
    """Furnish the store of an empty, migrated database, with a deployment on paper or a live one."""
    late = "update leases set expires_at = clock_timestamp() - interval '1 millisecond' where account_key = %s"

    def wait(account: AccountKey) -> None:
        execute(dsn, late, account)

    return await _furnished(store, wait, live=live)


async def _furnished(store: Store, run_out: Callable[[AccountKey], None], *, live: bool) -> StoreUnderTest:
    saved = await store.skills.save(
        USER, name="Crossing", slug="crossing", payload=PAYLOAD, payload_hash=hash_of(PAYLOAD)
    )
    if live:
        await approved_wallet(store, address=OTHER_WALLET, name="second desk")
        await live_deployment(store, saved.skill_id, name="deployment")
    else:
        await store.deployments.create(deployment(saved.skill_id))
    lease = await store.leases.acquire(LIVE if live else PAPER, HOLDER, TTL_MS, deployment=DEPLOYMENT)
    assert lease is not None
    fence = Fence(account=lease.account, epoch=lease.epoch)
    return StoreUnderTest(store=store, run_out=run_out, skill=saved.skill_id, lease=lease, fence=fence)
