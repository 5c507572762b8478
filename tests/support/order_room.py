"""An order desk over a store in memory and a broker that answers as a script says, on virtual time."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, TypeVar, cast

from msgspec.structs import replace

from agentic_core.brokers import GuardedBroker
from agentic_core.domain import (
    AccountKey,
    BrokerKind,
    ClientOrderId,
    DayCounters,
    Fence,
    Fill,
    Instant,
    IntentKind,
    IntentState,
    OrderIntent,
    PreparedIntent,
    SendOutcome,
    Side,
    SkillId,
    TimeInForce,
    TradingState,
    Usd,
    day_of,
)
from agentic_core.domain.account import AccountView
from agentic_core.domain.records import IntentRecord
from agentic_core.execution.intent import Contradiction
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.broker import BrokerCapabilities, Burned, NotBurned, Observation
from agentic_core.ports.intents import IntentStore
from agentic_core.runtime.orders import AccountBook, OrderDesk, StopPlanner
from agentic_core.runtime.orders.terms import BeforeSending, send_at_once
from agentic_core.simulation.world import World, WorldClock
from agentic_core.store.memory import MemoryStore
from tests.support.markets import BTC, AccountByHand, BooksByHand, MarketByHand, order
from tests.support.order_replies import UNPROVEN, Answer, Look, absent, lost
from tests.support.stored_values import decision
from tests.support.turns import LIMITS

__all__ = [
    "ACCOUNT",
    "CLOSE",
    "PLAIN",
    "RESTING",
    "SIGNER",
    "STOP",
    "OrderRoom",
    "Said",
    "ScriptedBroker",
    "Setup",
    "gated",
    "in_room",
]

_Result = TypeVar("_Result")

ACCOUNT = AccountKey("testnet:0xab")
SIGNER = "0x" + "5" * 40
_EQUITY = Usd(Decimal(10_000))
_LEASE_MS = 3_600_000


class Said(NamedTuple):
    """A line that was said."""

    event: LogEvent
    level: LogLevel
    message: str
    facts: Mapping[str, str | int | None]


class Setup(NamedTuple):
    """What a desk is told when it opens."""

    signer: str | None = SIGNER
    rests_stops: bool = True
    plan_stop: StopPlanner | None = None
    before_sending: BeforeSending = send_at_once


PLAIN = Setup()


class ScriptedBroker:
    """Gives the answers it was told, in their order; after the last, nothing is known, seen or burned."""

    def __init__(self, clock: WorldClock, market: MarketByHand, book: AccountBook, *, rests_stops: bool) -> None:
        kind = BrokerKind.HYPERLIQUID_MAINNET
        self.capabilities = BrokerCapabilities(kind=kind, rests_stops=rests_stops, burns_nonces=True)
        self.answers: list[Answer] = []
        self.looks: list[Look] = []
        self.burns: list[Burned | NotBurned] = []
        self.calls: list[tuple[str, ClientOrderId]] = []
        self.takes_ms = 0
        """How long each call takes."""
        self.slow: dict[ClientOrderId, int] = {}
        """How long calls about some orders take instead."""
        self.view = AccountByHand(market, equity=_EQUITY)
        self._clock = clock
        self._book = book

    async def send(self, prepared: PreparedIntent) -> SendOutcome:
        """Answer a send."""
        await self._called("send", prepared)
        return (self.answers.pop(0) if self.answers else lost)(prepared)

    async def observe(self, prepared: PreparedIntent) -> Observation:
        """Answer a question; its reads are as old as its call."""
        asked_at = self._clock.now()
        await self._called("observe", prepared)
        return (self.looks.pop(0) if self.looks else absent)(prepared, asked_at)

    async def burn(self, prepared: PreparedIntent) -> Burned | NotBurned:
        """Answer a burn."""
        await self._called("burn", prepared)
        return self.burns.pop(0) if self.burns else UNPROVEN

    async def account(self) -> AccountView:
        """Return the account of this moment."""
        now = self._clock.now()
        remembered = self._book.recall(now, self.view.equity)
        self.view.as_of, self.view.unresolved = now, remembered.unresolved
        self.view.open_intents = remembered.open_intents
        return self.view.freeze()

    def count(self, what: str, cloid: ClientOrderId | None = None) -> int:
        """Count the calls of a kind."""
        return sum(name == what and cloid in {None, about} for name, about in self.calls)

    async def _called(self, what: str, prepared: PreparedIntent) -> None:
        self.calls.append((what, prepared.intent.cloid))
        await self._clock.sleep(self.slow.get(prepared.intent.cloid, self.takes_ms) / 1_000)


class SlowIntents:
    """A store whose notes take a while, once the test says so."""

    def __init__(self, real: IntentStore, clock: WorldClock) -> None:
        self.note_takes_ms = 0
        self._real = real
        self._clock = clock

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    async def note(
        self,
        fence: Fence,
        record: IntentRecord,
        fills: Sequence[Fill] = (),
        *,
        at: Instant,
        venue_order_id: str | None = None,
    ) -> None:
        """Note, after a while."""
        if self.note_takes_ms:
            await self._clock.sleep(self.note_takes_ms / 1_000)
        await self._real.note(fence, record, fills, at=at, venue_order_id=venue_order_id)


class OrderRoom:
    """One process with its desk; `successor` is the next one, over the same store."""

    def __init__(self, world: World, store: MemoryStore, epoch: int, setup: Setup) -> None:
        self.world = world
        self.clock = world.clock
        self.real_store = store
        self.slow_store = SlowIntents(store.intents, world.clock)
        self.store = cast("IntentStore", self.slow_store)
        self.fence = Fence(account=ACCOUNT, epoch=epoch)
        self.said: list[Said] = []
        self.contradictions: list[Contradiction] = []
        self.state = TradingState.ACTIVE
        now = world.clock.now()
        self.market = MarketByHand({BTC: "100"}, at=now)
        self.book = AccountBook(day=DayCounters(day=day_of(now), baseline=_EQUITY), peak=_EQUITY)
        self.broker = ScriptedBroker(world.clock, self.market, self.book, rests_stops=setup.rests_stops)
        self.desk = OrderDesk(
            fence=self.fence,
            store=self.store,
            gate=gated(self.broker, self.market, world.clock.now, lambda: self.state),
            venue_now=world.clock.now,
            clock=world.clock,
            say=self.say,
            signer=setup.signer,
            book=self.book,
            plan_stop=setup.plan_stop,
            on_contradiction=self.contradictions.append,
            before_sending=setup.before_sending,
        )

    @classmethod
    async def open(cls, world: World, store: MemoryStore | None = None, setup: Setup = PLAIN) -> "OrderRoom":
        """Take the lease and open a desk that has recovered."""
        store = store or MemoryStore()
        lease = await store.leases.acquire(ACCOUNT, "runner", _LEASE_MS)
        assert lease is not None
        room = cls(world, store, lease.epoch, setup)
        await room.desk.recover()
        return room

    async def successor(self, setup: Setup = PLAIN) -> "OrderRoom":
        """Open the desk of the next process."""
        return await OrderRoom.open(self.world, self.real_store, setup)

    def say(self, event: LogEvent, message: str, *, level: LogLevel = LogLevel.INFO, **facts: str | int | None) -> None:
        """Keep a line."""
        self.said.append(Said(event, level, message, facts))

    async def prepare(self, number: int = 1, **changes: object) -> PreparedIntent:
        """Prepare the purchase of two BTC at 100, or what the changes make of it."""
        wanted = replace(self.order(number), **changes)
        (prepared,) = await self.desk.prepare(decision(SkillId("1"), minute=number), [wanted])
        return prepared

    def order(self, number: int = 1) -> OrderIntent:
        """Return the purchase of two BTC at 100."""
        return order(number, Side.BUY, "2", "100")

    async def sent(self, number: int = 1, *answers: Answer, **changes: object) -> PreparedIntent:
        """Prepare and submit an order that is answered like this."""
        self.broker.answers.extend(answers)
        prepared = await self.prepare(number, **changes)
        await self.desk.submit(prepared)
        return prepared

    async def attends(self, ms: int) -> None:
        """Attend whenever something is due, for so long."""
        until = self.clock.now() + ms
        while self.clock.now() < until:
            due = await self.desk.attend()
            left_ms = until - self.clock.now() if due is None else min(due, until) - self.clock.now()
            await self.clock.sleep(max(1, left_ms) / 1_000)

    def state_of(self, prepared: PreparedIntent) -> IntentState:
        """Return what an order is known to be."""
        return self.desk.lives[prepared.intent.cloid].state

    @property
    def events(self) -> list[LogEvent]:
        """What was said, by name."""
        return [line.event for line in self.said]

    def only(self, event: LogEvent) -> Said:
        """Return the one line of this name."""
        (line,) = [line for line in self.said if line.event is event]
        return line


CLOSE: Mapping[str, object] = {"side": Side.SELL, "reduce_only": True}
RESTING: Mapping[str, object] = {"time_in_force": TimeInForce.GTC}
STOP: Mapping[str, object] = {**CLOSE, **RESTING, "kind": IntentKind.STOP}


def gated(
    broker: ScriptedBroker, market: MarketByHand, now: Callable[[], Instant], state: Callable[[], TradingState]
) -> GuardedBroker:
    """Put the gate before a broker, with limits that let an ordinary order pass."""
    return GuardedBroker(broker, state=state, now=now, market=market, limits=LIMITS, books=BooksByHand())


def in_room(story: Callable[[OrderRoom], Awaitable[_Result]], setup: Setup = PLAIN, *, seed: int = 0) -> _Result:
    """Let a story happen in a new room."""

    async def main(world: World) -> _Result:
        return await story(await OrderRoom.open(world, setup=setup))

    return World(seed).run(main)
