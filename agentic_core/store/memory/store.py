"""All repositories in memory; no method ever waits, so a backtest can drive them without an event loop."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from agentic_core.domain.ids import DeploymentId, UserId
from agentic_core.domain.order import Fence
from agentic_core.domain.records import LeaseState
from agentic_core.domain.times import Instant
from agentic_core.ports.clock import Clock
from agentic_core.store import sentences
from agentic_core.store.memory.account_days import MemoryDays
from agentic_core.store.memory.continuity import MemoryContinuity
from agentic_core.store.memory.costs import MemoryCostLedger
from agentic_core.store.memory.decisions import MemoryDecisions, MemoryStates
from agentic_core.store.memory.deployments import MemoryDeployments
from agentic_core.store.memory.intents import MemoryIntents
from agentic_core.store.memory.journal import MemoryJournal
from agentic_core.store.memory.journaled import (
    JournaledCommands,
    JournaledDecisions,
    JournaledDeployments,
    JournaledLeases,
)
from agentic_core.store.memory.journaled_orders import JournaledIntents, JournaledLedger
from agentic_core.store.memory.leases import MemoryLeases
from agentic_core.store.memory.ledger import MemoryLedger
from agentic_core.store.memory.messages import MemoryCommands, MemoryLogs
from agentic_core.store.memory.operations import MemoryJobRuns, MemoryPlatform, MemoryWatched
from agentic_core.store.memory.paper import MemoryPaperBooks
from agentic_core.store.memory.secrets import MemorySecrets
from agentic_core.store.memory.sim_runs import MemorySimRuns
from agentic_core.store.memory.skills import MemorySkills
from agentic_core.store.memory.tapes import MemoryTapes
from agentic_core.store.memory.units import carry_over, copied
from agentic_core.store.memory.wallets import MemoryWallets
from agentic_core.store.polling import PollingNotices, polling

__all__ = ["MemoryStore"]


class MemoryStore:
    """The database of one process, gone when the process is.

    Fenced methods do not ask whether a deployment exists, so that a backtest can write under its own id.
    """

    def __init__(self, now: Callable[[], Instant] = lambda: Instant(0), *, journaled: bool = False) -> None:
        """Start empty; leases run out by `now`, and never where none is given.

        Nothing is journaled unless it is asked for, because a backtest has no time for it.
        """
        self.journal = journal = MemoryJournal(now)
        self.skills, self.wallets = skills, wallets = MemorySkills(), MemoryWallets()
        self.deployments = (
            JournaledDeployments(skills, wallets, journal) if journaled else MemoryDeployments(skills, wallets)
        )
        self.leases = leases = (
            JournaledLeases(now, self.deployments, journal) if journaled else MemoryLeases(now, self.deployments)
        )
        self.decisions = JournaledDecisions(leases, journal) if journaled else MemoryDecisions(leases)
        self.intents = intents = (
            JournaledIntents(leases, self.decisions, journal) if journaled else MemoryIntents(leases, self.decisions)
        )
        self.ledger = JournaledLedger(leases, intents, journal) if journaled else MemoryLedger(leases, intents)
        self.commands = (
            JournaledCommands(self.deployments, leases, journal)
            if journaled
            else MemoryCommands(self.deployments, leases)
        )
        self.states = MemoryStates(self.leases)
        self.days = MemoryDays(self.leases, intents)
        self.paper = MemoryPaperBooks(self.leases)
        self.costs, self.tapes = MemoryCostLedger(self.leases), MemoryTapes()
        self.platform, self.jobs = MemoryPlatform(), MemoryJobRuns()
        self.watched = MemoryWatched(skills, self.deployments, self.states, self.leases)
        self.logs = MemoryLogs(self.deployments)
        self.sim_runs = MemorySimRuns(self.skills, self.decisions)
        self.secrets = MemorySecrets(now, self.leases, self.deployments, self.wallets)
        self.continuity = MemoryContinuity(self.journal, self.deployments, self.leases, self.intents)

    @asynccontextmanager
    async def unit(self, fence: Fence | None = None) -> AsyncGenerator["MemoryStore"]:
        """Open a unit of work; see `UnitStore`. What others write meanwhile is not seen in it.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            StoreUnavailable: another task changed the same meanwhile; nothing was written.
        """
        if fence is not None:
            self.leases.check(fence)
        before, after = copied(self), copied(self)
        yield after
        if fence is not None:
            lease = await self.leases.read(fence.account)
            if lease is None or lease.epoch != fence.epoch or lease.state is not LeaseState.HELD:
                # Nobody could be kept from taking it, as a database would.
                raise sentences.fenced(fence.account, fence.epoch)
        carry_over(self, before, after)

    def acting_for(self, user: UserId) -> "MemoryStore":
        """Return itself: in one process everybody is the owner, who may do everything in a database as well."""
        return self

    def command_notices(self, deployment: DeploymentId, clock: Clock) -> AbstractAsyncContextManager[PollingNotices]:
        """Poll: nobody outside this process can queue a command."""
        return polling(clock, "the store is in memory")
