"""The database as processes reach it: it fails before it wrote and after, goes away, and comes back older."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import NamedTuple, NoReturn, cast

from agentic_core.domain import ClientOrderId, PreparedIntent
from agentic_core.errors import StoreUnavailable
from agentic_core.ports.clock import Clock
from agentic_core.ports.continuity import ContinuityReads
from agentic_core.ports.intents import IntentStore
from agentic_core.ports.journal import JournalStore
from agentic_core.ports.leases import LeaseStore
from agentic_core.ports.ledger import LedgerStore
from agentic_core.store.memory.store import MemoryStore
from agentic_core.store.memory.units import copied

__all__ = ["WRITES", "Database", "Mishap", "Mishaps", "Session"]

_Call = Callable[..., Awaitable[object]]

_INTENTS = ("prepare", "assign", "note", "record_fills")
WRITES = frozenset({*_INTENTS, "record_funding", "record_transfers", "acquire"})
"""The calls that may be stored although they failed."""


class Mishap(StrEnum):
    """What becomes of a call."""

    FAILED = "failed"
    """It never got there."""
    ROLLED_BACK = "rolled_back"
    """All of it was written in a unit of work that was given up."""
    UNKNOWN = "unknown"
    """It is stored, and nobody hears of it."""


class Mishaps(NamedTuple):
    """What becomes of the next call of a name."""

    method: str
    mishap: Mishap


class _GivenUp(Exception):  # Ends a unit of work.
    pass


def _leave() -> NoReturn:
    raise _GivenUp


class Database:
    """What outlives every process, and the trouble with it."""

    def __init__(self, clock: Clock) -> None:
        self.store = MemoryStore(clock.now, journaled=True)
        self.next: list[Mishaps] = []
        """What goes wrong with calls to come."""
        self.unheard: set[ClientOrderId] = set()
        """Orders that are stored, or have a nonce, and nobody was told."""
        self.clock = clock
        self._down_until = 0
        self._newest: MemoryStore | None = None

    @property
    def is_restored(self) -> bool:
        """Whether it is an older one just now."""
        return self._newest is not None

    @property
    def is_down(self) -> bool:
        """Whether nobody reaches it."""
        return self.clock.boottime_ms() < self._down_until

    def connect(self) -> "Session":
        """Return a process's connection."""
        return Session(self)

    def go_down(self, for_ms: int) -> None:
        """Answer nobody for a while."""
        self._down_until = max(self._down_until, self.clock.boottime_ms() + for_ms)

    def back_up(self) -> MemoryStore:
        """Return a copy of what it holds now."""
        return copied(self.store)

    def restore(self, backup: MemoryStore) -> None:
        """Become what was kept; every connection is lost."""
        self._newest, self.store = self.store, backup

    def bring_back(self) -> None:
        """Become again what it was before it was restored."""
        assert self._newest is not None, "it was restored"
        self.store, self._newest = self._newest, None

    def calm(self) -> None:
        """Answer everybody from now on."""
        self.next.clear()
        self._down_until = 0

    def fate_of(self, method: str) -> Mishap | None:
        """Return what becomes of a call; every mishap happens once."""
        mishaps = next((each for each in self.next if each.method == method), None)
        if mishaps is None:
            return None
        self.next.remove(mishaps)
        return mishaps.mishap


class Session:
    """The connection of one process, and everything that it reaches through it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._store = database.store
        self.failed_at: int | None = None
        """When something was first refused to this process: it ends as soon as what it has in hand allows."""

    def fail(self) -> None:
        """Take note that the process is to end."""
        if self.failed_at is None:
            self.failed_at = self._database.clock.boottime_ms()

    @property
    def leases(self) -> LeaseStore:
        """Who may trade."""
        return cast("LeaseStore", _Part(self, "leases", self._store.leases))

    @property
    def journal(self) -> JournalStore:
        """The journals."""
        return cast("JournalStore", _Part(self, "journal", self._store.journal))

    @property
    def continuity(self) -> ContinuityReads:
        """What is asked before a lease is taken."""
        return cast("ContinuityReads", _Part(self, "continuity", self._store.continuity))

    @property
    def ledger(self) -> LedgerStore:
        """Funding and transfers."""
        return cast("LedgerStore", _Part(self, "ledger", self._store.ledger))

    @property
    def store(self) -> MemoryStore:
        """The store itself, with nothing in between."""
        return self._store

    def intents(self, watched: IntentStore) -> IntentStore:
        """Return the intents, with the one who watches what is really written behind the connection."""
        return cast("IntentStore", _Part(self, "intents", watched))

    async def call(self, part: str, method: str, work: _Call, *arguments: object, **options: object) -> object:
        """Make a call, as far as it comes.

        Raises:
            StoreUnavailable: it went wrong; with `commit_unknown` it is stored all the same.
        """
        if self._store is not self._database.store or self._database.is_down:
            self.fail()
            raise StoreUnavailable(f"the connection was lost before {part}.{method}")
        fate = self._database.fate_of(method)
        if fate is not None:
            self.fail()
        match fate:
            case Mishap.FAILED:
                raise StoreUnavailable(f"the database went away before {part}.{method}")
            case Mishap.ROLLED_BACK:
                await self._give_up(part, method, arguments, options)
                raise StoreUnavailable(f"{part}.{method} was rolled back")
            case Mishap.UNKNOWN:
                self._database.unheard |= _orders_in(await work(*arguments, **options))
                raise StoreUnavailable(f"the database went away during {part}.{method}", commit_unknown=True)
            case _:
                return await work(*arguments, **options)

    async def _give_up(self, part: str, method: str, arguments: tuple[object, ...], options: dict[str, object]) -> None:
        try:
            async with self._store.unit() as unit:
                await getattr(getattr(unit, part), method)(*arguments, **options)
                _leave()
        except _GivenUp:
            pass


def _orders_in(result: object) -> set[ClientOrderId]:
    found = result if isinstance(result, tuple) else (result,)
    return {one.intent.cloid for one in found if isinstance(one, PreparedIntent)}


class _Part:
    def __init__(self, session: Session, name: str, inner: object) -> None:
        self._session = session
        self._name = name
        self._inner = inner

    def __getattr__(self, method: str) -> object:
        work: _Call = getattr(self._inner, method)

        async def call(*arguments: object, **options: object) -> object:
            return await self._session.call(self._name, method, work, *arguments, **options)

        return call
