"""All repositories of one PostgreSQL database."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from psycopg import AsyncCursor
from psycopg.rows import DictRow

from agentic_core.domain.ids import DeploymentId, UserId
from agentic_core.domain.order import Fence
from agentic_core.ports.clock import Clock
from agentic_core.store.polling import PollingNotices, polling
from agentic_core.store.postgres.account_days import PostgresDays
from agentic_core.store.postgres.budgets import PostgresBudgets
from agentic_core.store.postgres.connection import UnitDatabase
from agentic_core.store.postgres.continuity import PostgresContinuity
from agentic_core.store.postgres.costs import PostgresCostLedger
from agentic_core.store.postgres.decisions import PostgresDecisions, PostgresStates
from agentic_core.store.postgres.deployments import PostgresDeployments
from agentic_core.store.postgres.group_commit import GroupedDatabase
from agentic_core.store.postgres.intents import PostgresIntents
from agentic_core.store.postgres.journal import PostgresJournal
from agentic_core.store.postgres.leases import PostgresLeases
from agentic_core.store.postgres.ledger import PostgresLedger
from agentic_core.store.postgres.messages import PostgresCommands, PostgresLogs
from agentic_core.store.postgres.notify import PostgresNotices, listening
from agentic_core.store.postgres.opening import Reached, open_database
from agentic_core.store.postgres.operations import PostgresJobRuns, PostgresPlatform, PostgresWatched
from agentic_core.store.postgres.paper_books import PostgresPaperBooks
from agentic_core.store.postgres.pool import PooledDatabase
from agentic_core.store.postgres.secrets import PostgresSecrets
from agentic_core.store.postgres.sim_runs import PostgresSimRuns
from agentic_core.store.postgres.skills import PostgresSkills
from agentic_core.store.postgres.tapes import PostgresTapes
from agentic_core.store.postgres.wallets import PostgresWallets

__all__ = ["PostgresStore", "open_store"]


class PostgresStore:
    """The database; every method of a repository is one transaction, most of them one statement."""

    def __init__(
        self, database: UnitDatabase, *, urgent: UnitDatabase | None = None, reached: Reached | None = None
    ) -> None:
        """Put the repositories on a database; leases and commands have a connection of their own where one is given.

        Only where it is told how the database was reached can it be listened to.
        """
        self._reached = reached
        grouped = GroupedDatabase(database) if isinstance(database, PooledDatabase) else database
        self.database = database
        self._urgent = urgent if urgent is not None else database
        self.skills = PostgresSkills(database)
        self.deployments = PostgresDeployments(database)
        self.leases = PostgresLeases(self._urgent)
        self.intents = PostgresIntents(database)
        self.ledger = PostgresLedger(database)
        self.decisions = PostgresDecisions(grouped)
        self.states = PostgresStates(database)
        self.logs = PostgresLogs(grouped)
        self.commands = PostgresCommands(self._urgent)
        self.sim_runs = PostgresSimRuns(database)
        self.days = PostgresDays(database)
        self.paper = PostgresPaperBooks(database)
        self.costs = PostgresCostLedger(database)
        self.tapes = PostgresTapes(database)
        self.platform = PostgresPlatform(database)
        self.watched = PostgresWatched(database)
        self.jobs = PostgresJobRuns(database)
        self.budgets = PostgresBudgets(database)
        self.journal = PostgresJournal(database)
        self.continuity = PostgresContinuity(database)
        self.wallets = PostgresWallets(database)
        self.secrets = PostgresSecrets(database)

    @asynccontextmanager
    async def unit(self, fence: Fence | None = None) -> AsyncGenerator["PostgresStore"]:
        """Open a unit of work; see `UnitStore`.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            StoreUnavailable: the database was lost; `commit_unknown` tells whether all of it may be stored.
        """
        async with self.database.unit(fence) as bound:
            yield PostgresStore(bound)

    def acting_for(self, user: UserId) -> "PostgresStore":
        """Return the same store for what this person may see and do, wherever we connect as a role of the website's.

        Raises:
            UsageError: this is a unit of work, which has begun already.
        """
        return PostgresStore(
            self.database.acting_for(user), urgent=self._urgent.acting_for(user), reached=self._reached
        )

    def command_notices(
        self, deployment: DeploymentId, clock: Clock
    ) -> AbstractAsyncContextManager[PostgresNotices | PollingNotices]:
        """Listen for the commands of a deployment, or poll where nothing would be heard."""
        reached = self._reached
        if reached is None:
            return polling(clock, "this store was not told where its database is")
        if reached.is_shared:
            return polling(clock, "a pooler lends the server's connections for one transaction at a time")
        return listening(reached.dsn, self.database, deployment, clock)


@asynccontextmanager
async def open_store(
    dsn: str, *, pool_max: int = 4, cursor_type: type[AsyncCursor[DictRow]] | None = None
) -> AsyncGenerator[PostgresStore]:
    """Connect to a migrated database with at most `pool_max` connections and one for leases, and close them at the end.

    Raises:
        StoreUnavailable: the server could not be reached, or is a replica.
        ConfigError: the address cannot be read.
    """
    async with open_database(dsn, pool_max, cursor_type=cursor_type) as reached:
        yield PostgresStore(reached.ordinary, urgent=reached.urgent, reached=reached)
