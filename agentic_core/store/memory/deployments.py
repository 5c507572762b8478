"""Deployments in memory."""

import msgspec

from agentic_core.domain.deployment_states import FINAL_STATUSES, OCCUPYING_STATUSES, check_move
from agentic_core.domain.ids import AccountKey, DeploymentId, SkillId, UserId, paper_account
from agentic_core.domain.records import DeploymentRecord
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import BrokerKind, DeploymentStatus, Desired
from agentic_core.errors import UsageError
from agentic_core.store import sentences
from agentic_core.store.checks import shortened
from agentic_core.store.memory.skills import MemorySkills
from agentic_core.store.memory.wallets import MemoryWallets

__all__ = ["MemoryDeployments"]


class MemoryDeployments:
    """Deployments and their status."""

    def __init__(self, skills: MemorySkills, wallets: MemoryWallets) -> None:
        self._skills = skills
        self._wallets = wallets
        self._deployments: dict[DeploymentId, DeploymentRecord] = {}

    def __contains__(self, deployment: DeploymentId) -> bool:
        return deployment in self._deployments

    async def create(self, deployment: DeploymentRecord) -> None:
        """Insert a deployment.

        Raises:
            NotFound: the skill version, the user, or such an agent wallet of the user does not exist.
            Conflict: the user already runs this skill on this broker, or another deployment on mainnet.
            UsageError: the account key does not belong to the broker, or paper has an agent wallet, or mainnet none.
        """
        _check_broker(deployment)
        self._skills.check(deployment.user_id, deployment.skill_id, deployment.skill_version)
        wallet = deployment.hyperliquid_agent_id
        if wallet is not None and self._wallets.user_of(wallet) != deployment.user_id:
            raise sentences.no_agent_wallet(wallet, deployment.user_id)
        self._check_account(deployment)
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

    async def recent(self, limit: int) -> tuple[DeploymentRecord, ...]:
        """Return the newest deployments, newest first."""
        rows = sorted(self._deployments.values(), key=lambda row: (row.created_at, row.id), reverse=True)
        return tuple(rows[:limit])

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
        reason = None if reason is None else shortened(reason)
        running, halted = status is DeploymentStatus.RUNNING, status is DeploymentStatus.HALTED
        moved = msgspec.structs.replace(
            found,
            status=status,
            error_text=reason if status is DeploymentStatus.ERROR else found.error_text,
            halt_reason=reason if halted else None if running else found.halt_reason,
            halted_at=at if halted else None if running else found.halted_at,
            started_at=at if running and found.started_at is None else found.started_at,
            stopped_at=at if status in FINAL_STATUSES else found.stopped_at,
        )
        self._deployments[deployment] = moved
        return moved

    async def set_desired(self, deployment: DeploymentId, desired: Desired) -> DeploymentRecord:
        """Say what a deployment shall come to.

        Raises:
            NotFound: there is none of that id.
        """
        changed = msgspec.structs.replace(await self.load(deployment), desired=desired)
        self._deployments[deployment] = changed
        return changed

    async def desired(self, deployment: DeploymentId) -> Desired:
        """Return what a deployment shall come to.

        Raises:
            NotFound: there is none of that id.
        """
        return (await self.load(deployment)).desired

    def unended(self) -> tuple[DeploymentRecord, ...]:
        """Return all that have not ended, oldest first."""
        rows = (row for row in self._deployments.values() if row.status not in FINAL_STATUSES)
        return tuple(sorted(rows, key=lambda row: (row.created_at, row.id)))

    def trading(self, deployment: DeploymentId, account: AccountKey) -> DeploymentRecord:
        """Return a deployment that trades an account.

        Raises:
            NotFound: there is none of that id, or it trades another.
        """
        found = self._deployments.get(deployment)
        if found is None or found.account_key != account:
            raise sentences.no_deployment_on(deployment, account)
        return found

    def steer(self, account: AccountKey, desired: Desired, *, also: DeploymentId | None) -> None:
        """Say what the deployments of an account shall come to: those that have not ended, and one besides."""
        for key, row in self._deployments.items():
            if row.account_key == account and (row.status not in FINAL_STATUSES or key == also):
                self._deployments[key] = msgspec.structs.replace(row, desired=desired)

    def _check_account(self, wanted: DeploymentRecord) -> None:
        wallet = self._wallets.by_id(wanted.hyperliquid_agent_id)
        own = paper_account(wanted.id) if wallet is None else f"{wallet.network.lower()}:{wallet.master}"
        if wanted.account_key != own:
            raise UsageError(f"the account of this deployment is {own}, not {wanted.account_key}")

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


def _check_broker(deployment: DeploymentRecord) -> None:
    is_paper = deployment.broker_kind is BrokerKind.PAPER
    if deployment.account_key.startswith("paper:") is not is_paper:
        raise UsageError(f"account {deployment.account_key!r} cannot be traded by {deployment.broker_kind}")
    if (deployment.hyperliquid_agent_id is None) is not is_paper:
        raise UsageError(f"a deployment on {deployment.broker_kind} has {'no' if is_paper else 'an'} agent wallet")
