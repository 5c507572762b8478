"""The database as the library needs it; every method is one transaction."""

from collections.abc import Sequence
from typing import Protocol

from agentic_core.domain.bounds import LossBound
from agentic_core.domain.decision import Decision, EngineResult
from agentic_core.domain.ids import DeploymentId, SkillId, UserId
from agentic_core.domain.order import Fence
from agentic_core.domain.records import (
    AgentStateRecord,
    DeploymentRecord,
    MonthCost,
    SimRun,
    SkillRecord,
    SkillVersionRecord,
)
from agentic_core.domain.run import DecisionRecord
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import BrokerKind, DeploymentStatus, Desired
from agentic_core.ports.account_days import AccountDayStore
from agentic_core.ports.cost_ledger import CostLedger
from agentic_core.ports.intents import IntentStore
from agentic_core.ports.journal import JournalStore
from agentic_core.ports.leases import LeaseStore
from agentic_core.ports.ledger import LedgerStore
from agentic_core.ports.messages import CommandStore, LogStore
from agentic_core.ports.operations import JobRunStore, PlatformStore, WatchedStore
from agentic_core.ports.paper_books import PaperBooks
from agentic_core.ports.tape import TapeStore
from agentic_core.ports.wallet_store import WalletStore

__all__ = [
    "DecisionStore",
    "DeploymentStore",
    "SimRunStore",
    "SkillStore",
    "StateStore",
    "Store",
]


class SkillStore(Protocol):
    """Skills and their immutable versions."""

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
        """Add a version to the user's skill of that slug, making the skill when it is new.

        A payload and loss bound equal to the newest version's add nothing and return that version.
        """

    async def find(self, user: UserId, slug: str) -> SkillRecord:
        """Return a user's skill.

        Raises:
            NotFound: the user has no skill of that slug.
        """

    async def version(self, skill: SkillId, version: int) -> SkillVersionRecord:
        """Return one version.

        Raises:
            NotFound: there is no such version.
        """


class DeploymentStore(Protocol):
    """Deployments and their status."""

    async def create(self, deployment: DeploymentRecord) -> None:
        """Insert a deployment.

        Raises:
            NotFound: the skill version, the user, or such an agent wallet of the user does not exist.
            Conflict: the user already runs this skill on this broker, or another deployment on mainnet.
            UsageError: the account key does not belong to the broker, or paper has an agent wallet, or mainnet none.
        """

    async def load(self, deployment: DeploymentId) -> DeploymentRecord:
        """Return a deployment.

        Raises:
            NotFound: there is none of that id.
        """

    async def recent(self, limit: int) -> tuple[DeploymentRecord, ...]:
        """Return the newest deployments of whomever this store may see, newest first."""

    async def occupying(self, user: UserId, skill: SkillId, broker: BrokerKind) -> tuple[DeploymentRecord, ...]:
        """Return the deployments that take a user's place for a skill on a broker, oldest first."""

    async def move(
        self, deployment: DeploymentId, status: DeploymentStatus, *, at: Instant, reason: str | None = None
    ) -> DeploymentRecord:
        """Set the status; `reason` is the error text of ERROR and the halt reason of HALTED, which has its time too.

        Raises:
            NotFound: there is none of that id.
            IllegalTransition: the status table has no such move.
        """

    async def set_desired(self, deployment: DeploymentId, desired: Desired) -> DeploymentRecord:
        """Say what a deployment shall come to; whoever holds its account's lease keeps it.

        Raises:
            NotFound: there is none of that id.
        """

    async def desired(self, deployment: DeploymentId) -> Desired:
        """Return what a deployment shall come to.

        Raises:
            NotFound: there is none of that id.
        """


class DecisionStore(Protocol):
    """Decisions with their verdicts and results."""

    async def record(self, fence: Fence, decision: Decision, result: EngineResult) -> None:
        """Write a decision with its result, or add the result to one that `IntentStore.prepare` wrote.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
        """

    async def recent(self, deployment: DeploymentId, limit: int) -> tuple[DecisionRecord, ...]:
        """Return the newest decisions that have a result, newest first."""

    async def executed(self, deployment: DeploymentId, since: Instant) -> int:
        """Count the decisions of an instant or later that a skill made by itself and that were executed."""

    async def month_to_date(self, deployment: DeploymentId, at: Instant) -> MonthCost:
        """Return what the decisions of the UTC month of an instant cost so far, prepared ones included.

        Backtests have no month: their cost stands in their run.
        """


class StateStore(Protocol):
    """The newest state of each deployment."""

    async def write(self, fence: Fence, state: AgentStateRecord) -> None:
        """Replace the state.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
        """

    async def read(self, deployment: DeploymentId) -> AgentStateRecord | None:
        """Return the state, or None before the first tick."""


class SimRunStore(Protocol):
    """Backtests."""

    async def create(self, run: SimRun) -> None:
        """Insert a run.

        Raises:
            NotFound: the skill version does not exist.
        """

    async def update(self, run: SimRun) -> None:
        """Replace a run's progress, status and figures."""

    async def load(self, run: DeploymentId) -> SimRun:
        """Return a run.

        Raises:
            NotFound: there is none of that id.
        """

    async def record(self, run: DeploymentId, decisions: Sequence[DecisionRecord]) -> None:
        """Write a run's decisions into `decision_snapshots`, all or none."""


class Store(Protocol):
    """All repositories of one database."""

    @property
    def skills(self) -> SkillStore:
        """Skills."""

    @property
    def deployments(self) -> DeploymentStore:
        """Deployments."""

    @property
    def leases(self) -> LeaseStore:
        """Trading leases."""

    @property
    def intents(self) -> IntentStore:
        """Order intents and fills."""

    @property
    def ledger(self) -> LedgerStore:
        """Funding, transfers and orders at a venue."""

    @property
    def journal(self) -> JournalStore:
        """What happened, as chains of records."""

    @property
    def decisions(self) -> DecisionStore:
        """Decisions."""

    @property
    def states(self) -> StateStore:
        """States."""

    @property
    def logs(self) -> LogStore:
        """Log lines."""

    @property
    def commands(self) -> CommandStore:
        """Commands."""

    @property
    def sim_runs(self) -> SimRunStore:
        """Backtests."""

    @property
    def wallets(self) -> WalletStore:
        """Agent wallets."""

    @property
    def days(self) -> AccountDayStore:
        """What is remembered of accounts."""

    @property
    def paper(self) -> PaperBooks:
        """Books of paper accounts."""

    @property
    def platform(self) -> PlatformStore:
        """What is switched off for everybody."""

    @property
    def watched(self) -> WatchedStore:
        """Deployments that should be heard of."""

    @property
    def jobs(self) -> JobRunStore:
        """Runs of the jobs."""

    @property
    def costs(self) -> CostLedger:
        """What chat models cost."""

    @property
    def tapes(self) -> TapeStore:
        """Exchanges with chat models."""
