"""Some minutes in which a feed follows an account that its owner trades by hand, over links that fail."""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

import anyio

from agentic_core.domain import ClientOrderId, Instant
from agentic_core.domain.account_events import StreamTold
from agentic_core.ports.simulated_venue import CutLink, Direction, LoseMessage, Weather
from agentic_core.simulation.world import World
from agentic_hl.account import AccountFeed, FollowedAccount, Listeners
from agentic_hl.broker import VenueClock
from agentic_hl.rest import HyperliquidRest, IpBudget, MemoryBudgets, weight_bucket
from agentic_hl.simulated import SimulatedHyperliquid
from agentic_hl.stream import (
    Connection,
    GapFilled,
    GapNeeded,
    LinkAllowance,
    LinkChanged,
    StreamEvent,
    Topic,
    link_bucket,
)
from agentic_hl.venue.fault_values import (
    ErrorInstead,
    Fault,
    FramesLate,
    FramesMissing,
    HalfOpen,
    RepeatedSnapshot,
    SocketsDropped,
)
from tests.support.account_hand import OWNER, AccountHand
from tests.support.account_judge import AccountJudge
from tests.support.hyperliquid_desk import NothingRemembered
from tests.support.venue_room import COINS

__all__ = ["Bug", "FollowedNight", "play_account"]

_START = Instant(1_767_225_600_000 - 90_000)
"""Ninety seconds before a full hour, so that funding is paid in the midst of it."""

_TROUBLE_MS = 180_000
_CALM_MS = 600_000
_QUIET_MS = 60_000
_PATIENCE_MS = 30_000
_LOGS = ("userFills", "orderUpdates", "userEvents", "userFundings", "userNonFundingLedgerUpdates")
_QUESTIONS = ("userFillsByTime", "userFunding", "userNonFundingLedgerUpdates", "frontendOpenOrders",
              "clearinghouseState", "orderStatus", "exchangeStatus")  # fmt: skip


class Bug:
    """Mistakes that a feed can be made to make."""

    NONE = ""
    DEAF = "a gap counts as filled without a question"
    FORGETFUL = "what was told before a loss is forgotten with it"
    BLIND = "orders that rest no longer are not asked about"


class FollowedNight(NamedTuple):
    """What it ended with."""

    world: World
    judge: AccountJudge
    faults: list[str]


class _Buggy:
    # The shipped feed, with a mistake before it.
    def __init__(self, make: Callable[[], AccountFeed], bug: str) -> None:
        self._make = make
        self._feed = make()
        self._bug = bug

    @property
    def topics(self) -> tuple[Topic, ...]:
        return self._feed.topics

    def heard(self, event: StreamEvent) -> None:
        self._feed.heard(event)
        if self._bug == Bug.FORGETFUL and isinstance(event, LinkChanged) and not event.is_up:
            self._feed = self._make()

    async def fill(self, gap: GapNeeded) -> GapFilled | None:
        is_unread = self._bug == Bug.DEAF or (self._bug == Bug.BLIND and gap.topic.type == "orderUpdates")
        return GapFilled() if is_unread else await self._feed.fill(gap)


class _Stage:
    # The venue, the owner, and who follows the account.
    def __init__(self, world: World, bug: str) -> None:
        self.world = world
        self.chance = world.chance("account")
        self.place = SimulatedHyperliquid(world, account=OWNER.address)
        self.engine = self.place.venue.engine
        self.judge = AccountJudge(self.engine)
        self.hand = AccountHand()
        self._owner = self.place.connect("owner")
        link, budgets = self.place.connect("follower"), MemoryBudgets(world.clock)
        rest = HyperliquidRest(link, world.clock, world.entropy, IpBudget(budgets, world.clock, weight_bucket("here")))
        clock = VenueClock(rest, world.clock)
        clock.heard(world.clock.now())
        followed = FollowedAccount(address=OWNER.address, mode="default")
        tell, tell_stream = self.judge.tell, self.judge.tell_stream

        def make() -> AccountFeed:
            return AccountFeed(rest, followed, NothingRemembered(), clock.now, tell=tell, tell_stream=tell_stream)

        listeners = Listeners(_Buggy(make, bug))
        allowance = LinkAllowance(budgets, world.clock, link_bucket("here"))
        self.connection = Connection(link, world.clock, world.entropy, allowance, listeners)
        listeners.subscribe(self.connection)
        self._deeds = (
            *(self._trade, self._trade, self._trade, self._rest, self._rest, self._stop, self._cancel, self._cancel),
            *(self._move, self._move, self._pay, self._set_leverage),
            *(self._weather, self._cut, self._lose, self._refuse, self._spoil, self._spoil),
        )

    @property
    def ms(self) -> int:
        """Time since the world began."""
        return self.world.clock.boottime_ms() - 3_600_000

    async def play(self) -> list[str]:
        """Play trouble, then calm, and return what was wrong."""
        async with anyio.create_task_group() as self._tasks:
            self._tasks.start_soon(self.connection.run)
            while self.ms < _TROUBLE_MS:
                await self.world.clock.sleep(self.chance.between(100, 3_000) / 1_000)
                self._deeds[self.chance.below(len(self._deeds))]()
            self.place.inject(Weather())
            await self._calm_down()
            faults = self.judge.settled()
            self._tasks.cancel_scope.cancel()
        return faults

    async def _calm_down(self) -> None:
        quiet_since = self.ms
        while self.ms < min(quiet_since + _QUIET_MS, _TROUBLE_MS + _CALM_MS):
            await self.world.clock.sleep(0.5)
            told = self.judge.of(StreamTold)
            if not told or not told[-1].is_whole:
                quiet_since = self.ms

    # ── what the owner does ──────────────────────────────────────────────────────────────────────────────────────

    def _post(self, body: bytes) -> None:
        self._tasks.start_soon(self._owner.post, "/exchange", body, _PATIENCE_MS)

    def _now(self) -> int:
        return self.world.clock.now()

    def _mark(self, coin: str) -> Decimal:
        return self.engine.mark(COINS[coin])

    def _size(self) -> str:
        return f"{'-' if self.chance.happens(500) else ''}0.0{self.chance.between(1, 9)}"

    def _name(self) -> ClientOrderId | None:
        drawn = self.chance.below(1_000_000)
        return ClientOrderId(f"0x{drawn:032x}") if self.chance.happens(500) else None

    def _trade(self) -> None:
        size = self._size()
        price = int(self._mark("BTC")) + (-1_500 if size.startswith("-") else 1_500)
        self._post(self.hand.order(size, str(price), cloid=self._name(), now=self._now()))

    def _rest(self) -> None:
        size = self._size()
        away = self.chance.between(1, 1_500)
        price = int(self._mark("BTC")) + (away if size.startswith("-") else -away)
        self._post(self.hand.order(size, str(price), cloid=self._name(), rests=True, now=self._now()))

    def _stop(self) -> None:
        size = self._size()
        away = self.chance.between(100, 2_000)
        price = int(self._mark("BTC")) + (-away if size.startswith("-") else away)
        self._post(self.hand.stop(size, str(price), now=self._now()))

    def _cancel(self) -> None:
        live = list(self.engine.orders_of(OWNER.address))
        if live:
            self._post(self.hand.cancel(self.chance.pick(live).oid, now=self._now()))

    def _move(self) -> None:
        price = Decimal(self.chance.between(93_000, 97_000))
        self.place.venue.set_price("BTC", oracle=price, now=self.world.clock.now())

    def _pay(self) -> None:
        match self.chance.below(3):
            case 0:
                self._post(self.hand.withdraw(f"{self.chance.between(2, 90)}.5", now=self._now()))
            case 1:
                self._post(self.hand.send(f"{self.chance.between(1, 90)}", now=self._now()))
            case _:
                self.place.venue.deposit(OWNER.address, Decimal(self.chance.between(5, 500)), self._now())

    def _set_leverage(self) -> None:
        self._post(self.hand.leverage(self.chance.between(5, 25), now=self._now()))

    # ── what goes wrong ──────────────────────────────────────────────────────────────────────────────────────────

    def _weather(self) -> None:
        draw = self.chance.pick
        self.place.inject(
            Weather(
                lose=draw((0, 100, 300)),
                repeat=draw((0, 100)),
                garble=draw((0, 100, 300)),
                delay=draw((0, 200, 700)),
                delay_ms_max=draw((500, 3_000)),
            )
        )

    def _cut(self) -> None:
        self.place.inject(CutLink(for_ms=self.chance.between(500, 20_000), link=self.chance.pick(("", "follower"))))

    def _lose(self) -> None:
        kind = self.chance.pick(("subscribe", "subscriptionResponse", "pong"))
        way = Direction.REQUEST if kind == "subscribe" else Direction.REPLY
        self.place.inject(LoseMessage(direction=way, link="follower", of=kind))

    def _refuse(self) -> None:
        self.place.spoil(ErrorInstead(of=self.chance.pick(_QUESTIONS), status=502, count=self.chance.between(1, 8)))

    def _spoil(self) -> None:
        late = FramesLate(by_ms=self.chance.between(100, 5_000), channel=self.chance.pick(_LOGS))
        again = RepeatedSnapshot(channel=self.chance.pick(("userFills", "userFundings", "userNonFundingLedgerUpdates")))
        faults: tuple[Fault, ...] = (HalfOpen(), SocketsDropped(), again, again, late, late, FramesMissing())
        self.place.spoil(self.chance.pick(faults))


def play_account(seed: int, *, bug: str = Bug.NONE) -> FollowedNight:
    """Play one seed to its end."""
    world = World(seed, start=_START)

    async def main(world: World) -> FollowedNight:
        stage = _Stage(world, bug)
        return FollowedNight(world, stage.judge, await stage.play())

    return world.run(main)
