"""Runners that trade, one after the other's death, at a truthful venue; and what must be true when all is quiet."""

from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from decimal import Decimal
from itertools import chain, repeat
from typing import TypeAlias, cast

import anyio
from msgspec.structs import replace

from agentic_core.brokers import GuardedBroker
from agentic_core.domain import (
    ClientOrderId,
    DayCounters,
    Fence,
    Instant,
    IntentKind,
    IntentState,
    OrderIntent,
    PreparedIntent,
    Price,
    Side,
    Size,
    SkillId,
    TradingState,
    Trigger,
    TriggerKind,
    Usd,
    day_of,
)
from agentic_core.domain.records import IntentRecord
from agentic_core.execution.evidence import OrderSeen, OrderStatus
from agentic_core.execution.life import Life
from agentic_core.execution.stop_pricing import ProtectiveStop
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.intents import IntentStore
from agentic_core.runtime.orders import AccountBook, OrderDesk, stop_id
from agentic_core.simulation.chance import Chance
from agentic_core.simulation.world import World
from agentic_core.store.memory import MemoryStore
from tests.support.markets import BooksByHand, order
from tests.support.order_room import ACCOUNT, SIGNER
from tests.support.order_venue import LittleVenue, Trouble, TroubledBroker
from tests.support.stored_values import decision
from tests.support.turns import LIMITS

__all__ = ["OrderRunner", "OrderStory"]

_Work: TypeAlias = Callable[["OrderRunner"], Coroutine[object, object, None]]
S = IntentState
_ENDED = {S.BOOKED, S.DEAD, S.REJECTED}
_STATUS = {
    S.RESTING: OrderStatus.RESTING,
    S.FILLED: OrderStatus.FILLED,
    S.PARTIAL: OrderStatus.CANCELED,
    S.DEAD: OrderStatus.CANCELED,
}


class _Died(BaseException):
    pass


class _SteppedIntents:
    # Every method of the store takes a moment, before and after; the process may die in either.
    def __init__(self, story: "OrderStory", step: Callable[[], Awaitable[None]]) -> None:
        self._story = story
        self._step = step

    def __getattr__(self, name: str) -> Callable[..., Awaitable[object]]:
        real = getattr(self._story.store.intents, name)

        async def method(*arguments: object, **options: object) -> object:
            await self._step()
            result: object = await real(*arguments, **options)
            if name == "prepare":
                self._story.prepared.extend(cast("tuple[PreparedIntent, ...]", result))
            await self._step()
            return result

        return method


class OrderRunner:
    """One process: it trades until its story ends, or until it dies at one of its steps."""

    def __init__(self, story: "OrderStory", epoch: int, dies_at: int | None) -> None:
        self.story = story
        self.steps = 0
        self.died = False
        self._dies_at = dies_at
        self._pace: Chance = story.world.chance(f"pace {epoch}")
        clock = story.world.clock
        day = DayCounters(day=day_of(clock.now()), baseline=Usd(Decimal(10_000)))
        self.book = AccountBook(day=day, peak=day.baseline)
        self.broker = TroubledBroker(story.venue, story.troubles, self.book, self.step)
        gate = GuardedBroker(
            self.broker,
            state=lambda: TradingState.ACTIVE,
            now=clock.now,
            market=self.broker.market,
            limits=LIMITS,
            books=BooksByHand(),
        )
        self.desk = OrderDesk(
            fence=Fence(account=ACCOUNT, epoch=epoch),
            store=cast("IntentStore", _SteppedIntents(story, self.step)),
            gate=gate,
            venue_now=clock.now,
            clock=clock,
            say=story.say,
            signer=SIGNER,
            book=self.book,
            plan_stop=_protective,
            on_contradiction=lambda found: story.contradictions.append(found.detail),
        )

    async def step(self) -> None:
        """Take a moment, or die."""
        self.steps += 1
        self.died = self.died or self.steps == self._dies_at
        if self.died:
            raise _Died
        await self.story.world.clock.sleep(self._pace.below(4) / 1_000)

    async def live(self, *works: _Work) -> bool:
        """Recover and do the works at the same time, with everything attended; tell whether it lived to their end."""
        try:
            await self._live(works)
        except* _Died:
            pass
        return not self.died

    async def _live(self, works: Iterable[_Work]) -> None:
        await self.desk.recover()
        async with anyio.create_task_group() as attending:
            attending.start_soon(self.desk.run)
            async with anyio.create_task_group() as working:
                for work in works:
                    working.start_soon(work, self)
            attending.cancel_scope.cancel()

    # ── what it may do ───────────────────────────────────────────────────────────────────────────────────────────

    async def trade(self) -> None:
        """Open, protect, and close again what there is."""
        entry = await self.order(Side.BUY, Decimal(2))
        held = self.story.venue.executed(entry.intent.cloid)
        waiting = self.desk.lives[stop_id(ACCOUNT, entry.intent.cloid)]
        if held and self.desk.is_waiting(waiting):
            await self.desk.submit(await self.desk.assign(waiting.prepared))
        await self.hear(entry.intent.cloid)
        if held:
            await self.order(Side.SELL, held)
        for stop in [life for life in self.desk.lives.values() if life.state is S.RESTING]:
            await self.order(Side.SELL, Decimal(0), kind=IntentKind.CANCEL, target=stop.cloid)

    async def order(self, side: Side, units: Decimal, **changes: object) -> PreparedIntent:
        """Prepare an order, send it, and follow it for a while."""
        number = self.story.next_number()
        intent = replace(order(number, side, units, "100", reduce_only=side is Side.SELL), **changes)
        (prepared,) = await self.desk.prepare(decision(SkillId("1"), minute=number), [intent])
        await self.desk.submit(prepared)
        await self.desk.settle([intent.cloid], until=Instant(self.story.world.clock.now() + 20_000))
        return prepared

    async def hear(self, cloid: ClientOrderId) -> None:
        """Be told by the stream what the venue did with an order, twice."""
        venue = self.story.venue
        fills = [each for each in venue.fills if each.cloid == cloid]
        state = venue.state(cloid)
        for _ in range(2):
            await self.desk.learn(cloid, None, fills)
            if state is not None:
                filled = Size(venue.executed(cloid))
                await self.desk.learn(cloid, OrderSeen(status=_STATUS[state], filled=filled))

    async def meddle(self) -> None:
        """Do over and over what others may do at the same time."""
        dice, clock = self.story.world.chance("meddling"), self.story.world.clock
        for _ in range(40):
            await clock.sleep(dice.below(300) / 1_000)
            lives = list(self.desk.lives.values())
            if not lives:
                continue
            life = lives[dice.below(len(lives))]
            match dice.below(5):
                case 0:
                    await self.desk.attend()
                case 1:
                    await self.hear(life.cloid)
                case 2 if life.prepared.nonce is not None:
                    await self.desk.submit(life.prepared)
                case 3:
                    await self.desk.settle([life.cloid], until=Instant(clock.now() + 200))
                case _:
                    self.desk.look(life.cloid)

    async def rest(self) -> None:
        """Wait until nothing is left to do, half a minute at most."""
        for _ in range(300):
            if all(self._is_quiet(life) for life in self.desk.lives.values()):
                return
            await self.story.world.clock.sleep(0.1)

    def _is_quiet(self, life: Life) -> bool:
        if life.state is S.RESTING:
            return self.story.venue.state(life.cloid) is S.RESTING
        return life.is_terminal if life.intent.kind is IntentKind.CANCEL else life.state in _ENDED


class OrderStory:
    """A venue, a store, and the troubles to come; after the last one everything works."""

    def __init__(self, world: World, troubles: Iterable[Trouble] = ()) -> None:
        self.world = world
        self.venue = LittleVenue(world)
        self.store = MemoryStore()
        self.troubles: Iterator[Trouble] = chain(troubles, repeat(Trouble.NONE))
        self.contradictions: list[str] = []
        self.prepared: list[PreparedIntent] = []
        self.told: Counter[object] = Counter()
        self._number = 0

    async def runner(self, dies_at: int | None = None) -> OrderRunner:
        """Start the next process."""
        lease = await self.store.leases.acquire(ACCOUNT, "runner", 3_600_000)
        assert lease is not None
        return OrderRunner(self, lease.epoch, dies_at)

    def next_number(self) -> int:
        """Count the decisions."""
        self._number += 1
        return self._number

    def say(self, event: LogEvent, message: str, *, level: LogLevel = LogLevel.INFO, **facts: str | int | None) -> None:
        """Count what is told."""
        if event is LogEvent.ORDER_FILLED:
            self.told[facts["fill_id"]] += 1

    async def judge(self) -> None:
        """Compare what is known with what happened."""
        venue = self.venue
        assert self.contradictions == []
        assert set(venue.arrivals.values()) <= {1}, "an order was sent twice"
        assert set(venue.opened_beside) <= {0}, "an open was sent beside something unresolved"
        assert await self.store.intents.fills(ACCOUNT) == tuple(venue.fills), "the ledger is not the venue's books"
        assert max(self.told.values(), default=0) <= 1, "a fill was told twice"
        records = await self._records()
        for record in records:
            cloid, kind = record.prepared.intent.cloid, record.prepared.intent.kind
            executed = venue.executed(cloid)
            assert record.filled == record.booked == executed
            if kind is IntentKind.CANCEL:
                assert record.state in {S.FILLED, S.REJECTED, S.DEAD}
            elif venue.state(cloid) is S.RESTING:
                assert record.state is S.RESTING
            else:
                assert record.state in ({S.BOOKED} if executed else {S.DEAD, S.REJECTED}), "it never ended"
        nonces = [record.prepared.nonce for record in records if record.prepared.nonce is not None]
        assert len(nonces) == len(set(nonces)), "a nonce was used twice"

    async def _records(self) -> list[IntentRecord]:
        found = [await self.store.intents.find(ACCOUNT, each.intent.cloid) for each in self.prepared]
        return [record for record in found if record is not None]


def _protective(entry: OrderIntent) -> ProtectiveStop:
    trigger = Trigger(kind=TriggerKind.STOP, price=Price(Decimal(90)))
    return ProtectiveStop(side=entry.side.opposite, trigger=trigger, limit_price=Price(Decimal(80)))
