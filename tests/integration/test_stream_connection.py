"""A connection over real websockets: it comes back, fills its gaps before anything is fresh, and repeats nothing."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import anyio
import msgspec
import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from agentic_core.domain import Instant
from agentic_core.system import SystemClock, SystemEntropy
from agentic_hl.rest import MemoryBudgets
from agentic_hl.stream import (
    Connection,
    Deliver,
    GapFilled,
    GapNeeded,
    LinkAllowance,
    LinkChanged,
    StreamEvent,
    account_topic,
    coin_topic,
    link_bucket,
)
from agentic_hl.stream.websockets_transport import WebsocketsTransport
from agentic_hl.wire.messages.channels import FillsFrame
from agentic_hl.wire.messages.fills import WireFill
from agentic_hl.wire.messages.reading import Reader, Unreadable
from tests.support.wire_answers import FILL, MASTER, Json, encoded
from tests.support.wire_frames import frame_text

pytestmark = pytest.mark.anyio

FILLS, QUOTE = account_topic("userFills", MASTER), coin_topic("bbo", "BTC")
SPEED = 10
"""How much faster than the wall's our clock runs, so that nobody waits for real pings."""

_fills = Reader(tuple[WireFill, ...], "userFills")


class HurriedClock:
    """The real clock, many times as fast."""

    def __init__(self) -> None:
        self._clock = SystemClock()

    def now(self) -> Instant:
        """Return the wall's time."""
        return self._clock.now()

    def boottime_ms(self) -> int:
        """Return the time since boot, hurried."""
        return self._clock.boottime_ms() * SPEED

    async def sleep(self, seconds: float) -> None:
        """Wait a fraction of the time."""
        await self._clock.sleep(seconds / SPEED)


class Venue:
    """Answers subscriptions and pings, and has the fills of one account."""

    def __init__(self) -> None:
        self.fills: list[dict[str, Json]] = []
        self.links: list[ServerConnection] = []
        self.is_deaf = False
        self.turned_away = 0
        self.turns_away = 0

    def trade(self) -> None:
        """Let a fill happen that nobody is told of."""
        number = len(self.fills) + 1
        self.fills.append({**FILL, "tid": number, "time": 1_785_000_000_000 + number})

    async def tell(self) -> None:
        """Tell the newest fill to whoever is linked."""
        for link in self.links:
            await link.send(frame_text("userFills", {"user": MASTER, "fills": self.fills[-1:]}).decode())

    async def drop(self) -> None:
        """Cut every link without a word."""
        for link in self.links:
            link.transport.abort()
        self.links.clear()

    def admit(self, link: ServerConnection, request: Request) -> Response | None:
        """Turn some away at the door."""
        if self.turned_away < self.turns_away:
            self.turned_away += 1
            return link.respond(HTTPStatus.TOO_MANY_REQUESTS, "null")
        return None

    async def handle(self, link: ServerConnection) -> None:
        """Serve one link."""
        self.links.append(link)
        try:
            await link.send("Websocket connection established.")
            async for text in link:
                await self._answer(link, msgspec.json.decode(text))
        except ConnectionClosed:
            return

    async def _answer(self, link: ServerConnection, request: dict[str, Any]) -> None:
        if self.is_deaf:
            return
        if request["method"] == "ping":
            await link.send('{"channel":"pong"}')
            return
        await link.send(frame_text("subscriptionResponse", request).decode())
        if request["subscription"]["type"] == "userFills":
            snapshot = {"user": MASTER, "isSnapshot": True, "fills": self.fills[::-1]}
            await link.send(frame_text("userFills", snapshot).decode())


class Listener:
    """Writes down what the stream tells and fills gaps from the venue's books."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._news = anyio.Event()
        self.connection: Connection | None = None
        self.events: list[StreamEvent] = []
        self.gaps: list[GapNeeded] = []
        self.booked: list[int] = []
        self.failures = 0

    def heard(self, event: StreamEvent) -> None:
        """Take an event."""
        self.events.append(event)
        if isinstance(event, Deliver) and isinstance(event.frame, FillsFrame):
            self.booked += [fill.tid for fill in event.frame.payload.fills]
        self._news.set()

    async def fill(self, gap: GapNeeded) -> GapFilled | None:
        """Read what was missed, unless it is to fail."""
        self.gaps.append(gap)
        if self.failures:
            self.failures -= 1
            return None
        found = _fills.read(encoded([fill for fill in self._venue.fills if int(str(fill["time"])) >= (gap.since or 0)]))
        assert not isinstance(found, Unreadable)
        if gap.topic == FILLS and self.connection is not None:
            self.booked += [fill.tid for fill in self.connection.admit(FILLS, found) if isinstance(fill, WireFill)]
        self._news.set()
        return GapFilled()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds, for half a minute at most."""
        with anyio.fail_after(30):
            while not holds():
                self._news = anyio.Event()
                await self._news.wait()

    def links(self) -> list[bool]:
        """Return what became of links, in order."""
        return [event.is_up for event in self.events if isinstance(event, LinkChanged)]


@asynccontextmanager
async def served(venue: Venue, port: int = 0) -> AsyncIterator[int]:
    """Serve a venue and yield its port."""
    server: Server
    async with serve(
        venue.handle, "127.0.0.1", port, process_request=venue.admit, ping_interval=None, close_timeout=1
    ) as server:
        yield next(iter(server.sockets)).getsockname()[1]


@asynccontextmanager
async def connected(venue: Venue, port: int, *, message_max: int = 1_000_000) -> AsyncIterator[Listener]:
    """Keep a connection to a port of this machine alive, with two topics wanted."""
    listener, clock = Listener(venue), HurriedClock()
    transport = WebsocketsTransport(f"ws://127.0.0.1:{port}/ws", message_max_bytes=message_max)
    allowance = LinkAllowance(MemoryBudgets(clock), clock, link_bucket("here"))
    connection = listener.connection = Connection(transport, clock, SystemEntropy(), allowance, listener)
    connection.want(FILLS)
    connection.want(QUOTE)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(connection.run)
        yield listener
        tasks.cancel_scope.cancel()


def fresh(listener: Listener) -> Callable[[], bool]:
    """Return a question whether the fills are fresh."""
    assert listener.connection is not None
    connection = listener.connection
    return lambda: connection.is_fresh(FILLS)


def linked_anew(listener: Listener) -> Callable[[], bool]:
    """Return a question whether another link was made since now."""
    ups = listener.links().count(True)
    return lambda: listener.links().count(True) > ups


async def test_stream_is_fresh_once_its_gap_was_filled() -> None:
    """Neither the snapshot nor the confirmation is enough; each fill is booked once."""
    venue = Venue()
    venue.trade()
    async with served(venue) as port, connected(venue, port) as listener:
        await listener.until(fresh(listener))
        venue.trade()
        await venue.tell()
        await listener.until(lambda: listener.booked == [1, 2])
        assert [gap.since for gap in listener.gaps if gap.topic == FILLS] == [None]


async def test_dropped_link_comes_back_and_nothing_is_lost_or_told_twice() -> None:
    """What happened in between is read; the snapshot that is repeated brings nothing."""
    venue = Venue()
    venue.trade()
    async with served(venue) as port, connected(venue, port) as listener:
        await listener.until(fresh(listener))
        for _ in range(3):
            is_anew = linked_anew(listener)
            await venue.drop()
            venue.trade()
            await listener.until(is_anew)
            await listener.until(fresh(listener))
        await listener.until(lambda: listener.booked == [1, 2, 3, 4])
        assert listener.links() == [True, False, True, False, True, False, True]
        assert [gap.since is None for gap in listener.gaps if gap.topic == FILLS] == [True, False, False, False]


async def test_gap_that_cannot_be_read_keeps_the_stream_stale() -> None:
    """It is asked for again until it can."""
    venue = Venue()
    async with served(venue) as port, connected(venue, port) as listener:
        listener.failures = 3
        await listener.until(fresh(listener))
        assert len(listener.gaps) >= 4


async def test_link_without_pong_is_replaced() -> None:
    """The socket is open and the venue reads it, but says nothing."""
    venue = Venue()
    async with served(venue) as port, connected(venue, port) as listener:
        await listener.until(fresh(listener))
        venue.is_deaf = True
        await listener.until(lambda: False in listener.links())
        venue.is_deaf = False
        await listener.until(lambda: listener.links().count(True) >= 2)
        await listener.until(fresh(listener))
        lost = [event.reason for event in listener.events if isinstance(event, LinkChanged) and not event.is_up]
        assert lost[0] == "no pong within 10000 ms"


async def test_venue_that_is_away_or_turns_links_away_is_tried_again() -> None:
    """Until it takes one."""
    venue = Venue()
    venue.turns_away = 2
    async with served(venue) as port:
        pass
    async with connected(venue, port) as listener:
        await listener.until(lambda: listener.links().count(False) >= 2)
        async with served(venue, port):
            await listener.until(fresh(listener))
        assert venue.turned_away == 2


async def test_message_that_is_too_long_costs_the_link_and_not_the_process() -> None:
    """A megabyte where a thousandth is allowed."""
    venue = Venue()
    async with served(venue) as port, connected(venue, port, message_max=10_000) as listener:
        await listener.until(fresh(listener))
        await venue.links[0].send("x" * 1_000_000)
        await listener.until(lambda: listener.links().count(True) >= 2)
        await listener.until(fresh(listener))
