"""Admitting a skill to run."""

from collections.abc import Mapping

from agentic_core.deployments.admission import admit
from agentic_core.domain.ids import DeploymentId, SkillId, Symbol, UserId, derived_uuid, paper_account
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.records import DeploymentRecord, LeaseRecord, LeaseState, SkillVersionRecord
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import BrokerKind, DeploymentStatus, Desired
from agentic_core.errors import SkillUnbounded
from agentic_core.ports.repositories import Store
from agentic_core.skills.schema import Skill
from agentic_core.skills.versions import canonical_json, payload_hash

__all__ = ["LOCAL_USER", "admit_paper", "save_skill"]

LOCAL_USER = UserId(derived_uuid("user", "local"))
"""Who owns what is made from the command line."""

_FENCE_MS = 5_000


async def save_skill(
    store: Store, user: UserId, skill: Skill, *, instruments: Mapping[Symbol, Instrument]
) -> SkillVersionRecord:
    """Store a skill file as a version with its loss bound; where both equal the newest version's, nothing is added.

    Raises:
        SkillUnbounded: its caps let everything deposited be lost.
    """
    bound = admit(skill, instruments, source=skill.slug)
    payload = canonical_json(skill)
    return await store.skills.save(
        user,
        name=skill.name,
        slug=skill.slug,
        payload=payload,
        payload_hash=payload_hash(payload),
        loss_bound=bound,
    )


async def admit_paper(
    store: Store, user: UserId, version: SkillVersionRecord, *, deployment: DeploymentId, at: Instant
) -> DeploymentRecord:
    """Create a paper deployment of a version, waiting to be run.

    A deployment of the skill whose process is gone does not stand in the way: it is marked as failed first.

    Raises:
        SkillUnbounded: the version was stored without a loss bound.
        Conflict: the user already runs this skill on paper.
    """
    if version.loss_bound is None:
        message = (
            f"version {version.version} of the skill was stored before loss bounds were; save its file again, "
            "and deploy the version that makes"
        )
        raise SkillUnbounded(message)
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
    # Whoever still runs holds its account's lease. Taking or revoking it fences one that only looks dead; of what shall
    # be stopped nobody takes it any more.
    for row in await store.deployments.occupying(user, skill, BrokerKind.PAPER):
        lease = await store.leases.acquire(
            row.account_key, "admission", _FENCE_MS, deployment=row.id, desired=row.desired
        )
        known = await store.leases.read(row.account_key)
        if lease is None and not _is_over(row, known):
            continue
        reason = "heartbeat lost: the process that ran it is gone"
        await store.deployments.move(row.id, DeploymentStatus.ERROR, at=at, reason=reason)
        if lease is not None:
            await store.leases.release(lease)


def _is_over(row: DeploymentRecord, known: LeaseRecord | None) -> bool:
    if row.desired is Desired.STOPPED:
        return known is None or not known.is_live
    return known is not None and known.state is LeaseState.REVOKED
