"""Admitting a skill to paper, and what stands in its way."""

import pytest

from agentic_core.deployments import admit_paper, save_skill
from agentic_core.domain import DeploymentId, DeploymentStatus, Instant, UserId, derived_uuid
from agentic_core.errors import Conflict
from agentic_core.skills import load_skill
from agentic_core.store.memory import MemoryStore

pytestmark = pytest.mark.anyio

AT = Instant(1_767_225_600_000)
USER = UserId(derived_uuid("user", "someone"))
FIRST, SECOND = DeploymentId(derived_uuid("d", "1")), DeploymentId(derived_uuid("d", "2"))
SKILL = load_skill(
    """{"name": "Cross", "mode": "rules",
        "rules": {"policy": "sma-cross", "symbol": "BTC", "fast": 2, "slow": 3, "direction": "long", "sizePct": 10},
        "risk": {"maxPositionPct": 20, "maxTotalExposurePct": 20, "maxOrdersPerDay": 5, "maxLeverage": 1,
                 "allowedSymbols": ["BTC"], "dailyLossHaltPct": 5}}""",
    source="test",
)


async def test_deployment_whose_process_is_gone_makes_room() -> None:
    """Its lease is free, so it is marked as failed with the reason, and the new one is admitted."""
    store = MemoryStore(now=lambda: AT)
    version = await save_skill(store, USER, SKILL)
    await admit_paper(store, USER, version, deployment=FIRST, at=AT)
    admitted = await admit_paper(store, USER, version, deployment=SECOND, at=AT)
    assert admitted.status is DeploymentStatus.PROVISIONING
    dead = await store.deployments.load(FIRST)
    assert (dead.status, dead.error_text) == (
        DeploymentStatus.ERROR,
        "heartbeat lost: the process that ran it is gone",
    )


async def test_deployment_whose_process_lives_keeps_its_place() -> None:
    """Somebody holds its account's lease, so the second one is refused and the first one is left alone."""
    store = MemoryStore(now=lambda: AT)
    version = await save_skill(store, USER, SKILL)
    first = await admit_paper(store, USER, version, deployment=FIRST, at=AT)
    assert await store.leases.acquire(first.account_key, "its runner", 15_000) is not None
    with pytest.raises(Conflict):
        await admit_paper(store, USER, version, deployment=SECOND, at=AT)
    assert (await store.deployments.load(FIRST)).status is DeploymentStatus.PROVISIONING
