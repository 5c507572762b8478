"""The database of a story as each of its processes reaches it: slow, away, or with an answer that is lost."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import cast

from msgspec.structs import replace

from agentic_core.domain import DeploymentId, Fence
from agentic_core.domain.operations import PlatformSwitches
from agentic_core.domain.records import Lease, SkillVersionRecord
from agentic_core.errors import StoreUnavailable
from agentic_core.ports.clock import Clock
from agentic_core.ports.notices import Hint
from agentic_core.ports.runner_store import RunnerStore
from agentic_core.runtime.timings import TIMINGS
from agentic_core.simulation.world import World
from agentic_core.store.memory.store import MemoryStore
from tests.lifecycles.database import Mishap
from tests.unattended.furnishing import tightened
from tests.unattended.notices import Notices, listening
from tests.unattended.vitals import ProcessClock, Span, Steps, Vitals

__all__ = ["Connection", "Database", "Member"]

_Call = Callable[..., Awaitable[object]]

_PATIENCE_MS = 10_000
"""How long somebody waits for a database that does not even refuse."""

_PARTS = frozenset(MemoryStore().__dict__)
_WRITES = frozenset({"prepare", "assign", "note", "record_fills", "acquire", "claim", "step", "ack", "write", "unit"})
_COSTS = frozenset({"reserve", "settle", "settle_abandoned", "keep"})


async def _nothing(_what: str) -> None:
    pass


def _unheard(_member: object, _part: str, _arguments: tuple[object, ...]) -> None:
    pass


class Database:
    """What outlives every process."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.store = MemoryStore(world.clock.now, journaled=True)
        self.latency_ms = 0
        """Up to how long every call takes on its way."""
        self.hangs = False
        """Whether it answers nobody instead of refusing, while it is away."""
        self.drops_hints = False
        self.is_trading_off = False
        """Whether the operator of the platform has switched trading off."""
        self.is_payload_edited = False
        """Whether the stored skill is another one than was deployed."""
        self.edit: Callable[[str], str] = tightened
        """What has been done to it then."""
        self.spoiled: list[tuple[str, Mishap]] = []
        """What becomes of the next calls of a name."""
        self.has_been_bad = False
        """Whether an answer was ever slow or lost."""
        self.away: list[Span] = []
        """When it could not be reached."""
        self.listeners: set[Notices] = set()
        self.on_change: Callable[[str], Awaitable[None]] = _nothing
        """Told after whatever may have changed something."""
        self.on_call: Callable[[object, str, tuple[object, ...]], None] = _unheard
        """Told who made which call, after it was carried out and before that."""
        self.hinted_at = 0
        """When somebody was last told that there are commands."""
        self._chance = world.chance("database")

    @property
    def is_down(self) -> bool:
        """Whether nobody reaches it."""
        return bool(self.away) and self.world.clock.boottime_ms() < self.away[-1].ended

    def go_down(self, for_ms: int, *, hangs: bool) -> None:
        """Answer nobody for a while."""
        now = self.world.clock.boottime_ms()
        self.hangs = hangs
        self.away.append(Span(now, now + for_ms))

    def come_back(self) -> None:
        """Answer everybody from now on, at once."""
        self.latency_ms = 0
        self.drops_hints = False
        self.spoiled.clear()
        now = self.world.clock.boottime_ms()
        if self.is_down:
            self.away[-1] = Span(self.away[-1].began, now)

    def tell(self) -> None:
        """Hint that there are commands, to whoever listens and is heard."""
        if not self.drops_hints and not self.is_down:
            self.hinted_at = self.world.clock.boottime_ms()
            for each in tuple(self.listeners):
                self.world.after(1 + self._chance.below(5), each.hint)

    async def reach(self, clock: Clock, what: str) -> None:
        """Come as far as the database.

        Raises:
            StoreUnavailable: it is away.
        """
        if self.latency_ms:
            await clock.sleep(self._chance.below(self.latency_ms) / 1_000)
        waited_ms = 0
        while self.is_down:
            if not self.hangs or waited_ms >= _PATIENCE_MS:
                raise StoreUnavailable(f"the database could not be reached for {what}")
            await clock.sleep(0.1)
            waited_ms += 100

    def shown(self, result: object) -> object:
        """Return what is read, with what somebody changed by hand."""
        match result:
            case PlatformSwitches() if self.is_trading_off:
                return replace(result, trading_disabled=True)
            case SkillVersionRecord() if self.is_payload_edited:
                return replace(result, payload=self.edit(result.payload))
            case _:
                return result

    def fate_of(self, method: str) -> Mishap | None:
        """Return what becomes of a call; every mishap happens once."""
        found = next((each for each in self.spoiled if each[0] == method), None)
        if found is None:
            return None
        self.spoiled.remove(found)
        return found[1]


class Member:
    """What a process is to its connection."""

    def __init__(self, vitals: Vitals, clock: ProcessClock, steps: Steps) -> None:
        self.vitals = vitals
        self.clock = clock
        self.steps = steps
        self.epoch = 0
        """Of the newest lease it was given."""
        self.relies_until = 0
        """Until when it may rely on that, by its own time since boot."""
        self.taken_at: int | None = None
        """Since when it has had a lease that it was not told is lost."""

    async def leave(self, what: str) -> None:
        """Begin to ask for something.

        Raises:
            StoreUnavailable: the process is dead.
        """
        self.steps.step()
        await self.vitals.awake()
        self.check(what)

    def check(self, what: str) -> None:
        """Refuse what a dead process asks.

        Raises:
            StoreUnavailable: it is dead.
        """
        if self.vitals.is_dead:
            raise StoreUnavailable(f"the process died before {what}")

    def heard(self, method: str, asked_ms: int, result: object) -> None:
        """Take what the database said of the lease."""
        if method == "acquire" and isinstance(result, Lease):
            self.epoch, self.taken_at = result.epoch, asked_ms
        is_given = isinstance(result, Lease) if method == "acquire" else result is True
        if is_given:
            self.relies_until = asked_ms + TIMINGS.lease_ms - TIMINGS.margin_ms
        elif method in {"renew", "release"}:
            self.relies_until, self.taken_at = 0, None


class Connection:
    """The database as one process reaches it; stands for a `RunnerStore`."""

    def __init__(self, database: Database, member: Member) -> None:
        self.database = database
        self.member = member

    def __getattr__(self, name: str) -> object:
        """Return one of the repositories."""
        if name not in _PARTS:
            raise AttributeError(name)
        return _Tapes(self) if name == "tapes" else _Part(self, name)

    def as_store(self) -> RunnerStore:
        """Return it as what it stands for."""
        return cast("RunnerStore", self)

    def acting_for(self, _user: str) -> "Connection":
        """Return itself."""
        return self

    @asynccontextmanager
    async def unit(self, fence: Fence | None = None) -> AsyncGenerator[MemoryStore]:
        """Open a unit of work, of which nothing comes or all of it."""
        member, database = self.member, self.database
        await member.leave("a unit of work")
        await database.reach(member.clock, "a unit of work")
        member.check("a unit of work")
        fate = database.fate_of("unit")
        if fate is Mishap.FAILED:
            raise StoreUnavailable("the database went away before a unit of work")
        async with database.store.unit(fence) as inner:
            yield inner
            if fate is Mishap.ROLLED_BACK:
                raise StoreUnavailable("a unit of work was rolled back")
        await database.on_change("unit")
        if fate is Mishap.UNKNOWN:
            raise StoreUnavailable("the database went away while all was being stored", commit_unknown=True)
        await self._come_back()

    def command_notices(
        self, _deployment: DeploymentId, _clock: Clock
    ) -> AbstractAsyncContextManager[AsyncIterator[Hint]]:
        """Listen for commands."""
        return listening(self.database.listeners)

    async def call(self, part: str, method: str, work: _Call, *arguments: object, **options: object) -> object:
        """Make a call, as far as it comes.

        Raises:
            StoreUnavailable: it went wrong; with `commit_unknown` it is stored all the same.
        """
        member, database, what = self.member, self.database, f"{part}.{method}"
        await member.leave(what)
        asked_ms = member.clock.boottime_ms()
        await database.reach(member.clock, what)
        member.check(what)
        fate = database.fate_of(method)
        if fate is not None and (fate is not Mishap.UNKNOWN or method not in _WRITES | _COSTS):
            raise StoreUnavailable(f"the database went away before {what}")
        result = database.shown(await work(*arguments, **options))
        database.on_call(member, part, arguments)
        await database.on_change(method)
        if fate is Mishap.UNKNOWN:
            raise StoreUnavailable(f"the database went away during {what}", commit_unknown=True)
        if method == "note":
            member.steps.wrote()
        if part == "leases":
            member.heard(method, asked_ms, result)
        await self._come_back()
        return result

    async def _come_back(self) -> None:
        # On its way the answer may meet a process that stands still, or is gone.
        database, member = self.database, self.member
        if database.latency_ms:
            await database.reach(member.clock, "an answer")
        await member.vitals.awake()
        member.steps.step()


class _Tapes:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, deployment: DeploymentId) -> "_Part":
        return _Part(self._connection, "tape", self._connection.database.store.tapes.of(deployment))


class _Part:
    def __init__(self, connection: Connection, name: str, inner: object = None) -> None:
        self._connection = connection
        self._name = name
        self._inner = inner

    def __getattr__(self, method: str) -> object:
        connection, name = self._connection, self._name
        inner = getattr(connection.database.store, name) if self._inner is None else self._inner
        work: _Call = getattr(inner, method)

        async def call(*arguments: object, **options: object) -> object:
            return await connection.call(name, method, work, *arguments, **options)

        return call
