"""An account at the simulated venue with its exits, and nothing else: no stream, no decider, no watch."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import NamedTuple

import anyio

from agentic_core.brokers import GuardedBroker
from agentic_core.domain import (
    AccountKey,
    Bps,
    DayCounters,
    DeploymentId,
    Fence,
    OrderIntent,
    PreparedIntent,
    Price,
    RiskLimits,
    Side,
    Size,
    SkillId,
    Symbol,
    TickId,
    TimeInForce,
    TradingState,
    Usd,
    client_order_id,
    day_of,
)
from agentic_core.execution.life import Life
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.budgets import Bucket
from agentic_core.runtime.exits import ExitDesk, ExitPorts, ExitRules, ExitTerms, exit_decision, stop_planner
from agentic_core.runtime.orders import AccountBook, OrderDesk
from agentic_core.simulation.world import World
from agentic_core.store.memory import MemoryStore
from agentic_hl.account import FollowedAccount, HyperliquidReads
from agentic_hl.broker import HyperliquidBroker, TradedAccount
from agentic_hl.market.live import LiveMarketData
from agentic_hl.market.queries import UrgentQueries
from agentic_hl.wire.network import Network
from tests.support.exits_market import ExitMarket
from tests.support.hyperliquid_desk import LIVE, OWNER, WALLET, access_over
from tests.support.markets import BTC, ETH, BooksByHand, MarketByHand
from tests.support.stored_values import decision
from tests.support.turns import Says, mandate
from tests.support.watched_room import Line

__all__ = ["EXITS", "KEY", "ExitPlace", "Shape", "play"]

KEY = AccountKey("testnet:exits")
_HALF_DAY_MS = 43_200_000

EXITS: frozenset[LogEvent] = frozenset(
    {
        LogEvent.FLATTEN_STARTED,
        LogEvent.FLATTENED,
        LogEvent.HUMAN_NEEDED,
        LogEvent.POSITION_NAKED,
    }
)
"""What exits say themselves; the rest is said of orders."""


class Shape(NamedTuple):
    """How a place is set up."""

    deposit: str = "10000"
    leverage: int = 10
    """Of every market, as long as nobody sets another."""
    stop_bps: int | None = 200
    plans_stops: bool = True
    """Whether a stop is prepared together with each entry."""
    rules: ExitRules = ExitRules()
    state: TradingState = TradingState.ACTIVE
    weight: Bucket | None = None
    """What the address may ask for; None is all that the venue allows."""


PLAIN = Shape()


class ExitPlace(ExitMarket):
    """Our orders and exits of the owner's account, which has 10,000 dollars."""

    def __init__(self, world: World, shape: Shape = PLAIN, store: MemoryStore | None = None, epoch: int = 1) -> None:
        super().__init__(world, deposit=shape.deposit, leverage=shape.leverage)
        self.shape = shape
        self.store = store or MemoryStore()
        self.fence = Fence(account=KEY, epoch=epoch)
        self.began = world.clock.now()
        self.equity = Decimal(shape.deposit)
        self.said: list[Line] = []
        self.pages: list[str] = []
        self.numbers = 0
        self._wire()

    def _wire(self) -> None:
        world, shape = self.world, self.shape
        self.access = access_over(self.sim.connect("runner"), world.clock, world.entropy, bucket=shape.weight)
        self.now = self.access.venue_clock.now
        self.access.venue_clock.heard(world.clock.now())
        equity = Usd(self.equity)
        self.book = AccountBook(day=DayCounters(day=day_of(self.now()), baseline=equity), peak=equity)
        traded = TradedAccount(key=KEY, address=OWNER.address, network=Network.TESTNET, mode="default")
        self.broker = HyperliquidBroker(traded, WALLET, self.access, self.book, LIVE)
        self.market = MarketByHand(at=world.clock.now())
        self.limits = RiskLimits(
            position_bps_max=Bps(1_000_000),
            exposure_bps_max=Bps(1_000_000),
            orders_per_day_max=10_000,
            orders_per_minute_max=10_000,
            leverage_max=50,
            order_usd_min=Usd(Decimal(10)),
            symbols_allowed=frozenset({BTC, ETH}),
            cost_usd_month_max=Usd(Decimal(0)),
            daily_loss_bps_max=Bps(10_000),
            stop_bps=None if shape.stop_bps is None else Bps(shape.stop_bps),
        )

    async def open(self) -> None:
        """Take the lease, and put together what needs the venue's list."""
        assert await self.store.leases.acquire(KEY, "runner", _HALF_DAY_MS) is not None
        await self.broker.warm_up()
        prices = LiveMarketData(
            self.access.rest, self.world.clock, cache=self.access.metas, urgent=UrgentQueries(self.access.rest)
        )
        self.listed = await prices.instruments()
        self.terms = ExitTerms(
            deployment=DeploymentId("exits"),
            fence=self.fence,
            instruments=self.listed,
            limits=lambda _: self.limits,
            rules=self.shape.rules,
        )
        gate = GuardedBroker(
            self.broker, state=lambda: self.shape.state, now=self.now, market=self.market, limits=self.limits,
            books=BooksByHand(),
        )  # fmt: skip
        planner = stop_planner(self.terms, lambda _: None) if self.shape.plans_stops else None
        self.desk = OrderDesk(
            fence=self.fence, store=self.store.intents, gate=gate, venue_now=self.now, clock=self.world.clock,
            say=self.say, signer=WALLET.address, book=self.book, plan_stop=planner,
        )  # fmt: skip
        followed = FollowedAccount(address=OWNER.address, mode="default")
        reads = HyperliquidReads(
            self.access.rest, followed, complain=lambda found: self.pages.append(str(found)),
            venue_time=self.access.venue_clock.heard,
        )  # fmt: skip
        exits_are_decided = mandate(Says(None))
        self.ports = ExitPorts(
            orders=self.desk, account=self.broker.account, reads=reads, prices=prices, venue_now=self.now,
            clock=self.world.clock, say=self.say, page=self.pages.append,
            decide=lambda turn: exit_decision(exits_are_decided, turn),
        )  # fmt: skip
        self.exits = ExitDesk(self.ports, self.terms)
        await self.desk.recover()

    def say(self, event: LogEvent, message: str, *, level: LogLevel = LogLevel.INFO, **facts: str | int | None) -> None:
        """Keep a line."""
        self.said.append(Line(event, level, message, facts))

    # ── what is done ─────────────────────────────────────────────────────────────────────────────────────────────

    async def prepare(
        self, size: str = "2", *, symbol: Symbol = BTC, price: str = "100", desk: OrderDesk | None = None
    ) -> PreparedIntent:
        """Prepare an entry of ours, at the desk of a later process if one is given; a minus sells."""
        self.numbers += 1
        self.market.as_of = self.now()
        self.market.set(symbol, self.mark(symbol))
        units = Decimal(size)
        turn = TickId(deployment=self.terms.deployment, mark=self.now(), cause=f"entry:{self.numbers}")
        wanted = OrderIntent(
            cloid=client_order_id(KEY, turn.digest(), leg=0, attempt=0),
            symbol=symbol,
            side=Side.BUY if units > 0 else Side.SELL,
            size=Size(abs(units)),
            limit_price=Price(Decimal(price)),
            reduce_only=False,
            time_in_force=TimeInForce.GTC,
        )
        (prepared,) = await (desk or self.desk).prepare(decision(SkillId("1"), minute=self.numbers), [wanted])
        return prepared

    async def enter(self, size: str = "2", *, symbol: Symbol = BTC, price: str = "100") -> Life:
        """Send an entry of ours, and return what is known of it."""
        prepared = await self.prepare(size, symbol=symbol, price=price)
        await self.desk.submit(prepared)
        return self.desk.lives[prepared.intent.cloid]

    async def pass_time(self, seconds: float) -> None:
        """Let time pass for everybody."""
        await self.world.clock.sleep(seconds)

    # ── what is looked at ────────────────────────────────────────────────────────────────────────────────────────

    def lines(self, event: LogEvent) -> list[Line]:
        """Return what was said by this name."""
        return [line for line in self.said if line.event is event]

    def exits_said(self) -> list[LogEvent]:
        """Return what the exits said, by name."""
        return [line.event for line in self.said if line.event in EXITS]


def play(
    story: Callable[[ExitPlace], Awaitable[None]],
    shape: Shape = PLAIN,
    *,
    watches: bool = True,
    follows: bool = True,
    seed: int = 1,
) -> None:
    """Play a story in a world of its own: orders are followed and positions watched, unless the story does it."""

    async def main(world: World) -> None:
        place = ExitPlace(world, shape)
        await place.open()
        failures: list[Exception] = []
        async with anyio.create_task_group() as tasks:
            if follows:
                tasks.start_soon(place.desk.run)
            if watches:
                tasks.start_soon(place.exits.run)
            try:
                await story(place)
            except Exception as error:  # noqa: BLE001 - raised below, alone instead of in a group
                failures.append(error)
            tasks.cancel_scope.cancel()
        if failures:
            raise failures[0]

    World(seed).run(main)
