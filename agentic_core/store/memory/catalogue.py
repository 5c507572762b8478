"""Skills, deployments and backtests in memory."""

from collections.abc import Sequence

import msgspec

from agentic_core.domain.bounds import LossBound
from agentic_core.domain.deployment_states import FINAL_STATUSES, OCCUPYING_STATUSES, check_move
from agentic_core.domain.ids import DeploymentId, SkillId, UserId, derived_uuid
from agentic_core.domain.records import DeploymentRecord, SimRun, SkillRecord, SkillVersionRecord
from agentic_core.domain.run import DecisionRecord
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import BrokerKind, DeploymentStatus
from agentic_core.errors import UsageError
from agentic_core.store import sentences
from agentic_core.store.checks import check_run
from agentic_core.store.memory.decisions import MemoryDecisions

__all__ = ["MemoryDeployments", "MemorySimRuns", "MemorySkills"]


class MemorySkills:
    """Skills and their immutable versions."""

    def __init__(self) -> None:
        self._skills: dict[tuple[UserId, str], SkillRecord] = {}
        self._versions: dict[tuple[SkillId, int], SkillVersionRecord] = {}

    async def save(
        self,
        user: UserId,
        *,
        name: str,
        slug: str,
        payload: str,
        payload_hash: str,
        loss_bound: LossBound | None = None,
    ) -> SkillVersionRecord:
        """Add a version to the user's skill of that slug, making the skill when it is new."""
        skill = self._skills.get((user, slug)) or SkillRecord(
            id=SkillId(derived_uuid("skill", user, slug)), user_id=user, name=name, slug=slug, latest_version=0
        )
        number = skill.latest_version + 1
        added = SkillVersionRecord(
            skill_id=skill.id, version=number, payload=payload, payload_hash=payload_hash, loss_bound=loss_bound
        )
        newest = self._versions.get((skill.id, skill.latest_version))
        if newest is not None and msgspec.structs.replace(newest, version=number) == added:
            return newest
        self._versions[skill.id, number] = added
        self._skills[user, slug] = msgspec.structs.replace(skill, name=name, latest_version=number)
        return added

    async def find(self, user: UserId, slug: str) -> SkillRecord:
        """Return a user's skill.

        Raises:
            NotFound: the user has no skill of that slug.
        """
        skill = self._skills.get((user, slug))
        if skill is None:
            raise sentences.no_skill(slug)
        return skill

    async def version(self, skill: SkillId, version: int) -> SkillVersionRecord:
        """Return one version.

        Raises:
            NotFound: there is no such version.
        """
        found = self._versions.get((skill, version))
        if found is None:
            raise sentences.no_version(skill, version)
        return found

    def check(self, user: UserId, skill: SkillId, version: int) -> None:
        """Refuse what refers to a user or version that does not exist.

        Raises:
            NotFound: one of them does not.
        """
        if (skill, version) not in self._versions:
            raise sentences.no_version(skill, version)
        if all(owner != user for owner, _ in self._skills):
            raise sentences.no_user(user)


class MemoryDeployments:
    """Deployments and their status."""

    def __init__(self, skills: MemorySkills) -> None:
        self._skills = skills
        self._deployments: dict[DeploymentId, DeploymentRecord] = {}

    def __contains__(self, deployment: DeploymentId) -> bool:
        return deployment in self._deployments

    async def create(self, deployment: DeploymentRecord) -> None:
        """Insert a deployment.

        Raises:
            NotFound: the skill version or the user does not exist.
            Conflict: the user already runs this skill on this broker, or another deployment on mainnet.
            UsageError: the account key does not belong to the broker.
        """
        if deployment.account_key.startswith("paper:") != (deployment.broker_kind is BrokerKind.PAPER):
            raise UsageError(f"account {deployment.account_key!r} cannot be traded by {deployment.broker_kind}")
        self._skills.check(deployment.user_id, deployment.skill_id, deployment.skill_version)
        if deployment.id in self._deployments:
            raise sentences.conflict(sentences.DEPLOYMENT_EXISTS)
        if deployment.status in OCCUPYING_STATUSES:
            self._check_place(deployment)
        self._deployments[deployment.id] = deployment

    async def load(self, deployment: DeploymentId) -> DeploymentRecord:
        """Return a deployment.

        Raises:
            NotFound: there is none of that id.
        """
        found = self._deployments.get(deployment)
        if found is None:
            raise sentences.no_deployment(deployment)
        return found

    async def occupying(self, user: UserId, skill: SkillId, broker: BrokerKind) -> tuple[DeploymentRecord, ...]:
        """Return the deployments that take a user's place for a skill on a broker, oldest first."""
        found = (row for row in self._deployments.values() if row.status in OCCUPYING_STATUSES)
        wanted = [row for row in found if (row.user_id, row.skill_id, row.broker_kind) == (user, skill, broker)]
        return tuple(sorted(wanted, key=lambda row: (row.created_at, row.id)))

    async def move(
        self, deployment: DeploymentId, status: DeploymentStatus, *, at: Instant, reason: str | None = None
    ) -> DeploymentRecord:
        """Set the status; staying changes nothing.

        Raises:
            NotFound: there is none of that id.
            IllegalTransition: the status table has no such move.
        """
        found = await self.load(deployment)
        check_move(found.status, status)
        if found.status is status:
            return found
        running, halted = status is DeploymentStatus.RUNNING, status is DeploymentStatus.HALTED
        moved = msgspec.structs.replace(
            found,
            status=status,
            error_text=reason if status is DeploymentStatus.ERROR else found.error_text,
            halt_reason=reason if halted else None if running else found.halt_reason,
            started_at=at if running and found.started_at is None else found.started_at,
            stopped_at=at if status in FINAL_STATUSES else found.stopped_at,
        )
        self._deployments[deployment] = moved
        return moved

    def _check_place(self, wanted: DeploymentRecord) -> None:
        taken = [
            other
            for other in self._deployments.values()
            if other.user_id == wanted.user_id
            and other.broker_kind is wanted.broker_kind
            and other.status in OCCUPYING_STATUSES
        ]
        if any(other.skill_id == wanted.skill_id for other in taken):
            raise sentences.conflict(sentences.SKILL_BROKER_TAKEN)
        if taken and wanted.broker_kind is BrokerKind.HYPERLIQUID_MAINNET:
            raise sentences.conflict(sentences.MAINNET_TAKEN)


class MemorySimRuns:
    """Backtests."""

    def __init__(self, skills: MemorySkills, decisions: MemoryDecisions) -> None:
        self._skills = skills
        self._decisions = decisions
        self._runs: dict[DeploymentId, SimRun] = {}

    async def create(self, run: SimRun) -> None:
        """Insert a run.

        Raises:
            NotFound: the skill version or the user does not exist.
            Conflict: there is one of that id.
        """
        self._skills.check(run.user_id, run.skill_id, run.skill_version)
        if run.id in self._runs:
            raise sentences.conflict(sentences.RUN_EXISTS)
        self._runs[run.id] = run

    async def update(self, run: SimRun) -> None:
        """Replace a run's progress, status and figures; what it ran on stays as it was created.

        Raises:
            NotFound: there is none of that id.
        """
        known = await self.load(run.id)
        self._runs[run.id] = msgspec.structs.replace(
            known,
            status=run.status,
            progress_pct=run.progress_pct,
            error_text=run.error_text,
            metrics_json=run.metrics_json,
            started_at=run.started_at,
            finished_at=run.finished_at,
        )

    async def load(self, run: DeploymentId) -> SimRun:
        """Return a run.

        Raises:
            NotFound: there is none of that id.
        """
        found = self._runs.get(run)
        if found is None:
            raise sentences.no_run(run)
        return found

    async def record(self, run: DeploymentId, decisions: Sequence[DecisionRecord]) -> None:
        """Write a run's decisions, all or none.

        Raises:
            NotFound: there is no such run.
            Conflict: a decision was recorded before; nothing was written.
            UsageError: a decision is of another run.
        """
        check_run(run, decisions)
        await self.load(run)
        self._decisions.insert_all(decisions)
