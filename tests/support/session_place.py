"""A live session over the simulated venue, in a world, and one epoch after the other."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal

import anyio
from msgspec.structs import replace

from agentic_core import domain as d
from agentic_core.brokers.paper import PaperTerms, paper_venues
from agentic_core.domain.records import DeploymentRecord, LogLine
from agentic_core.logevents import LogEvent
from agentic_core.ports.account_reads import RestingOrder
from agentic_core.ports.live_venue import OpenVenue, VenueWish
from agentic_core.ports.simulated_venue import MoveMark
from agentic_core.runtime import ByRules, Mandate, Turned, drive, tick
from agentic_core.runtime.diary import Diary
from agentic_core.runtime.live_session import live_sessions
from agentic_core.runtime.session import Session, SessionContext
from agentic_core.runtime.venue_session import LiveRules, VenueSession
from agentic_core.simulation.world import World
from agentic_core.store.memory import MemoryStore
from agentic_hl.live import Machine, VenueAddress, Ways, hyperliquid_markets, hyperliquid_venues
from agentic_hl.rest import MemoryBudgets
from agentic_hl.simulated import SimulatedHyperliquid
from agentic_hl.wire.network import Network
from agentic_hl.wire.signing import Signer
from tests.support.account_hand import AccountHand
from tests.support.hyperliquid_desk import LIVE, OPTIONS, OWNER, WALLET, GivenEnvironment, approve
from tests.support.markets import BTC

__all__ = ["ACCOUNT", "CASH", "LIMITS", "MANDATE", "ME", "MIDNIGHT", "WISH", "Room", "SessionPlace", "buying", "play"]

ME = d.DeploymentId("00000000-0000-4000-8000-000000000001")
ACCOUNT = d.AccountKey(f"testnet:{OWNER.address}")
CASH = d.Usd(Decimal(10_000))
MIDNIGHT = d.Instant(1_767_225_600_000)
"""2026-01-01 00:00Z."""
ADDRESS = VenueAddress(network=Network.TESTNET, rest_url="http://simulated", stream_url="ws://simulated")
LIMITS = d.RiskLimits(
    position_bps_max=d.Bps(2_000),
    exposure_bps_max=d.Bps(2_000),
    orders_per_day_max=9,
    leverage_max=2,
    order_usd_min=d.Usd(Decimal(10)),
    symbols_allowed=frozenset({BTC}),
    cost_usd_month_max=CASH,
    daily_loss_bps_max=d.Bps(500),
    stop_bps=d.Bps(300),
)


class Wish:
    """Wants what it is told to want, at each mark."""

    name = "wish"

    def __init__(self) -> None:
        self.action: d.ProposedAction | None = None

    def __call__(self, view: d.MarketView, account: d.AccountView) -> d.ProposedAction | None:
        """Return the wish, whatever is seen."""
        return self.action


WISH = Wish()
MANDATE = Mandate(
    deployment=ME,
    account=ACCOUNT,
    skill=d.SkillId("buyer"),
    skill_name="Buyer",
    skill_version=1,
    payload_hash="",
    symbols=(BTC,),
    interval=d.Interval.M1,
    limits=LIMITS,
    decider=ByRules(policy=WISH),
)


def buying(usd: int = 1_000) -> d.ProposedAction:
    """Return the wish to buy BTC for so many dollars."""
    return d.ProposedAction(kind=d.ActionKind.OPEN, symbol=BTC, side=d.Side.BUY, size_usd=d.Usd(Decimal(usd)))


class SessionPlace:
    """One epoch: its session, and what it said and asked for."""

    def __init__(self, room: "Room", epoch: int) -> None:
        self.room = room
        self.fence = d.Fence(account=room.mandate.account, epoch=epoch)
        self.said: list[LogLine] = []
        self.halts: list[tuple[d.HaltReason, str]] = []
        self.pages: list[str] = []
        self.checks = 0
        self.session: Session

    @property
    def live(self) -> VenueSession:
        """The session with its parts."""
        assert isinstance(self.session, VenueSession)
        return self.session

    def context(self) -> SessionContext:
        """Return what a runner gives to the session."""
        clock = self.room.world.clock
        return SessionContext(
            deployment=self.room.deployment,
            mandate=self.room.mandate,
            fence=self.fence,
            store=self.room.store,
            clock=clock,
            diary=Diary(ME, self.room.store.logs, now=clock.now, listener=self.said.append),
            trading=lambda held: d.trading_state(self.room.status, held),
            halt=self._halt,
            page=self.pages.append,
            before_sending=self._check,
        )

    async def turn(self) -> Turned:
        """Observe at the present mark and take one turn."""
        mark = d.Instant(self.session.pace.now // 60_000 * 60_000)
        account = await self.session.observe(mark)
        turn = tick(
            self.room.mandate, self.session.market, account, d.TradingState.ACTIVE, mark=mark, record_holds=True
        )
        outcome = await drive(turn, self.session.perform)
        assert isinstance(outcome, Turned)
        return outcome

    async def buys(self, usd: int = 1_000) -> Turned:
        """Take a turn that wants to buy."""
        WISH.action = buying(usd)
        try:
            return await self.turn()
        finally:
            WISH.action = None

    async def stop(self) -> RestingOrder:
        """Wait until a stop is said to rest, and return what the venue lists."""
        await self.hears(LogEvent.STOP_PLACED)
        (order,) = (await self.live.live.exits.ports.reads.orders()).orders
        return order

    async def hears(self, event: LogEvent, count: int = 1) -> None:
        """Wait until something was said so often."""
        while self.events().count(event) < count:
            await self.room.world.clock.sleep(0.05)

    def events(self) -> list[LogEvent]:
        """Return what kinds of things were said, in their order."""
        return [line.event for line in self.said]

    async def _halt(self, reason: d.HaltReason, detail: str) -> None:
        self.halts.append((reason, detail))
        self.room.status = d.DeploymentStatus.HALTED

    async def _check(self) -> None:
        self.checks += 1


class Room:
    """A venue, a store and a deployment, which outlive sessions."""

    def __init__(self, world: World, *, mandate: Mandate = MANDATE, on_paper: bool = False) -> None:
        self.world = world
        self.mandate = replace(mandate, account=d.paper_account(ME)) if on_paper else mandate
        self.on_paper = on_paper
        self.venue = SimulatedHyperliquid(world, account=OWNER.address, deposit=CASH, options=OPTIONS)
        approve(self.venue.venue, world.clock.now())
        self.store = MemoryStore(now=world.clock.now)
        self.status = d.DeploymentStatus.RUNNING
        self.environment: GivenEnvironment = LIVE
        self.rules = LiveRules()
        self.terms = PaperTerms()
        self.complaints: list[str] = []
        self.deployment = DeploymentRecord(
            id=ME,
            user_id=d.UserId("u"),
            skill_id=MANDATE.skill,
            skill_version=1,
            broker_kind=d.BrokerKind.PAPER if on_paper else d.BrokerKind.HYPERLIQUID_MAINNET,
            status=d.DeploymentStatus.PROVISIONING,
            account_key=self.mandate.account,
            created_at=world.clock.now(),
        )
        self._sessions = 0
        self._hand = AccountHand()

    def price(self, price: str, symbol: d.Symbol = BTC) -> None:
        """Move the mark."""
        self.venue.inject(MoveMark(symbol=symbol, price=d.Price(Decimal(price))))

    def withdraw(self, usd: str) -> None:
        """Let the owner take money out."""
        self._post(self._hand.withdraw(usd, now=self.world.clock.now()))

    def trade(self, size: str, price: str) -> None:
        """Let the owner buy by hand, or sell with a minus."""
        self._post(self._hand.order(size, price, now=self.world.clock.now()))

    def _post(self, body: bytes) -> None:
        reply = self.venue.venue.post("/exchange", body, self.world.clock.now())
        assert b'"ok"' in reply.body, reply.body

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[SessionPlace]:
        """Take the lease and open a session, not started yet."""
        self._sessions += 1
        name = f"runner {self._sessions}"
        lease = await self.store.leases.acquire(self.mandate.account, name, d.DAY_MS)
        assert lease is not None
        place = SessionPlace(self, lease.epoch)
        async with AsyncExitStack() as stack:
            sessions = live_sessions(self.venues(name), rules=self.rules)
            place.session = await stack.enter_async_context(sessions(place.context()))
            yield place
        await self.store.leases.release(lease)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[SessionPlace]:
        """Open a session, start it, and let it run until the end; what it fails of is raised alone."""
        failures: list[Exception] = []
        async with self.opened() as place:
            await place.session.start()
            async with anyio.create_task_group() as tasks:

                async def run() -> None:
                    try:
                        await place.session.run()
                    except Exception as error:  # noqa: BLE001 - raised below, alone instead of in a group
                        failures.append(error)
                        tasks.cancel_scope.cancel()

                tasks.start_soon(run)
                yield place
                tasks.cancel_scope.cancel()
        if failures:
            raise failures[0]

    def venues(self, name: str) -> OpenVenue:
        """Return what opens the account for one process."""
        world, link = self.world, self.venue.connect(name)

        @asynccontextmanager
        async def ways(_address: VenueAddress) -> AsyncIterator[Ways]:
            yield Ways(http=link, stream=link)

        async def signer(_wish: VenueWish) -> Signer:
            return WALLET

        machine = Machine(
            clock=world.clock,
            entropy=world.entropy,
            environment=self.environment,
            budgets=MemoryBudgets(world.clock),
            open_ways=ways,
        )
        if self.on_paper:
            markets = hyperliquid_markets(ADDRESS, machine, complain=self.complaints.append)
            return paper_venues(markets, self.store, self.terms, world.clock)
        return hyperliquid_venues(ADDRESS, machine, signer, complain=self.complaints.append)

    async def positions(self) -> dict[str, Decimal]:
        """Return what the venue's books hold."""
        account = self.venue.venue.engine.account(OWNER.address)
        assert account is not None
        names = self.venue.venue.queries.markets.names
        return {names[asset]: held.szi for asset, held in account.positions.items() if held.szi}


def play(
    story: Callable[[Room], Awaitable[None]],
    *,
    seed: int = 1,
    mandate: Mandate = MANDATE,
    on_paper: bool = False,
    start: d.Instant = MIDNIGHT,
) -> None:
    """Play a story in a room of its own."""

    async def main(world: World) -> None:
        room = Room(world, mandate=mandate, on_paper=on_paper)
        room.price("100")
        await story(room)

    World(seed, start=start).run(main)
