"""Admitting a skill to run."""

from agentic_core.domain.ids import DeploymentId, SkillId, UserId, derived_uuid, paper_account
from agentic_core.domain.records import DeploymentRecord, SkillVersionRecord
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import BrokerKind, DeploymentStatus
from agentic_core.ports.repositories import Store
from agentic_core.skills.schema import Skill
from agentic_core.skills.versions import canonical_json, payload_hash

__all__ = ["LOCAL_USER", "admit_paper", "save_skill"]

LOCAL_USER = UserId(derived_uuid("user", "local"))
"""Who owns what is made from the command line."""

_FENCE_MS = 5_000


async def save_skill(store: Store, user: UserId, skill: Skill) -> SkillVersionRecord:
    """Store a skill file as a version; a file equal to the newest version adds nothing."""
    payload = canonical_json(skill)
    return await store.skills.save(
        user, name=skill.name, slug=skill.slug, payload=payload, payload_hash=payload_hash(payload)
    )


async def admit_paper(
    store: Store, user: UserId, version: SkillVersionRecord, *, deployment: DeploymentId, at: Instant
) -> DeploymentRecord:
    """Create a paper deployment of a version, waiting to be run.

    A deployment of the skill whose process is gone does not stand in the way: it is marked as failed first.

    Raises:
        Conflict: the user already runs this skill on paper.
    """
    await _clear_dead(store, user, version.skill_id, at)
    record = DeploymentRecord(
        id=deployment,
        user_id=user,
        skill_id=version.skill_id,
        skill_version=version.version,
        broker_kind=BrokerKind.PAPER,
        status=DeploymentStatus.PROVISIONING,
        account_key=paper_account(deployment),
        created_at=at,
    )
    await store.deployments.create(record)
    return record


async def _clear_dead(store: Store, user: UserId, skill: SkillId, at: Instant) -> None:
    # Whoever still runs holds its account's lease. Taking it fences a process that merely looks dead.
    for row in await store.deployments.occupying(user, skill, BrokerKind.PAPER):
        lease = await store.leases.acquire(row.account_key, "admission", _FENCE_MS)
        if lease is not None:
            reason = "heartbeat lost: the process that ran it is gone"
            await store.deployments.move(row.id, DeploymentStatus.ERROR, at=at, reason=reason)
            await store.leases.release(lease)
