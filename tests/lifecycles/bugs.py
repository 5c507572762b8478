"""Mistakes that a story's processes can be made to make: each is a part in the place of a shipped one."""

from collections.abc import Awaitable, Callable

from agentic_core.domain import AccountView
from agentic_core.domain.account_events import AccountEvent
from agentic_core.execution.life import RULES, ResolutionRules
from agentic_core.logevents import Say
from agentic_core.ports.account_memory import AccountMemory
from agentic_core.ports.account_reads import AccountReads
from agentic_core.ports.broker import Broker
from agentic_core.ports.clock import Clock
from agentic_core.ports.continuity import ContinuityReads
from agentic_core.ports.files import Files
from agentic_core.ports.intents import IntentStore
from agentic_core.runtime.exits import CloseReport, ExitDesk, ExitPorts, ExitTerms
from agentic_core.runtime.orders import BeforeSending
from agentic_core.runtime.watch import GuardRules
from agentic_core.store.continuity import open_copy
from agentic_core.store.journal_copy import JournalCatchUp, JournalCopy
from agentic_core.store.memory.store import MemoryStore
from tests.lifecycles.disks import FOLDER, Disk
from tests.lifecycles.places import DEPLOYMENT
from tests.support.hyperliquid_desk import WALLET

__all__ = ["Bug"]


class Bug:
    """No mistake; those that are some replace one of these."""

    guard = GuardRules(every_ms=60_000)
    """How often the drift guard looks."""

    def broker(self, broker: Broker) -> Broker:
        """Return what sends and observes."""
        return broker

    def store(self, store: IntentStore, epoch: int, database: MemoryStore) -> IntentStore:
        """Return where intents are kept."""
        return store

    def disk(self) -> Disk:
        """Return the disk of a machine."""
        return Disk()

    async def open_copy(self, files: Files, reads: ContinuityReads, say: Say) -> JournalCopy:
        """Return a machine's copy of the journal, opened before the lease is taken."""
        return await open_copy(FOLDER, DEPLOYMENT, reads=reads, signer=WALLET.address, files=files, say=say)

    def before_sending(self, catch_up: JournalCatchUp) -> BeforeSending:
        """Return what is awaited before anything leaves."""
        return catch_up

    def reads(self, reads: AccountReads) -> AccountReads:
        """Return what is asked of the account."""
        return reads

    def told(self, event: AccountEvent) -> AccountEvent:
        """Return what the watch hears of an event."""
        return event

    def rules(self) -> ResolutionRules:
        """Return how orders are followed."""
        return RULES

    def memory(self, memory: AccountMemory) -> AccountMemory:
        """Return what the gate is told of unresolved orders."""
        return memory

    def account(self, broker: Broker, clock: Clock) -> Callable[[], Awaitable[AccountView]]:
        """Return how the drift guard reads the account."""
        return broker.account

    def exits(self, ports: ExitPorts, terms: ExitTerms) -> ExitDesk:
        """Return what gets out of positions."""
        return ExitDesk(ports, terms)

    def closed(self, report: CloseReport) -> CloseReport:
        """Return what a close reports."""
        return report
