"""An account at the simulated venue with all that watches it: our orders, the streams, the watch and the guard."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal

import anyio
from msgspec.structs import replace

from agentic_core.brokers import GuardedBroker
from agentic_core.domain import (
    AccountKey,
    Bps,
    ClientOrderId,
    DayCounters,
    Denied,
    Fence,
    Instant,
    PreparedIntent,
    Price,
    RiskLimits,
    SendOutcome,
    Size,
    SkillId,
    TimeInForce,
    Usd,
)
from agentic_core.domain.times import day_of
from agentic_core.domain.trading import HaltReason, TradingState
from agentic_core.execution.life import Life
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.simulated_venue import Weather
from agentic_core.runtime.orders import AccountBook, OrderDesk
from agentic_core.runtime.watch import (
    AccountSettings,
    AccountWatch,
    DriftGuard,
    GuardRules,
    Watched,
    WatchTerms,
)
from agentic_core.simulation.world import World
from agentic_core.store.memory import MemoryStore
from agentic_hl.account import AccountFeed, FollowedAccount, HyperliquidReads
from agentic_hl.broker import BrokerTimes, HyperliquidBroker, TradedAccount, VenueAccess
from agentic_hl.rest import MemoryBudgets
from agentic_hl.simulated import SimulatedHyperliquid
from agentic_hl.stream import Connection, LinkAllowance, link_bucket
from agentic_hl.venue.engine.options import Options
from agentic_hl.venue.venue import VenueOptions
from agentic_hl.wire.network import Network
from tests.support.account_hand import OWNER, AccountHand, books_of
from tests.support.account_judge import AccountJudge
from tests.support.hyperliquid_desk import LIVE, WALLET, access_over, approve
from tests.support.markets import BTC, BooksByHand, MarketByHand
from tests.support.stored_values import DEPLOYMENT, decision, intent
from tests.support.watched_room import Line

__all__ = ["KEY", "RULES", "AccountPlace", "at_the_venue", "play"]

KEY = AccountKey("mainnet:0x0b")
RULES = GuardRules(every_ms=300_000, again_ms=30_000, confirm_ms=5_000, overlap_ms=600_000)
START = "46400"
_LIMITS = RiskLimits(
    position_bps_max=Bps(1_000_000),
    exposure_bps_max=Bps(1_000_000),
    orders_per_day_max=10_000,
    orders_per_minute_max=10_000,
    leverage_max=20,
    order_usd_min=Usd(Decimal(10)),
    symbols_allowed=frozenset({BTC}),
    cost_usd_month_max=Usd(Decimal(0)),
    daily_loss_bps_max=Bps(10_000),
)


class AccountPlace:
    """The owner's account with 10,000 dollars, BTC at 46,400; our wallet trades it, and so may others."""

    def __init__(self, world: World, *, rules: GuardRules = RULES) -> None:
        self.world = world
        options = VenueOptions(engine=Options(start_prices={0: Decimal(START)}, default_leverage=20))
        self.venue = SimulatedHyperliquid(world, account=OWNER.address, deposit=Decimal(10_000), options=options)
        approve(self.venue.venue, world.clock.now())
        self.hand = AccountHand()
        self._hand_link = self.venue.connect("owner")
        self.store = MemoryStore()
        self.fence = Fence(account=KEY, epoch=1)
        self.said: list[Line] = []
        self.halts: list[tuple[HaltReason, str]] = []
        self.numbers = 0
        self._rules = rules
        self._wire()

    def _wire(self) -> None:
        world, clock = self.world, self.world.clock
        link = self.venue.connect("runner")
        access = access_over(link, clock, world.entropy)
        self.clock = access.venue_clock
        self.clock.heard(clock.now())
        now = self.clock.now()
        self.book = AccountBook(
            day=DayCounters(day=day_of(now), baseline=Usd(Decimal(10_000))), peak=Usd(Decimal(10_000)), as_of=now
        )
        self.broker = self._broker(access)
        self.market = MarketByHand()
        gate = GuardedBroker(
            self.broker, state=lambda: TradingState.ACTIVE, now=self.clock.now, market=self.market, limits=_LIMITS,
            books=BooksByHand(),
        )  # fmt: skip
        self.desk = OrderDesk(
            fence=self.fence, store=self.store.intents, gate=gate, venue_now=self.clock.now, clock=clock,
            say=self.say, signer=WALLET.address, book=self.book,
        )  # fmt: skip
        watched = Watched(
            fence=self.fence, deployment=DEPLOYMENT, orders=self.desk, store=self.store.intents,
            ledger=self.store.ledger, say=self.say, halt=self.halt, venue_now=self.clock.now, since=now,
        )  # fmt: skip
        terms = WatchTerms(settings=AccountSettings(mode="default"), accounted_until=now)
        self.watch = AccountWatch(watched, self.book, terms)
        followed = FollowedAccount(address=OWNER.address, mode="default")
        self.judge = AccountJudge(self.venue.venue.engine, tell=self.watch.heard)
        feed = AccountFeed(
            access.rest, followed, self.book, self.clock.now, tell=self.judge.tell, tell_stream=self.judge.tell_stream
        )
        self.connection = Connection(
            link, clock, world.entropy, LinkAllowance(MemoryBudgets(clock), clock, link_bucket("here")), feed
        )
        for topic in feed.topics:
            self.connection.want(topic)
        reads = HyperliquidReads(
            access.rest, followed, complain=lambda found: self.judge.faults.append(str(found)),
            venue_time=self.clock.heard,
        )  # fmt: skip
        self.guard = DriftGuard(self.watch, self.broker.account, reads, clock, self._rules)

    def _broker(self, access: VenueAccess) -> HyperliquidBroker:
        traded = TradedAccount(key=KEY, address=OWNER.address, network=Network.TESTNET, mode="default")
        return HyperliquidBroker(traded, WALLET, access, self.book, LIVE, BrokerTimes())

    def say(self, event: LogEvent, message: str, *, level: LogLevel = LogLevel.INFO, **facts: str | int | None) -> None:
        """Keep a line."""
        self.said.append(Line(event, level, message, facts))

    async def halt(self, reason: HaltReason, detail: str) -> None:
        """Keep a halt."""
        self.halts.append((reason, detail))

    # ── what is done ─────────────────────────────────────────────────────────────────────────────────────────────

    async def take_lease(self) -> None:
        """Take the account over, and what was left of it."""
        assert await self.store.leases.acquire(KEY, "runner", 86_400_000) is not None
        await self.broker.warm_up()
        await self.desk.recover()

    async def prepare(self, **changes: object) -> PreparedIntent:
        """Prepare an order of ours; 0.0026 BTC to buy at 46,841 where nothing else is said."""
        self.numbers += 1
        self.market.as_of = self.clock.now()
        self.market.set(BTC, self.mark)
        wanted = replace(intent(self.numbers, account=KEY), limit_price=Price(Decimal(46_841)))
        (prepared,) = await self.desk.prepare(decision(SkillId("1"), minute=self.numbers), [replace(wanted, **changes)])
        return prepared

    async def buy(self, **changes: object) -> tuple[ClientOrderId, SendOutcome | Denied]:
        """Send an order of ours."""
        prepared = await self.prepare(**changes)
        return prepared.intent.cloid, await self.desk.submit(prepared)

    async def send_past_the_store(self, prepared: PreparedIntent) -> None:
        """Let another process send an intent, with the same key and without writing it down."""
        world = self.world
        other = self._broker(access_over(self.venue.connect("other"), world.clock, world.entropy))
        await other.warm_up()
        await other.send(prepared)

    async def rest(self, price: str = "46000") -> ClientOrderId:
        """Let an order of ours rest."""
        cloid, _ = await self.buy(limit_price=Price(Decimal(price)), time_in_force=TimeInForce.GTC)
        return cloid

    async def by_hand(self, body: bytes) -> None:
        """Let the owner send a request."""
        await self._hand_link.post("/exchange", body, 30_000)

    def move(self, price: str) -> None:
        """Move oracle and mark."""
        self.venue.venue.set_price("BTC", oracle=Decimal(price), now=self.now)
        self.venue.inject(Weather())  # whatever the port is told, it delivers what happened

    async def pass_time(self, seconds: float) -> None:
        """Let time pass for everybody, and our orders be attended."""
        await self.world.clock.sleep(seconds)
        await self.desk.attend()
        await self.watch.drain()

    # ── what is looked at ────────────────────────────────────────────────────────────────────────────────────────

    @property
    def now(self) -> Instant:
        """The present."""
        return self.world.clock.now()

    @property
    def mark(self) -> Decimal:
        """What BTC is worth."""
        return self.venue.venue.engine.mark(0)

    def life(self, cloid: ClientOrderId) -> Life:
        """Return what is known of an order of ours."""
        return self.desk.lives[cloid]

    def lines(self, event: LogEvent) -> list[Line]:
        """Return what was said by this name."""
        return [line for line in self.said if line.event is event]

    def reasons(self) -> list[HaltReason]:
        """Return why trading was halted."""
        return [reason for reason, _ in self.halts]

    async def ledger(self) -> Mapping[str, tuple[Decimal, Decimal, Decimal]]:
        """Return signed size, price and fee of every booked execution."""
        booked = await self.store.intents.fills(KEY)
        assert len({fill.fill_id for fill in booked}) == len(booked)
        return {fill.fill_id: (fill.signed_size, fill.price, fill.fee) for fill in booked}

    def books(self) -> Mapping[str, tuple[Decimal, Decimal, Decimal]]:
        """Return the same of the venue's own books."""
        return {
            f"BTC:{fill.tid}:{fill.oid}": (fill.sz if fill.is_buy else -fill.sz, fill.px, fill.fee)
            for fill in books_of(self.venue.venue.engine).fills
        }

    def held(self) -> Size:
        """Return the signed units that the venue's books show."""
        position = books_of(self.venue.venue.engine).positions.get(0)
        return Size(Decimal(0) if position is None else position.szi)


@asynccontextmanager
async def at_the_venue(
    world: World, make: Callable[[World], AccountPlace] = AccountPlace
) -> AsyncIterator[AccountPlace]:
    """Open the place, with the stream running and whole."""
    place = make(world)
    await place.take_lease()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(place.connection.run)
        tasks.start_soon(place.watch.run)
        while not place.watch.is_whole:
            await world.clock.sleep(0.1)
        yield place
        tasks.cancel_scope.cancel()


def play(story: Callable[[AccountPlace], Awaitable[None]], *, seed: int = 1) -> None:
    """Play a story in a world of its own; nothing that the venue told was ever wrong."""

    async def main(world: World) -> None:
        async with at_the_venue(world) as place:
            await story(place)
            assert place.judge.faults == []

    World(seed).run(main)
