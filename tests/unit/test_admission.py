"""Admitting a skill to paper, and what stands in its way."""

from decimal import Decimal

import pytest

from agentic_core.deployments import admit, admit_paper, save_skill
from agentic_core.domain import (
    DeploymentId,
    DeploymentStatus,
    Desired,
    Instant,
    Instrument,
    Symbol,
    UserId,
    derived_uuid,
)
from agentic_core.errors import Conflict, InputError, NotFound, SkillUnbounded
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

INSTRUMENTS = {Symbol("BTC"): Instrument(symbol=Symbol("BTC"), size_decimals=5, leverage_max=40)}
WIDE = SKILL.model_copy(
    update={
        "risk": SKILL.risk.model_copy(
            update={"max_position_pct": Decimal(500), "max_total_exposure_pct": Decimal(500), "max_leverage": 5}
        )
    }
)


async def test_skill_is_stored_with_the_most_it_can_lose() -> None:
    """The figures stand in the version, and saving it again adds none."""
    store = MemoryStore(now=lambda: AT)
    version = await save_skill(store, USER, SKILL, instruments=INSTRUMENTS)
    assert version.loss_bound == admit(SKILL, INSTRUMENTS, source="test")
    assert version.loss_bound is not None
    assert (version.loss_bound.order_bps, version.loss_bound.day_bps, version.loss_bound.deployment_bps) == (
        247,
        928,
        2838,
    )
    assert (await save_skill(store, USER, SKILL, instruments=INSTRUMENTS)).version == 1


async def test_skill_that_can_lose_everything_is_not_stored() -> None:
    """The refusal names the skill, the cap and the widest value that is bounded; it is an input error."""
    store = MemoryStore(now=lambda: AT)
    with pytest.raises(SkillUnbounded, match=r"^cross: risk\.maxTotalExposurePct: was 500, .* to 443 or less") as found:
        await save_skill(store, USER, WIDE, instruments=INSTRUMENTS)
    assert isinstance(found.value, InputError)
    assert found.value.exit_code == 2
    with pytest.raises(NotFound):
        await store.skills.find(USER, "cross")


async def test_version_stored_without_a_loss_bound_is_not_deployed() -> None:
    """It is from before there were any; nothing is created."""
    store = MemoryStore(now=lambda: AT)
    old = await store.skills.save(USER, name="Cross", slug="cross", payload="{}", payload_hash="0" * 64)
    with pytest.raises(
        SkillUnbounded, match="version 1 of the skill was stored before loss bounds were; save its file"
    ):
        await admit_paper(store, USER, old, deployment=FIRST, at=AT)
    with pytest.raises(NotFound):
        await store.deployments.load(FIRST)


async def test_deployment_whose_process_is_gone_makes_room() -> None:
    """Its lease is free, so it is marked as failed with the reason, and the new one is admitted."""
    store = MemoryStore(now=lambda: AT)
    version = await save_skill(store, USER, SKILL, instruments=INSTRUMENTS)
    await admit_paper(store, USER, version, deployment=FIRST, at=AT)
    admitted = await admit_paper(store, USER, version, deployment=SECOND, at=AT)
    assert admitted.status is DeploymentStatus.PROVISIONING
    dead = await store.deployments.load(FIRST)
    assert (dead.status, dead.error_text) == (
        DeploymentStatus.ERROR,
        "heartbeat lost: the process that ran it is gone",
    )


@pytest.mark.parametrize("desired", Desired)
async def test_deployment_whose_process_lives_keeps_its_place(desired: Desired) -> None:
    """Somebody holds its account's lease, so the second one is refused and the first one is left alone."""
    store = MemoryStore(now=lambda: AT)
    version = await save_skill(store, USER, SKILL, instruments=INSTRUMENTS)
    first = await admit_paper(store, USER, version, deployment=FIRST, at=AT)
    assert await store.leases.acquire(first.account_key, "its runner", 15_000) is not None
    await store.deployments.set_desired(FIRST, desired)
    with pytest.raises(Conflict):
        await admit_paper(store, USER, version, deployment=SECOND, at=AT)
    assert (await store.deployments.load(FIRST)).status is DeploymentStatus.PROVISIONING


@pytest.mark.parametrize("desired", [Desired.FLATTEN, Desired.STOPPED])
async def test_deployment_that_shall_not_run_makes_room_once_its_process_is_gone(desired: Desired) -> None:
    """What it was to come to keeps nobody from deploying the skill anew."""
    store = MemoryStore(now=lambda: AT)
    version = await save_skill(store, USER, SKILL, instruments=INSTRUMENTS)
    await admit_paper(store, USER, version, deployment=FIRST, at=AT)
    await store.deployments.set_desired(FIRST, desired)
    await admit_paper(store, USER, version, deployment=SECOND, at=AT)
    assert (await store.deployments.load(FIRST)).status is DeploymentStatus.ERROR


async def test_deployment_whose_lease_was_revoked_makes_room() -> None:
    """Its process is fenced; the lease stays revoked."""
    store = MemoryStore(now=lambda: AT)
    version = await save_skill(store, USER, SKILL, instruments=INSTRUMENTS)
    first = await admit_paper(store, USER, version, deployment=FIRST, at=AT)
    assert await store.leases.acquire(first.account_key, "its runner", 15_000) is not None
    await store.leases.revoke(first.account_key)
    await admit_paper(store, USER, version, deployment=SECOND, at=AT)
    assert (await store.deployments.load(FIRST)).status is DeploymentStatus.ERROR
    assert await store.leases.acquire(first.account_key, "its runner", 15_000) is None
