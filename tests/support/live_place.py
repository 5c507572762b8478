"""The next process at a place: a live account put together as it ships, over the same store and the same venue."""

from agentic_core.domain import DayCounters, DeploymentId, Fence, Usd, day_of
from agentic_core.domain.trading import HaltReason, TradingState
from agentic_core.ports.intents import IntentStore
from agentic_core.runtime.account_parts import AccountPorts, AccountTerms, join_account
from agentic_core.runtime.exits import exit_decision
from agentic_core.runtime.orders import AccountBook
from agentic_core.runtime.watch import AccountSettings, GuardRules, WatchTerms
from agentic_hl.account import FollowedAccount, HyperliquidReads
from agentic_hl.broker import HyperliquidBroker, TradedAccount
from agentic_hl.market.live import LiveMarketData
from agentic_hl.market.queries import UrgentQueries
from agentic_hl.wire.network import Network
from tests.support.exits_place import KEY, ExitPlace
from tests.support.hyperliquid_desk import LIVE, OWNER, WALLET, access_over
from tests.support.markets import BooksByHand
from tests.support.turns import Says, mandate

__all__ = ["LivePlace"]

_HALF_DAY_MS = 43_200_000
GUARD = GuardRules(every_ms=60_000, again_ms=10_000, confirm_ms=2_000)


class LivePlace:
    """A live account of a new epoch; the process before it is fenced off from the moment it is joined."""

    def __init__(self, place: ExitPlace, fence: Fence, link: str) -> None:
        world = place.world
        self.place = place
        self.fence = fence
        self.halts: list[tuple[HaltReason, str]] = []
        self.access = access_over(place.sim.connect(link), world.clock, world.entropy)

    @classmethod
    async def join(cls, place: ExitPlace, store: IntentStore | None = None, link: str = "next") -> "LivePlace":
        """Take the lease over, and put the account together."""
        lease = await place.store.leases.acquire(KEY, "runner", _HALF_DAY_MS)
        assert lease is not None
        joined = cls(place, Fence(account=KEY, epoch=lease.epoch), link)
        await joined._open(store or place.store.intents)
        return joined

    async def _open(self, store: IntentStore) -> None:
        await self.access.venue_clock.sync()
        ports = self._ports(store)
        await self.broker.warm_up()
        self.account = join_account(ports, self._terms())

    async def _halt(self, reason: HaltReason, detail: str) -> None:
        self.halts.append((reason, detail))

    def _ports(self, store: IntentStore) -> AccountPorts:
        place, rest, now = self.place, self.access.rest, self.access.venue_clock.now
        equity = Usd(place.equity)
        book = AccountBook(day=DayCounters(day=day_of(now()), baseline=equity), peak=equity)
        traded = TradedAccount(key=KEY, address=OWNER.address, network=Network.TESTNET, mode="default")
        self.broker = HyperliquidBroker(traded, WALLET, self.access, book, LIVE)
        followed = FollowedAccount(address=OWNER.address, mode="default")
        exits_are_decided = mandate(Says(None))
        return AccountPorts(
            store=store,
            ledger=place.store.ledger,
            broker=self.broker,
            reads=HyperliquidReads(
                rest, followed, complain=lambda found: place.pages.append(str(found)),
                venue_time=self.access.venue_clock.heard,
            ),
            prices=LiveMarketData(rest, place.world.clock, cache=self.access.metas, urgent=UrgentQueries(rest)),
            books=BooksByHand(),
            market=place.market,
            book=book,
            clock=place.world.clock,
            venue_now=now,
            say=place.say,
            halt=self._halt,
            page=place.pages.append,
            state=lambda restrictions: TradingState.HALTED if restrictions else TradingState.ACTIVE,
            decide=lambda turn: exit_decision(exits_are_decided, turn),
        )  # fmt: skip

    def _terms(self) -> AccountTerms:
        place = self.place
        return AccountTerms(
            deployment=DeploymentId("exits"),
            fence=self.fence,
            signer=WALLET.address,
            instruments=place.listed,
            limits=place.limits,
            watch=WatchTerms(settings=AccountSettings(mode="default"), accounted_until=place.began),
            since=place.began,
            guard=GUARD,
        )
