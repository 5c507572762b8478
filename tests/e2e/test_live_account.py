"""A whole live account over real sockets, in real time: a tick buys, the stop rests, a flatten is proven."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import anyio
import pytest

from agentic_core import domain as d
from agentic_core.domain.records import DeploymentRecord, LogLine
from agentic_core.domain.trading import HaltReason
from agentic_core.errors import ConfigError
from agentic_core.logevents import LogEvent
from agentic_core.ports.budgets import Bucket
from agentic_core.ports.live_venue import VenueWish
from agentic_core.runtime import ByRules, Mandate, Turned, drive, tick
from agentic_core.runtime.diary import Diary
from agentic_core.runtime.live_session import live_sessions
from agentic_core.runtime.session import Session, SessionContext
from agentic_core.store.memory import MemoryStore
from agentic_core.system import SystemClock, SystemEntropy
from agentic_hl.live import Machine, VenueAddress, hyperliquid_venues
from agentic_hl.rest import MemoryBudgets
from agentic_hl.venue.server import Server, serve
from agentic_hl.venue.venue import Venue
from agentic_hl.wire.network import Network
from agentic_hl.wire.signing import Signer
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
    LogEvent.BROKER_STARTED,
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


DEPLOYMENT = DeploymentRecord(
    id=ME,
    user_id=d.UserId("owner"),
    skill_id=MANDATE.skill,
    skill_version=1,
    broker_kind=d.BrokerKind.HYPERLIQUID_MAINNET,
    status=d.DeploymentStatus.PROVISIONING,
    account_key=ACCOUNT,
    created_at=CLOCK.now(),
)


class Plenty(MemoryBudgets):
    """A venue that counts nothing: what limits do to a runner is tested elsewhere, and takes its time."""

    async def take(self, bucket: Bucket, amount: int, *, keep: int = 0) -> int:
        """Take without waiting."""
        return 0


class Diarist:
    """Keeps what was said, and what was halted."""

    def __init__(self) -> None:
        self.said: list[LogLine] = []
        self.halts: list[HaltReason] = []

    def events(self) -> set[LogEvent]:
        """Return what kinds of things were said."""
        return {line.event for line in self.said}

    async def halt(self, reason: HaltReason, _detail: str) -> None:
        """Note a halt."""
        self.halts.append(reason)

    async def hears(self, event: LogEvent) -> None:
        """Wait until something is said."""
        while event not in self.events():
            await CLOCK.sleep(0.02)


async def _at_once() -> None:
    pass


async def buy(session: Session) -> Turned:
    """Take one turn of the skill."""
    mark = d.Instant(session.pace.now // 60_000 * 60_000)
    account = await session.observe(mark)
    turn = tick(MANDATE, session.market, account, d.TradingState.ACTIVE, mark=mark, record_holds=True)
    outcome = await drive(turn, session.perform)
    assert isinstance(outcome, Turned)
    return outcome


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
    address: VenueAddress, diarist: Diarist, environment: GivenEnvironment = LIVE
) -> AsyncIterator[Session]:
    """Open a session of the account at a served venue."""
    store = MemoryStore(now=CLOCK.now)
    lease = await store.leases.acquire(ACCOUNT, "me", ttl_ms=d.DAY_MS)
    assert lease is not None

    async def signer(_wish: VenueWish) -> Signer:
        return WALLET

    machine = Machine(clock=CLOCK, entropy=SystemEntropy(), environment=environment, budgets=Plenty(CLOCK))
    context = SessionContext(
        deployment=DEPLOYMENT,
        mandate=MANDATE,
        fence=d.Fence(account=ACCOUNT, epoch=lease.epoch),
        store=store,
        clock=CLOCK,
        diary=Diary(ME, store.logs, now=CLOCK.now, listener=diarist.said.append),
        trading=lambda held: d.trading_state(d.DeploymentStatus.RUNNING, held),
        halt=diarist.halt,
        page=lambda _: None,
        before_sending=_at_once,
    )
    async with live_sessions(hyperliquid_venues(address, machine, signer))(context) as session:
        yield session


async def test_live_account_is_not_opened_without_its_switch() -> None:
    """The reason says which setting it is."""
    async with served() as (_, address):
        with pytest.raises(ConfigError, match="HYPERLIQUID_LIVE_ENABLED"):
            async with hosted(address, Diarist(), GivenEnvironment({})):
                pass


async def test_live_account_buys_protects_and_gets_flat_over_sockets() -> None:
    """From the leverage set while flat to two reads that agree on nothing left."""
    diarist = Diarist()
    with anyio.fail_after(DEADLINE_S):
        async with served() as (venue, address), hosted(address, diarist) as session:
            await session.start()
            assert session.restrictions == frozenset()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(session.run)
                bought = await buy(session)
                assert isinstance(bought.result, d.Executed), bought.result
                await diarist.hears(LogEvent.STOP_PLACED)
                flat = await session.flatten("command:1")
                assert (flat.closed, flat.left) == (1, ())
                tasks.cancel_scope.cancel()
            account = venue.engine.account(OWNER.address)
            assert account is not None
            assert not any(position.szi for position in account.positions.values())
            assert diarist.events() >= EXPECTED
            assert diarist.halts == []
