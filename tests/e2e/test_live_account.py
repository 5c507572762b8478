"""A whole live account over real sockets, in real time: a tick buys, the stop rests, a flatten is proven."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import anyio
import pytest

from agentic_core import domain as d
from agentic_core.domain.trading import HaltReason
from agentic_core.errors import ConfigError
from agentic_core.execution.drift import Aligned
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.metering import MonthBudget
from agentic_core.ports.account_reads import RestingOrder, SymbolLeverage
from agentic_core.ports.budgets import Bucket
from agentic_core.runtime import ByRules, Interpreter, Mandate, RunRecorder, Turned, drive, tick
from agentic_core.runtime.account_parts import AccountPorts, AccountTerms, join_account
from agentic_core.runtime.desk import MarketDesk
from agentic_core.runtime.exits import exit_decision
from agentic_core.runtime.live_account import LiveAccount
from agentic_core.runtime.orders import AccountBook, BookPriced
from agentic_core.runtime.watch import AccountSettings, WatchTerms
from agentic_core.store.memory import MemoryStore
from agentic_core.system import SystemClock, SystemEntropy
from agentic_hl.broker import LeverageWanted, OpeningTerms
from agentic_hl.live import Hyperliquid, Machine, VenueAddress, open_hyperliquid
from agentic_hl.rest import MemoryBudgets
from agentic_hl.venue.server import Server, serve
from agentic_hl.venue.venue import Venue
from agentic_hl.wire.network import Network
from tests.support.hyperliquid_desk import LIVE, OWNER, WALLET, GivenEnvironment, approve
from tests.support.markets import BTC

pytestmark = pytest.mark.anyio

ME = d.DeploymentId("00000000-0000-4000-8000-000000000001")
ACCOUNT = d.AccountKey(f"local:{OWNER.address}")
CASH = d.Usd(Decimal(10_000))
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
CLOCK = SystemClock()
DEADLINE_S = 60.0
"""For everything that a test waits for, on a machine that has other work."""


EXPECTED = {
    LogEvent.RECONCILED,
    LogEvent.SETTINGS_CHANGED,
    LogEvent.ORDER_PLACED,
    LogEvent.ORDER_FILLED,
    LogEvent.STOP_PLACED,
    LogEvent.FLATTENED,
}


class BuyOnce:
    """Wants 1,000 dollars' worth."""

    name = "buy-once"

    def __call__(self, view: d.MarketView, account: d.AccountView) -> d.ProposedAction:
        """Look at nothing."""
        return d.ProposedAction(kind=d.ActionKind.OPEN, symbol=BTC, side=d.Side.BUY, size_usd=d.Usd(Decimal(1_000)))


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
    decider=ByRules(policy=BuyOnce()),
)


class Plenty(MemoryBudgets):
    """A venue that counts nothing: what limits do to a runner is tested elsewhere, and takes its time."""

    async def take(self, bucket: Bucket, amount: int, *, keep: int = 0) -> int:
        """Take without waiting."""
        return 0


class Host:
    """What a runner of the shipped parts is made of."""

    def __init__(self, live: Hyperliquid, book: AccountBook, store: MemoryStore, epoch: int) -> None:
        self.fence = d.Fence(account=ACCOUNT, epoch=epoch)
        self.said: list[tuple[LogEvent, str]] = []
        self.halts: list[HaltReason] = []
        self._live = live
        self._store = store
        self.desk = MarketDesk(
            live.market, symbols=(BTC,), interval=d.Interval.M1, instruments=live.instruments, history_from=live.now()
        )
        self.account = self._join(book)
        self.connection = live.follow((BTC,), book, tell=self.account.watch.heard, tell_stream=lambda _: None)

    async def buy(self) -> Turned:
        """Take one turn of the skill."""
        account = await self._live.opened.broker.account()
        await self.desk.refresh(self._live.now())
        self.desk.as_of = self._live.now()  # what was fetched is newer than when it was asked for
        turn = tick(MANDATE, self.desk, account, d.TradingState.ACTIVE, record_holds=True)
        orders = BookPriced(self.account.orders, self._live.market, self._live.instruments)
        interpreter = Interpreter(
            fence=self.fence,
            intents=self._store.intents,
            decisions=self._store.decisions,
            broker=self.account.orders.gate,
            recorder=RunRecorder(),
            now=self._live.now,
            budget=MonthBudget(cap=CASH),
            sender=orders,
        )
        outcome = await drive(turn, interpreter.perform)
        assert isinstance(outcome, Turned)
        return outcome

    async def stop(self) -> RestingOrder:
        """Wait until a stop is said to rest, and return what the venue lists."""
        while LogEvent.STOP_PLACED not in self.events():
            await CLOCK.sleep(0.02)
        (order,) = (await self._live.reads.orders()).orders
        return order

    def events(self) -> set[LogEvent]:
        """Return what kinds of things were said."""
        return {event for event, _ in self.said}

    def _join(self, book: AccountBook) -> LiveAccount:
        live = self._live
        ports = AccountPorts(
            store=self._store.intents,
            ledger=self._store.ledger,
            broker=live.opened.broker,
            reads=live.reads,
            prices=live.market,
            books=live.market,
            market=self.desk,
            book=book,
            clock=CLOCK,
            venue_now=live.now,
            say=self._say,
            halt=self._halt,
            page=lambda _: None,
            state=lambda held: d.trading_state(d.DeploymentStatus.RUNNING, held),
            decide=lambda turn: exit_decision(MANDATE, turn),
        )
        began = live.now()
        terms = AccountTerms(
            deployment=ME,
            fence=self.fence,
            signer=WALLET.address,
            instruments=live.instruments,
            limits=LIMITS,
            watch=WatchTerms(settings=AccountSettings(mode=live.opened.mode), accounted_until=began),
            since=began,
        )
        return join_account(ports, terms)

    def _say(
        self, event: LogEvent, message: str, *, level: LogLevel = LogLevel.INFO, **_facts: str | int | None
    ) -> None:
        self.said.append((event, f"{level} {message}"))

    async def _halt(self, reason: HaltReason, _detail: str) -> None:
        self.halts.append(reason)


@asynccontextmanager
async def served() -> AsyncIterator[tuple[Venue, VenueAddress]]:
    """Serve a venue on which a wallet may trade for an owner with 10,000 dollars."""
    venue, ports = Venue(seed=7, now=CLOCK.now()), list[int]()
    venue.deposit(OWNER.address, CASH, CLOCK.now())
    approve(venue, CLOCK.now())
    async with anyio.create_task_group() as tasks:

        async def run() -> None:
            await serve(Server(venue, CLOCK), started=ports.append)

        tasks.start_soon(run)
        while not ports:
            await anyio.lowlevel.checkpoint()
        (port,) = ports
        yield (
            venue,
            VenueAddress(
                network=Network.TESTNET, rest_url=f"http://127.0.0.1:{port}", stream_url=f"ws://127.0.0.1:{port}/ws"
            ),
        )
        tasks.cancel_scope.cancel()


@asynccontextmanager
async def hosted(
    address: VenueAddress, environment: GivenEnvironment = LIVE
) -> AsyncIterator[tuple[Hyperliquid, Host]]:
    """Open the account at a served venue and join its parts."""
    store = MemoryStore(now=CLOCK.now)
    lease = await store.leases.acquire(ACCOUNT, "me", ttl_ms=d.DAY_MS)
    assert lease is not None
    book = AccountBook(day=d.DayCounters(day=d.day_of(CLOCK.now()), baseline=CASH), peak=CASH)
    wanted = {BTC: LeverageWanted(value=2)}
    opening = OpeningTerms(key=ACCOUNT, address=OWNER.address, network=Network.TESTNET, leverage=wanted)
    machine = Machine(clock=CLOCK, entropy=SystemEntropy(), environment=environment, budgets=Plenty(CLOCK))
    async with open_hyperliquid(
        address, opening, WALLET, machine, book, since=CLOCK.now(), complain=lambda _: None
    ) as live:
        yield live, Host(live, book, store, lease.epoch)


async def test_live_account_is_not_opened_without_its_switch() -> None:
    """The reason says which setting it is."""
    async with served() as (_, address):
        with pytest.raises(ConfigError, match="HYPERLIQUID_LIVE_ENABLED"):
            async with hosted(address, GivenEnvironment({})):
                pass


async def test_live_account_buys_protects_and_gets_flat_over_sockets() -> None:
    """From the leverage set while flat to two reads that agree on nothing left."""
    with anyio.fail_after(DEADLINE_S):
        async with served() as (venue, address), hosted(address) as (live, host):
            assert (await host.account.start()).drift == Aligned()
            to_set = {
                symbol: SymbolLeverage(leverage=wanted.value, isolated=wanted.isolated)
                for symbol, wanted in live.opened.to_set.items()
            }
            assert to_set
            assert await host.account.set_leverages(to_set) == {}
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(host.connection.run)
                tasks.start_soon(host.account.run)
                bought = await host.buy()
                assert isinstance(bought.result, d.Executed), bought.result
                stop = await host.stop()
                assert stop.trigger is not None
                assert (stop.side, stop.reduce_only, stop.trigger.position_sized) == (d.Side.SELL, True, True)
                report = await host.account.exits.flatten("command:1")
                assert report.is_flat, report
                tasks.cancel_scope.cancel()
            account = venue.engine.account(OWNER.address)
            assert account is not None
            assert not any(position.szi for position in account.positions.values())
            assert host.events() >= EXPECTED
            assert host.halts == []
