"""Deployments and their status."""

import msgspec

from agentic_core.domain.deployment_states import DEPLOYMENT_MOVES, FINAL_STATUSES, OCCUPYING_STATUSES, check_move
from agentic_core.domain.ids import DeploymentId, SkillId, UserId
from agentic_core.domain.records import DeploymentRecord
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import BrokerKind, DeploymentStatus, Desired
from agentic_core.store import sentences
from agentic_core.store.checks import shortened
from agentic_core.store.postgres.connection import Database

__all__ = ["PostgresDeployments"]


class _DesiredRow(msgspec.Struct):
    desired: Desired


class PostgresDeployments:
    """Deployments and their status."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, deployment: DeploymentRecord) -> None:
        """Insert a deployment.

        Raises:
            NotFound: the skill version, the user, or such an agent wallet of the user does not exist.
            Conflict: the user already runs this skill on this broker, or another deployment on mainnet.
            UsageError: the account key does not belong to the broker, or paper has an agent wallet, or mainnet none.
        """
        await self._database.run("create_deployment", msgspec.structs.asdict(deployment))

    async def load(self, deployment: DeploymentId) -> DeploymentRecord:
        """Return a deployment.

        Raises:
            NotFound: there is none of that id.
        """
        found = await self._database.row("load_deployment", DeploymentRecord, {"deployment": deployment})
        if found is None:
            raise sentences.no_deployment(deployment)
        return found

    async def recent(self, limit: int) -> tuple[DeploymentRecord, ...]:
        """Return the newest deployments of whomever this store may see, newest first."""
        return await self._database.rows("recent_deployments", DeploymentRecord, {"limit": limit})

    async def occupying(self, user: UserId, skill: SkillId, broker: BrokerKind) -> tuple[DeploymentRecord, ...]:
        """Return the deployments that take a user's place for a skill on a broker, oldest first."""
        values = {"user": user, "skill": skill, "broker": broker, "statuses": sorted(OCCUPYING_STATUSES)}
        return await self._database.rows("occupying_deployments", DeploymentRecord, values)

    async def move(
        self, deployment: DeploymentId, status: DeploymentStatus, *, at: Instant, reason: str | None = None
    ) -> DeploymentRecord:
        """Set the status; staying changes nothing.

        Raises:
            NotFound: there is none of that id.
            IllegalTransition: the status table has no such move.
        """
        values = {
            "deployment": deployment,
            "status": status,
            "sources": [
                source for source in DeploymentStatus if source is not status and DEPLOYMENT_MOVES[source, status]
            ],
            "final": status in FINAL_STATUSES,
            "reason": None if reason is None else shortened(reason),
            "at": at,
        }
        moved = await self._database.row("move_deployment", DeploymentRecord, values)
        if moved is not None:
            return moved
        found = await self.load(deployment)
        check_move(found.status, status)
        return found

    async def set_desired(self, deployment: DeploymentId, desired: Desired) -> DeploymentRecord:
        """Say what a deployment shall come to.

        Raises:
            NotFound: there is none of that id.
        """
        values = {"deployment": deployment, "desired": desired}
        changed = await self._database.row("set_desired", DeploymentRecord, values)
        if changed is None:
            raise sentences.no_deployment(deployment)
        return changed

    async def desired(self, deployment: DeploymentId) -> Desired:
        """Return what a deployment shall come to.

        Raises:
            NotFound: there is none of that id.
        """
        found = await self._database.row("read_desired", _DesiredRow, {"deployment": deployment})
        if found is None:
            raise sentences.no_deployment(deployment)
        return found.desired
