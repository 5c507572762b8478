"""Some minutes on the streams of the simulated Hyperliquid of a world: prices move, somebody trades, links fail."""

from decimal import Decimal
from typing import NamedTuple

import anyio

from agentic_core.ports.simulated_venue import CutLink, Direction, LoseMessage, Weather
from agentic_core.simulation.world import World, WorldClock
from agentic_hl.simulated import SimulatedHyperliquid
from agentic_hl.stream import FreshnessChanged
from agentic_hl.venue.fault_values import (
    ErrorInstead,
    Fault,
    FramesLate,
    HalfOpen,
    RepeatedSnapshot,
    SilentChannel,
    SocketsDropped,
)
from tests.support.markets import BTC, ETH
from tests.support.stream_follower import Bug, Doors, Follower
from tests.support.stream_trader import TRADER, Trader, fates_of, fills_of
from tests.support.venue_room import COINS

__all__ = ["StreamedNight", "play_streams"]

NAMES = (BTC, ETH)
_TROUBLE_MS = 180_000
_CALM_MS = 600_000
_SILENT_MS_MAX = 60_000
_TOLD_WITHIN_S = 10
_LOOK_S = 0.5
_PATIENCE_MS = 30_000
_QUESTIONS = ("metaAndAssetCtxs", "l2Book", "userFillsByTime", "historicalOrders")


class StreamedNight(NamedTuple):
    """What it ended with."""

    world: World
    follower: Follower
    faults: list[str]

    @property
    def recoveries(self) -> int:
        """How often something became fresh."""
        told = self.follower.judge.events
        return sum(isinstance(event, FreshnessChanged) and event.is_fresh for event in told)


class _Stage:
    # The venue, who follows it, and what is done to both.
    def __init__(self, world: World, bug: str) -> None:
        self.world = world
        self.chance = world.chance("streams")
        self.place = SimulatedHyperliquid(world, account=TRADER)
        link = self.place.connect("follower")
        self.clock: WorldClock = world.clock_ahead(self.chance.between(-3_000, 3_000))
        self.follower = Follower(Doors(link, link, self.clock, world.entropy), NAMES, TRADER, bug=bug)
        self.judge = self.follower.judge
        self._desk = self.place.connect("desk")
        self._trader = Trader()
        self._deeds = (
            *(self._move, self._move, self._trade, self._trade, self._trade),
            *(self._weather, self._cut, self._lose, self._silence, self._refuse, self._spoil, self._set_clock),
        )
        for symbol in NAMES:
            self.judge.moved(symbol, self.mark(symbol))

    @property
    def ms(self) -> int:
        """Time since the world began."""
        return self.world.clock.boottime_ms() - 3_600_000

    def mark(self, symbol: str) -> Decimal:
        """Return the mark that is so."""
        return self.place.venue.engine.mark(COINS[symbol])

    async def play(self) -> list[str]:
        """Play trouble, then calm, and return what was wrong."""
        async with anyio.create_task_group() as self._tasks:
            self._tasks.start_soon(self.follower.connection.run)
            self._tasks.start_soon(self._watch)
            while self.ms < _TROUBLE_MS:
                await self.world.clock.sleep(self.chance.between(100, 4_000) / 1_000)
                self._do()
            self.place.inject(Weather())
            await self._calm_down()
            self._move()
            await self.world.clock.sleep(_TOLD_WITHIN_S)
            await self._compare()
            self._tasks.cancel_scope.cancel()
        return self.judge.faults

    async def _calm_down(self) -> None:
        # What began in the last moment of trouble may still have to come to light.
        whole_since = self.ms
        while self.ms < min(whole_since + _SILENT_MS_MAX, _TROUBLE_MS + _CALM_MS):
            await self.world.clock.sleep(_LOOK_S)
            if not self.follower.is_whole():
                whole_since = self.ms

    async def _watch(self) -> None:
        told = 0
        while True:
            await self.world.clock.sleep(_LOOK_S)
            await self.follower.look()
            for event in self.judge.events[told:]:
                self.world.record("follower", type(event).__name__, told=str(event))
            told = len(self.judge.events)

    async def _compare(self) -> None:
        if not self.follower.is_whole():
            stale = [topic.type for topic in self.follower.topics if not self.follower.connection.is_fresh(topic)]
            self.judge.faults.append(f"still stale after {self.ms} ms: {stale}")
        believed = await self.follower.market.marks(NAMES)
        for symbol in NAMES:
            if believed[symbol].price != self.mark(symbol):
                self.judge.faults.append(f"{symbol} is believed at {believed[symbol].price}")
        engine = self.place.venue.engine
        self.judge.settled(fills_of(engine), fates_of(engine))
        self.world.record("follower", "booked", fills=str(self.judge.fills))

    # ── what is done ─────────────────────────────────────────────────────────────────────────────────────────────

    def _do(self) -> None:
        deed = self.chance.below(len(self._deeds))
        self._deeds[deed]()

    def _move(self) -> None:
        symbol = self.chance.pick(NAMES)
        low, high = (90_000, 100_000) if symbol == BTC else (3_000, 3_400)
        price = Decimal(self.chance.between(low, high))
        self.place.venue.set_price(symbol, oracle=price, now=self.world.clock.now())
        self.judge.moved(symbol, self.mark(symbol))

    def _trade(self) -> None:
        rests, sells = self.chance.happens(300), self.chance.happens(500)
        away = -1_500 if rests else 1_500
        price = int(self.mark(BTC)) + (-away if sells else away)
        size = f"{'-' if sells else ''}0.0{self.chance.between(1, 9)}"
        body = self._trader.order("BTC", size, str(price), now=self.world.clock.now(), rests=rests)
        self._tasks.start_soon(self._desk.post, "/exchange", body, _PATIENCE_MS)

    def _weather(self) -> None:
        draw = self.chance.pick
        weather = Weather(
            lose=draw((0, 100, 300)),
            repeat=draw((0, 100)),
            garble=draw((0, 100, 300)),
            delay=draw((0, 200, 700)),
            delay_ms_max=draw((500, 3_000)),
        )
        self.place.inject(weather)

    def _cut(self) -> None:
        self.place.inject(CutLink(for_ms=self.chance.between(500, 20_000), link=self.chance.pick(("", "follower"))))

    def _lose(self) -> None:
        kind = self.chance.pick(("subscribe", "subscriptionResponse", "pong"))
        way = Direction.REQUEST if kind == "subscribe" else Direction.REPLY
        self.place.inject(LoseMessage(direction=way, link="follower", of=kind))

    def _silence(self) -> None:
        channel, coin = self.chance.pick(("activeAssetCtx", "l2Book")), self.chance.pick(NAMES)
        self.place.spoil(SilentChannel(channel=channel, coin=coin, for_ms=self.chance.between(5_000, _SILENT_MS_MAX)))

    def _refuse(self) -> None:
        self.place.spoil(ErrorInstead(of=self.chance.pick(_QUESTIONS), status=502, count=self.chance.between(1, 12)))

    def _spoil(self) -> None:
        late = FramesLate(by_ms=self.chance.between(100, 5_000))
        faults: tuple[Fault, ...] = (HalfOpen(), SocketsDropped(), RepeatedSnapshot(), late)
        self.place.spoil(self.chance.pick(faults))

    def _set_clock(self) -> None:
        self.clock.step(self.chance.between(-60_000, 60_000))


def play_streams(seed: int, *, bug: str = Bug.NONE) -> StreamedNight:
    """Play one seed to its end."""
    world = World(seed)

    async def main(world: World) -> StreamedNight:
        stage = _Stage(world, bug)
        faults = await stage.play()
        return StreamedNight(world, stage.follower, faults)

    return world.run(main)
