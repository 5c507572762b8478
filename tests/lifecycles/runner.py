"""One process that holds the lease: the shipped parts, wired as a live account has them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import anyio

from agentic_core.brokers.guarded import GuardedBroker
from agentic_core.domain import DayCounters, Fence, HaltReason, Instrument, Symbol, TradingState, Usd, day_of
from agentic_core.domain.account_events import AccountEvent
from agentic_core.errors import AgenticError, Fenced
from agentic_core.execution.intent import Contradiction
from agentic_core.ports.broker import Broker
from agentic_core.runtime.exits import ExitPorts, ExitTerms, stop_planner
from agentic_core.runtime.live_account import LiveAccount
from agentic_core.runtime.orders import AccountBook, OrderDesk
from agentic_core.runtime.watch import AccountSettings, AccountWatch, DriftGuard, Watched, WatchTerms
from agentic_core.simulation.world import WorldClock
from agentic_hl.account import AccountFeed, FollowedAccount, HyperliquidReads, Listeners
from agentic_hl.broker import HyperliquidBroker, TradedAccount, VenueAccess, VenueClock
from agentic_hl.market.live import LiveMarketData
from agentic_hl.market.meta_cache import MetaCache
from agentic_hl.market.queries import UrgentQueries
from agentic_hl.rest import HyperliquidRest, IpBudget
from agentic_hl.stream import Connection, LinkAllowance, link_bucket
from agentic_hl.wire.addresses import Address
from agentic_hl.wire.network import Network
from tests.lifecycles.bugs import Bug
from tests.lifecycles.process import Steps, WatchedIntents, WatchedLink
from tests.lifecycles.scene import ACCOUNT, DEPLOYMENT, DEPOSIT, LIMITS, Scene
from tests.lifecycles.station import HEARTBEAT_S, Station
from tests.lifecycles.view import StoryView, exit_decided
from tests.support.hyperliquid_desk import LIVE, OWNER, WALLET

__all__ = ["Runner"]

_MODE = "default"
_ADDRESS = Address(OWNER.address.lower())


class Runner:
    """A process from its start to its end."""

    def __init__(self, scene: Scene, steps: Steps, clock: WorldClock, station: Station, bug: Bug) -> None:
        self.scene: Final = scene
        self.clock: Final = clock
        self.epoch: Final = station.lease.epoch
        self.fence: Final = Fence(account=ACCOUNT, epoch=self.epoch)
        self.station: Final = station
        self.say: Final = scene.say_of(self.epoch)
        self.bug: Final = bug
        self.state = TradingState.ACTIVE
        self.has_booted = False
        self.has_started: Final = anyio.Event()
        entropy = scene.world.entropy
        link = scene.place.connect(f"runner {self.epoch}")
        self._link: Final = WatchedLink(link, scene.clock, steps, scene.outages, self._leaves)
        budget = IpBudget(scene.budgets, clock, scene.weight)
        self._rest: Final = HyperliquidRest(self._link, clock, entropy, budget)
        metas, self.venue_clock = MetaCache(self._rest, clock), VenueClock(self._rest, clock)
        self._access: Final = VenueAccess(rest=self._rest, metas=metas, clock=clock, venue_clock=self.venue_clock)
        self.market: Final = LiveMarketData(self._rest, clock, cache=metas, urgent=UrgentQueries(self._rest))
        database, self._step = station.session.store, steps.step
        watched = WatchedIntents(database.intents, scene.notes, steps, epoch=self.epoch, newest=self._newest)
        self.store: Final = bug.store(station.session.intents(watched), self.epoch, database)
        self._catch_up: Final = bug.before_sending(station.catch_up)

    # ── putting it together ──────────────────────────────────────────────────────────────────────────────────────

    async def boot(self) -> None:
        """Read what everything stands on, put the parts together, and take over what others left.

        Raises:
            VenueUnavailable: the venue does not answer.
            Fenced: another process took the lease meanwhile.
        """
        await self.venue_clock.sync()
        day = DayCounters(day=day_of(self.venue_clock.now()), baseline=Usd(DEPOSIT))
        self.book = AccountBook(day=day, peak=Usd(DEPOSIT))
        account = TradedAccount(key=ACCOUNT, address=_ADDRESS, network=Network.TESTNET, mode=_MODE)
        shipped = HyperliquidBroker(account, WALLET, self._access, self.bug.memory(self.book), LIVE)
        await shipped.warm_up()
        listed = await self.market.instruments()
        broker = self.bug.broker(shipped)
        followed = FollowedAccount(address=_ADDRESS, mode=_MODE, since=self.scene.began)
        heard = self.venue_clock.heard
        self.reads = self.bug.reads(HyperliquidReads(self._rest, followed, complain=self._complain, venue_time=heard))
        self._trade(broker, listed)
        self._watch(broker, followed)
        self.has_booted = True
        self.scene.counts["boots"] += 1

    def _trade(self, broker: Broker, listed: Mapping[Symbol, Instrument]) -> None:
        now, bug = self.venue_clock.now, self.bug
        self.view = StoryView(now, listed)
        terms = ExitTerms(
            deployment=DEPLOYMENT,
            fence=self.fence,
            instruments=listed,
            limits=lambda _: LIMITS,
        )
        self.orders = OrderDesk(
            fence=self.fence,
            store=self.store,
            gate=GuardedBroker(broker, state=self._state, now=now, market=self.view, limits=LIMITS, books=self.market),
            venue_now=now,
            clock=self.clock,
            say=self.say,
            signer=WALLET.address,
            rules=bug.rules(),
            book=self.book,
            plan_stop=stop_planner(terms, self.view.price),
            on_contradiction=self._contradicted,
            before_sending=self._before_sending,
        )
        ports = ExitPorts(
            orders=self.orders,
            account=broker.account,
            reads=self.reads,
            prices=self.market,
            venue_now=now,
            clock=self.clock,
            say=self.say,
            page=self._page,
            decide=exit_decided,
        )
        self.exits = bug.exits(ports, terms)

    def _watch(self, broker: Broker, followed: FollowedAccount) -> None:
        scene, now = self.scene, self.venue_clock.now
        watched = Watched(
            fence=self.fence,
            deployment=DEPLOYMENT,
            orders=self.orders,
            store=self.store,
            ledger=self.station.session.ledger,
            say=self.say,
            halt=self._halt,
            venue_now=now,
            since=scene.began,
        )
        settings = AccountSettings(mode=_MODE)
        self.watch = AccountWatch(watched, self.book, WatchTerms(settings=settings, accounted_until=scene.began))
        account = self.bug.account(broker, self.clock)
        self.guard = DriftGuard(self.watch, account, self.reads, self.clock, self.bug.guard)
        feed = AccountFeed(self._rest, followed, self.book, now, tell=self._told, tell_stream=lambda _: None)
        listeners = Listeners(feed)
        allowance = LinkAllowance(scene.budgets, self.clock, link_bucket("here"))
        self.connection = Connection(self._link, self.clock, scene.world.entropy, allowance, listeners)
        listeners.subscribe(self.connection)

    # ── running ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Listen, take over and go on, until cancelled.

        Raises:
            Fenced: another process took the lease.
            VenueUnavailable: the account could not be read at the start.
        """
        failures: list[AgenticError] = []
        async with anyio.create_task_group() as tasks:

            async def keep(work: Callable[[], Awaitable[object]]) -> None:
                try:
                    await work()
                except AgenticError as error:
                    failures.append(error)
                    tasks.cancel_scope.cancel()

            tasks.start_soon(keep, self.connection.run)
            tasks.start_soon(keep, self._keep_lease)
            tasks.start_soon(keep, self._live)
        if failures:
            raise failures[0]

    async def _live(self) -> None:
        live = LiveAccount(self.orders, self.exits, self.watch, self.guard)
        await live.start()
        self.has_started.set()
        await live.run()

    async def _keep_lease(self) -> None:
        lease = self.station.lease
        while await self.station.session.leases.renew(lease):
            await self.clock.sleep(HEARTBEAT_S)
        raise Fenced(f"the lease of epoch {self.epoch} was lost")

    async def _before_sending(self) -> None:
        await self._step()
        try:
            await self._catch_up()
        except AgenticError:
            self.station.session.fail()
            raise
        await self._step()

    async def _newest(self) -> int:
        lease = await self.station.session.store.leases.read(ACCOUNT)
        return 0 if lease is None else lease.epoch

    def _leaves(self, body: bytes) -> None:
        self.scene.sent.append(self.station.machine.sent(body))

    def _state(self) -> TradingState:
        return TradingState.REDUCING if self.guard.is_drifted else self.state

    # ── what is told ─────────────────────────────────────────────────────────────────────────────────────────────

    def _told(self, event: AccountEvent) -> None:
        self.watch.heard(self.bug.told(event))

    async def _halt(self, reason: HaltReason, detail: str) -> None:
        self.state = TradingState.HALTED
        self.scene.halts.append((self.scene.ms, reason, detail))

    def _page(self, detail: str) -> None:
        self.scene.counts["pages"] += 1

    def _contradicted(self, contradiction: Contradiction) -> None:
        self.scene.broken.append(f"contradiction: {contradiction.detail}")

    def _complain(self, unreadable: object) -> None:
        self.scene.broken.append(f"unreadable: {unreadable}")
