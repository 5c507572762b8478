"""Our own client against our own venue over real sockets: never fresh before what was missed is read."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

import anyio
import pytest

from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import Instant
from agentic_core.system import SystemEntropy
from agentic_hl.rest import Answered
from agentic_hl.rest.httpx_transport import HttpxTransport
from agentic_hl.stream import FreshnessChanged, LinkChanged, coin_topic
from agentic_hl.stream.websockets_transport import WebsocketsTransport
from agentic_hl.venue.fault_values import ErrorInstead, Fault, HalfOpen, RepeatedSnapshot, SilentChannel, SocketsDropped
from agentic_hl.wire.messages.orders import OrderFate
from tests.support.clocks import VirtualClock
from tests.support.markets import BTC, ETH
from tests.support.stream_follower import Bug, Doors, Follower
from tests.support.stream_trader import TRADER, Trader, fates_of, fills_of
from tests.support.venue_room import COINS, VenueRoom, open_room

pytestmark = pytest.mark.anyio

NAMES = (BTC, ETH)
STEP_MS = 500
QUIET_S = 0.01
DEADLINE_S = 120.0
"""For everything that one test waits for, on a machine that has other work."""

BTC_MARK = coin_topic("activeAssetCtx", "BTC")


class Desk:
    """A follower whose time is the venue's: both pass in steps, and each step waits until the sockets are quiet."""

    def __init__(self, room: VenueRoom, clock: VirtualClock, http: HttpxTransport, *, bug: str) -> None:
        self.room = room
        self._clock = clock
        self._http = http
        self._trader = Trader()
        streams = WebsocketsTransport(f"ws://127.0.0.1:{room.port}/ws")
        self.follower = Follower(Doors(http, streams, clock, SystemEntropy()), NAMES, TRADER, bug=bug)
        self.judge = self.follower.judge
        for symbol in NAMES:
            self.judge.moved(symbol, self.venue_mark(symbol))

    async def until(self, holds: Callable[[], bool]) -> None:
        """Let time pass until something holds, and the judge look at every step."""
        with anyio.fail_after(DEADLINE_S):
            while not holds():
                await self.step()
        assert self.judge.faults == []

    async def whole(self) -> None:
        """Wait until everything is fresh."""
        await self.until(self.follower.is_whole)

    async def step(self, ms: int = STEP_MS) -> None:
        """Let time pass on both sides, and everything happen that comes of it."""
        self.room.pass_time(ms)
        await self._clock.let_pass(ms)
        while self.judge.in_flight or await self._hears():
            if self.judge.in_flight:
                await self.judge.news()
        await self.follower.look()

    async def _hears(self) -> bool:
        with anyio.move_on_after(QUIET_S):
            await self.judge.news()
            return True
        return False

    async def trade(self, size: str, price: str = "95100", *, rests: bool = False) -> None:
        """Send an order for BTC."""
        body = self._trader.order("BTC", size, price, now=self._clock.now(), rests=rests)
        answer = await self._http.post("/exchange", body, 20_000)
        assert isinstance(answer, Answered)
        assert b'"error"' not in answer.body
        assert answer.body.startswith(b'{"status":"ok"'), answer.body

    def move(self, symbol: Symbol, price: str) -> None:
        """Move a price at the venue."""
        self.judge.moved(symbol, Decimal(price))
        self.room.set_price(symbol, price)

    def venue_mark(self, symbol: Symbol) -> Decimal:
        """Return the mark that is so."""
        return self.room.ask(lambda venue: venue.engine.mark(COINS[symbol]))

    async def mark(self, symbol: Symbol) -> Decimal:
        """Return the mark that is believed."""
        return (await self.follower.market.marks([symbol]))[symbol].price

    async def settled(self) -> None:
        """Compare everything with the venue's books, once all is fresh and the newest state was told."""
        await self.whole()
        for _ in range(12):
            await self.step()
        assert [await self.mark(symbol) for symbol in NAMES] == [self.venue_mark(symbol) for symbol in NAMES]
        book = await self.follower.market.book(BTC)
        bids, asks = self.room.ask(lambda venue: venue.engine.book(COINS["BTC"]))
        assert book is not None
        assert (book.bids[0].price, book.asks[0].price) == (bids[0].px, asks[0].px)
        self.judge.settled(*self.room.ask(lambda venue: (fills_of(venue.engine), fates_of(venue.engine))))
        assert self.judge.faults == []


@asynccontextmanager
async def followed(bug: str = Bug.NONE) -> AsyncIterator[Desk]:
    """Serve a venue where the trader has money, and follow it."""
    with open_room() as room:
        room.deposit(TRADER, "100000")
        clock = VirtualClock(Instant(room.now))
        async with HttpxTransport(room.url) as http, anyio.create_task_group() as tasks:
            desk = Desk(room, clock, http, bug=bug)
            tasks.start_soon(desk.follower.connection.run)
            yield desk
            tasks.cancel_scope.cancel()


def lost(desk: Desk) -> list[str]:
    """Return why links were lost."""
    return [event.reason for event in desk.judge.events if isinstance(event, LinkChanged) and not event.is_up]


async def test_stream_of_the_venue_becomes_fresh_and_prices_that_move_arrive() -> None:
    """Over one link, without a question for them."""
    async with followed() as desk:
        await desk.whole()
        for price in ("96000", "97123"):
            desk.move(BTC, price)
            desk.move(ETH, "3300.5")
            await desk.settled()
        assert desk.judge.links == [True]


@pytest.mark.parametrize("fault", [SocketsDropped(), HalfOpen()], ids=["socketsDropped", "halfOpen"])
async def test_link_that_fails_is_replaced_and_nothing_is_fresh_before_rest_answers(fault: Fault) -> None:
    """Prices move while it is gone, and the first questions after it end in a 502."""
    async with followed() as desk:
        await desk.whole()
        desk.room.spoil(ErrorInstead(of="metaAndAssetCtxs", status=502, count=7))
        desk.room.spoil(ErrorInstead(of="l2Book", status=502, count=7))
        desk.room.spoil(fault)
        desk.move(BTC, "91000")
        await desk.until(lambda: False in desk.judge.links)
        assert not desk.follower.is_whole()
        desk.move(ETH, "3000")
        await desk.settled()
        assert desk.judge.links == [True, False, True]
        assert ("no pong" in lost(desk)[0]) is isinstance(fault, HalfOpen)


async def test_channel_that_falls_silent_is_stale_alone_until_it_speaks_again() -> None:
    """It is asked for again on the same link, and what it missed is read."""
    async with followed() as desk:
        await desk.whole()
        desk.room.spoil(SilentChannel(channel="activeAssetCtx", coin="BTC", for_ms=40_000))
        desk.room.spoil(ErrorInstead(of="metaAndAssetCtxs", status=502, count=3))
        desk.move(BTC, "90000")
        await desk.until(lambda: not desk.follower.connection.is_fresh(BTC_MARK))
        assert desk.follower.connection.is_fresh(coin_topic("activeAssetCtx", "ETH"))
        await desk.settled()
        assert desk.judge.links == [True]
        changes = [event for event in desk.judge.events if isinstance(event, FreshnessChanged)]
        assert [event.is_fresh for event in changes if event.topic == BTC_MARK] == [True, False, True]


async def test_fills_come_once_each_over_drops_and_orders_are_what_they_are() -> None:
    """Some are streamed, some happen while there is no link, some come in snapshots again and some by REST alone."""
    async with followed() as desk:
        await desk.whole()
        await desk.trade("0.01")
        await desk.trade("0.02", "90000", rests=True)
        await desk.settled()
        for price, silent_ms in (("94000", 1), ("89000", 10_000)):
            silence = SilentChannel(channel="userFills", user=TRADER, for_ms=silent_ms)
            desk.room.spoil(ErrorInstead(of="userFillsByTime", status=502, count=6))
            desk.room.spoil(silence)  # confirmed again, but without a snapshot
            desk.room.spoil(SocketsDropped(user=TRADER))
            await desk.until(lambda: desk.judge.links[-1] is False)
            await desk.trade("0.01")
            desk.move(BTC, price)
            await desk.trade("-0.005", "80000")
            await desk.settled()
            await desk.trade("0.003")
            desk.room.spoil(RepeatedSnapshot())
            await desk.settled()
        assert len(desk.judge.fills) == len(set(desk.judge.fills)) == 8
        assert set(desk.judge.orders.values()) == {OrderFate.FILLED}
        assert len(desk.judge.orders) == 8


@pytest.mark.parametrize("bug", [Bug.HASTY, Bug.DEAF, Bug.HEEDLESS])
async def test_follower_with_a_planted_bug_is_caught(bug: str) -> None:
    """By the same judge."""
    async with followed(bug) as desk:
        await desk.step()
        await desk.trade("0.01")
        if bug == Bug.DEAF:
            desk.room.spoil(ErrorInstead(of="userFillsByTime", status=502, count=6))
        desk.room.spoil(SocketsDropped())
        with anyio.fail_after(DEADLINE_S):
            while not desk.judge.faults:
                await desk.step()
        assert ("twice" in desk.judge.faults[0]) is (bug == Bug.HEEDLESS)
