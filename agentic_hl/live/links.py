"""The ways to the venue, and what the process stands on."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias

import msgspec

from agentic_core.ports.budgets import BudgetLedger
from agentic_core.ports.clock import Clock
from agentic_core.ports.entropy import Entropy
from agentic_core.ports.environment import Environment
from agentic_hl.rest.httpx_transport import HttpxTransport
from agentic_hl.rest.transport import HttpTransport
from agentic_hl.stream import StreamTransport
from agentic_hl.stream.websockets_transport import WebsocketsTransport
from agentic_hl.wire.network import Network

__all__ = ["Machine", "OpenWays", "VenueAddress", "Ways", "real_ways"]


class VenueAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a venue is, and for which network it is signed."""

    network: Network
    rest_url: str
    stream_url: str

    @classmethod
    def of(cls, network: Network) -> "VenueAddress":
        """Return the venue's own address of a network."""
        return cls(network=network, rest_url=network.rest_url, stream_url=network.stream_url)


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """How requests and streams reach the venue."""

    http: HttpTransport
    stream: StreamTransport


OpenWays: TypeAlias = Callable[[VenueAddress], AbstractAsyncContextManager[Ways]]
"""Opens the ways to a venue."""


@asynccontextmanager
async def real_ways(address: VenueAddress) -> AsyncIterator[Ways]:
    """Yield ways over real sockets."""
    async with HttpxTransport(address.rest_url) as http:
        yield Ways(http=http, stream=WebsocketsTransport(address.stream_url))


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What the process stands on."""

    clock: Clock
    entropy: Entropy
    environment: Environment
    budgets: BudgetLedger
    """Shared by every process behind the same address of the internet."""
    address: str = "here"
    """How these processes name that address."""
    open_ways: OpenWays = real_ways
