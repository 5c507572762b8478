"""Every broker on a fresh account of 10,000 dollars at ten times; BTC stands at 100 and trades there to any depth."""

import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from decimal import Decimal
from typing import Protocol

from agentic_core.brokers.paper import PaperTerms
from agentic_core.domain import Instant, Price
from agentic_core.ports.broker import Broker
from agentic_hl.rest import HttpOutcome, HttpTransport, NeverLeft
from agentic_hl.rest.httpx_transport import HttpxTransport
from tests.support.hyperliquid_desk import HyperliquidDesk
from tests.support.markets import AT, BTC, Paper
from tests.support.paper_market import PaperPlace, PathMarket
from tests.support.served_here import served

__all__ = ["BROKERS", "BrokerDesk", "SocketDesk", "socket_desk"]

_STEP_MS = 1_000


class BrokerDesk(Protocol):
    """A broker, and the market behind it."""

    @property
    def broker(self) -> Broker:
        """What is judged."""

    @property
    def is_remote(self) -> bool:
        """Whether there is a way to the venue that can be cut."""

    def set(self, price: str) -> None:
        """Move the mark and a deep book of BTC to one price."""

    async def move(self, price: str) -> None:
        """Move them, and let what rests meet them."""

    def cut(self) -> None:
        """Let nothing that is sent leave."""

    def mend(self) -> None:
        """Let it leave again."""


class _PaperDesk(Paper):
    # Nothing is between the account and whoever trades it.
    is_remote = False

    async def move(self, price: str) -> None:
        self.set(price)
        await self.broker.advance(Instant(self.ledger.as_of + _STEP_MS))

    def cut(self) -> None:
        raise AssertionError("there is nothing to cut")

    def mend(self) -> None:
        raise AssertionError("there is nothing to mend")


class _PaperVenueDesk:
    # The paper account of a runner, at a market that is set by hand.
    is_remote = False

    def __init__(self, place: PaperPlace, broker: Broker) -> None:
        self._place = place
        self.broker = broker

    def set(self, price: str) -> None:
        self._place.market.fixed[BTC] = Price(Decimal(price))

    async def move(self, price: str) -> None:
        self.set(price)
        self._place.market.at = Instant(self._place.market.at + _STEP_MS)
        await self.broker.account()

    def cut(self) -> None:
        raise AssertionError("there is nothing to cut")

    def mend(self) -> None:
        raise AssertionError("there is nothing to mend")


class _InProcessDesk(HyperliquidDesk):
    is_remote = True

    async def move(self, price: str) -> None:
        self.set(price)

    def cut(self) -> None:
        self.instead["/exchange"] = NeverLeft(cause="no route")

    def mend(self) -> None:
        self.instead.clear()


class SocketDesk(HyperliquidDesk):
    """The live broker over HTTP, the venue behind a socket of this machine."""

    is_remote = True

    def __init__(self, line: HttpTransport, nowhere: HttpTransport) -> None:
        """Take the way to the venue, and one to a port where nobody listens."""
        self._line, self._nowhere = line, nowhere
        self._is_cut = False
        super().__init__()

    async def post(self, path: str, body: bytes, timeout_ms: int) -> HttpOutcome:
        """Post over the socket."""
        self.posted.append((path, body))
        return await (self._nowhere if self._is_cut else self._line).post(path, body, timeout_ms)

    async def move(self, price: str) -> None:
        """Move the mark and a deep book of BTC to one price; what is triggered executes there."""
        self.set(price)

    def cut(self) -> None:
        """Let every connection be refused."""
        self._is_cut = True

    def mend(self) -> None:
        """Let them reach the venue again."""
        self._is_cut = False


class _Later:
    # Stands for the way to a venue that is served only once it is there.
    def __init__(self) -> None:
        self.http: HttpTransport | None = None

    async def post(self, path: str, body: bytes, timeout_ms: int) -> HttpOutcome:
        assert self.http is not None, "the venue is served before anything is sent"
        return await self.http.post(path, body, timeout_ms)


def _silent_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@asynccontextmanager
async def socket_desk() -> AsyncIterator[SocketDesk]:
    """Serve a venue, and yield the broker that reaches it over sockets alone."""
    line = _Later()
    async with HttpxTransport(f"http://127.0.0.1:{_silent_port()}") as nowhere:
        desk = SocketDesk(line, nowhere)
        async with served(desk.venue, desk.clock) as url, HttpxTransport(url) as http:
            line.http = http
            yield desk


@asynccontextmanager
async def _paper() -> AsyncIterator[BrokerDesk]:
    yield _PaperDesk(taker_rate="0.00045")


@asynccontextmanager
async def _paper_venue() -> AsyncIterator[BrokerDesk]:
    place = PaperPlace(PathMarket({}), terms=PaperTerms(slippage_bps=Decimal(0)), leverage=10)
    place.market.at = AT
    place.market.fixed[BTC] = Price(Decimal(100))
    yield _PaperVenueDesk(place, (await place.open()).broker)


@asynccontextmanager
async def _in_process() -> AsyncIterator[BrokerDesk]:
    yield _InProcessDesk()


BROKERS: Mapping[str, Callable[[], AbstractAsyncContextManager[BrokerDesk]]] = {
    "hyperliquid": _in_process,
    "hyperliquid-sockets": socket_desk,
    "paper": _paper,
    "paper-venue": _paper_venue,
}
"""Every implementation, and every way to it."""
