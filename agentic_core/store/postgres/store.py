"""All repositories of one PostgreSQL database."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from agentic_core.store.postgres.budgets import PostgresBudgets
from agentic_core.store.postgres.connection import Database, open_database
from agentic_core.store.postgres.decisions import PostgresDecisions, PostgresStates
from agentic_core.store.postgres.deployments import PostgresDeployments
from agentic_core.store.postgres.intents import PostgresIntents
from agentic_core.store.postgres.leases import PostgresLeases
from agentic_core.store.postgres.messages import PostgresCommands, PostgresLogs
from agentic_core.store.postgres.sim_runs import PostgresSimRuns
from agentic_core.store.postgres.skills import PostgresSkills
from agentic_core.store.postgres.wallets import PostgresWallets

__all__ = ["PostgresStore", "open_store"]


class PostgresStore:
    """The database; every method of a repository is one transaction, most of them one statement."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.skills = PostgresSkills(database)
        self.deployments = PostgresDeployments(database)
        self.leases = PostgresLeases(database)
        self.intents = PostgresIntents(database)
        self.decisions = PostgresDecisions(database)
        self.states = PostgresStates(database)
        self.logs = PostgresLogs(database)
        self.commands = PostgresCommands(database)
        self.sim_runs = PostgresSimRuns(database)
        self.budgets = PostgresBudgets(database)
        self.wallets = PostgresWallets(database)


@asynccontextmanager
async def open_store(dsn: str, *, pool_max: int = 4) -> AsyncGenerator[PostgresStore]:
    """Connect to a migrated database with at most `pool_max` connections, and close them at the end.

    Raises:
        StoreUnavailable: the server could not be reached.
        ConfigError: the address cannot be read.
    """
    async with open_database(dsn, pool_max) as database:
        yield PostgresStore(database)
