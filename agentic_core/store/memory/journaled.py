"""Repositories that append a record of every effect, as the database does by its triggers.

They wrap those that a backtest drives, so that keeping no journal costs nothing.
"""

from collections.abc import Callable

import msgspec

from agentic_core.domain.decision import Decision, EngineResult
from agentic_core.domain.ids import AccountKey, DecisionId, DeploymentId
from agentic_core.domain.journal import JournalKind
from agentic_core.domain.order import Fence
from agentic_core.domain.records import Command, CommandKind, DeploymentRecord, Lease, LeaseRecord
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import DeploymentStatus, Desired
from agentic_core.store.memory import journal_facts as facts
from agentic_core.store.memory.decisions import MemoryDecisions
from agentic_core.store.memory.deployments import MemoryDeployments
from agentic_core.store.memory.journal import MemoryJournal
from agentic_core.store.memory.leases import MemoryLeases
from agentic_core.store.memory.messages import MemoryCommands
from agentic_core.store.memory.skills import MemorySkills
from agentic_core.store.memory.wallets import MemoryWallets

__all__ = ["JournaledCommands", "JournaledDecisions", "JournaledDeployments", "JournaledLeases"]


class JournaledDeployments(MemoryDeployments):
    """Deployments whose beginning and moves are journaled."""

    def __init__(self, skills: MemorySkills, wallets: MemoryWallets, journal: MemoryJournal) -> None:
        super().__init__(skills, wallets)
        self._journal = journal

    async def create(self, deployment: DeploymentRecord) -> None:
        """Insert a deployment, which begins its journal.

        Raises:
            NotFound: the skill version, the user, or such an agent wallet of the user does not exist.
            Conflict: the user already runs this skill on this broker, or another deployment on mainnet.
            UsageError: the account key does not belong to the broker, or paper has an agent wallet, or mainnet none.
        """
        await super().create(deployment)
        version = await self._skills.version(deployment.skill_id, deployment.skill_version)
        self._journal.append(deployment.id, JournalKind.GENESIS, facts.genesis_facts(deployment, version))

    async def move(
        self, deployment: DeploymentId, status: DeploymentStatus, *, at: Instant, reason: str | None = None
    ) -> DeploymentRecord:
        """Set the status; staying changes nothing.

        Raises:
            NotFound: there is none of that id.
            IllegalTransition: the status table has no such move.
        """
        before = await self.load(deployment)
        moved = await super().move(deployment, status, at=at, reason=reason)
        self._tell(before, moved)
        return moved

    async def set_desired(self, deployment: DeploymentId, desired: Desired) -> DeploymentRecord:
        """Say what a deployment shall come to.

        Raises:
            NotFound: there is none of that id.
        """
        before = await self.load(deployment)
        changed = await super().set_desired(deployment, desired)
        self._tell(before, changed)
        return changed

    def steer(self, account: AccountKey, desired: Desired, *, also: DeploymentId | None) -> None:
        """Say what the deployments of an account shall come to: those that have not ended, and one besides."""
        before = dict(self._deployments)
        super().steer(account, desired, also=also)
        for key, row in self._deployments.items():
            self._tell(before[key], row)

    def _tell(self, before: DeploymentRecord, after: DeploymentRecord) -> None:
        told = facts.status_facts(after)
        if told != facts.status_facts(before):
            self._journal.append(after.id, JournalKind.STATUS, told)


class JournaledLeases(MemoryLeases):
    """Leases whose takings and ends are journaled where the deployment is."""

    def __init__(self, now: Callable[[], Instant], deployments: MemoryDeployments, journal: MemoryJournal) -> None:
        super().__init__(now, deployments)
        self._journal = journal

    async def acquire(
        self,
        account: AccountKey,
        holder: str,
        ttl_ms: int,
        *,
        deployment: DeploymentId | None = None,
        desired: Desired = Desired.RUNNING,
    ) -> Lease | None:
        """Take the lease with the next epoch, or return None while it may not be taken.

        Raises:
            NotFound: the deployment named does not trade this account.
        """
        before = await self.read(account)
        taken = await super().acquire(account, holder, ttl_ms, deployment=deployment, desired=desired)
        await self._tell(account, before)
        return taken

    async def release(self, lease: Lease) -> None:
        """Free the lease if it is still ours."""
        before = await self.read(lease.account)
        await super().release(lease)
        await self._tell(lease.account, before)

    async def revoke(self, account: AccountKey, *, desired: Desired | None = None) -> int:
        """Take the lease away together with the next epoch, and return that."""
        before = await self.read(account)
        epoch = await super().revoke(account, desired=desired)
        await self._tell(account, before)
        return epoch

    async def allow(self, account: AccountKey) -> None:
        """Give a revoked account back; one that is not revoked stays as it is."""
        before = await self.read(account)
        await super().allow(account)
        await self._tell(account, before)

    async def raise_epoch(self, account: AccountKey, above: int) -> int:
        """Make the epoch greater than a number, which fences whoever holds less, and return it."""
        before = await self.read(account)
        epoch = await super().raise_epoch(account, above)
        await self._tell(account, before)
        return epoch

    async def _tell(self, account: AccountKey, before: LeaseRecord | None) -> None:
        after = await self.read(account)
        if after is None or after.deployment is None:
            return
        told = facts.lease_facts(after)
        if before is None or told != facts.lease_facts(before):
            self._journal.append(after.deployment, JournalKind.LEASE, told, epoch=after.epoch)


class JournaledDecisions(MemoryDecisions):
    """Decisions that are journaled, their private text apart."""

    def __init__(self, leases: MemoryLeases, journal: MemoryJournal) -> None:
        super().__init__(leases)
        self._journal = journal
        journal.blank = self._blank

    async def record(self, fence: Fence, decision: Decision, result: EngineResult) -> None:
        """Write a decision with its result, or add the result to a prepared one; the first result stays.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
        """
        key = decision.decision_id
        is_new, is_first = key not in self.decisions, key not in self._results
        await super().record(fence, decision, result)
        if is_new:
            self._journal.append_decision(decision, result)
        elif is_first:
            told = facts.result_facts(decision, result)
            self._journal.append(self.decisions[key].deployment, JournalKind.RESULT, told)

    def _blank(self, decision: DecisionId) -> None:
        known = self.decisions[decision]
        self.decisions[decision] = msgspec.structs.replace(known, final_text="", proposed_action=None)


class JournaledCommands(MemoryCommands):
    """Commands that are journaled when they are queued, when they are claimed and when they have their outcome."""

    def __init__(self, deployments: MemoryDeployments, leases: MemoryLeases, journal: MemoryJournal) -> None:
        super().__init__(deployments, leases)
        self._journal = journal

    async def queue(
        self, deployment: DeploymentId, kind: CommandKind, *, payload: dict[str, str], at: Instant
    ) -> Command:
        """Add a command with the next sequence number; with a kill, a deployment that shall run shall be flattened.

        Raises:
            NotFound: there is no such deployment.
            UsageError: the payload is too long for the journal.
        """
        queued = await super().queue(deployment, kind, payload=payload, at=at)
        self._journal.append(deployment, JournalKind.COMMAND, facts.command_facts(queued))
        return queued

    def _put(self, known: Command, **changes: object) -> Command:
        put = super()._put(known, **changes)
        if facts.command_facts(put) != facts.command_facts(known):
            self._journal.append(put.deployment_id, JournalKind.COMMAND, facts.command_facts(put))
        return put
