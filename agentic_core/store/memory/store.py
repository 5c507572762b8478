"""All repositories in memory; no method ever waits, so a backtest can drive them without an event loop."""

from collections.abc import Callable

from agentic_core.domain.times import Instant
from agentic_core.store.memory.catalogue import MemoryDeployments, MemorySimRuns, MemorySkills
from agentic_core.store.memory.decisions import MemoryDecisions, MemoryStates
from agentic_core.store.memory.intents import MemoryIntents
from agentic_core.store.memory.leases import MemoryLeases
from agentic_core.store.memory.messages import MemoryCommands, MemoryLogs
from agentic_core.store.memory.wallets import MemoryWallets

__all__ = ["MemoryStore"]


class MemoryStore:
    """The database of one process, gone when the process is.

    Fenced methods do not ask whether a deployment exists, so that a backtest can write under its own id.
    """

    def __init__(self, now: Callable[[], Instant] = lambda: Instant(0)) -> None:
        """Start empty; leases run out by `now`, and never where none is given."""
        self.leases = MemoryLeases(now)
        self.skills = MemorySkills()
        self.deployments = MemoryDeployments(self.skills)
        self.decisions = MemoryDecisions(self.leases)
        self.intents = MemoryIntents(self.leases, self.decisions)
        self.states = MemoryStates(self.leases)
        self.logs = MemoryLogs(self.deployments)
        self.commands = MemoryCommands(self.deployments)
        self.sim_runs = MemorySimRuns(self.skills, self.decisions)
        self.wallets = MemoryWallets()
