"""A process's way to the venue, which writes down everything that leaves."""

import json
from collections.abc import Callable
from typing import NamedTuple

from agentic_core.domain import ClientOrderId
from agentic_hl.rest import HttpOutcome
from agentic_hl.rest.transport import NeverLeft, Unclear
from agentic_hl.simulated import SimulatedLink
from agentic_hl.stream.transport import LinkEnded, NotConnected, StreamLink
from tests.unattended.vitals import Steps, Vitals

__all__ = ["Sent", "WatchedLink"]

_GONE = "the process is gone"


class Sent(NamedTuple):
    """One signed request as it left."""

    at: int
    process: int
    epoch: int
    until: int
    """Until when its process could rely on its lease, by what it was told of that."""
    kind: str
    opens: tuple[ClientOrderId, ...]
    """Orders in it that may make a position larger."""
    was_held: bool
    """Whether the process was stopped with the request already in its hand."""


Leaves = Callable[[str, tuple[ClientOrderId, ...], bool], None]


class WatchedLink:
    """Both transports of the live adapter."""

    def __init__(self, link: SimulatedLink, vitals: Vitals, steps: Steps, leaves: Leaves) -> None:
        self._link = link
        self._vitals = vitals
        self._steps = steps
        self._leaves = leaves

    async def post(self, path: str, body: bytes, timeout_ms: int) -> HttpOutcome:
        """Post, unless the process is dead by then."""
        self._steps.step()
        was_held = await self._vitals.awake()
        if self._vitals.is_dead:
            return NeverLeft(cause=_GONE)
        if path == "/exchange":
            kind, opens = _read(body)
            self._leaves(kind, opens, was_held)
        outcome = await self._link.post(path, body, timeout_ms)
        await self._vitals.awake()
        self._steps.step()
        return outcome if self._vitals.died_at is None else Unclear(cause=_GONE)

    async def connect(self) -> StreamLink | NotConnected:
        """Open a stream."""
        await self._vitals.awake()
        if self._vitals.is_dead:
            return NotConnected(cause=_GONE)
        link = await self._link.connect()
        return link if isinstance(link, NotConnected) else _WatchedStream(link, self._vitals)


class _WatchedStream:
    def __init__(self, link: StreamLink, vitals: Vitals) -> None:
        self._link = link
        self._vitals = vitals

    async def transmit(self, text: bytes) -> None:
        await self._vitals.awake()
        if not self._vitals.is_dead:
            await self._link.transmit(text)

    async def receive(self) -> bytes | LinkEnded:
        frame = await self._link.receive()
        await self._vitals.awake()
        return frame

    async def aclose(self) -> None:
        await self._link.aclose()


def _read(body: bytes) -> tuple[str, tuple[ClientOrderId, ...]]:
    action = json.loads(body)["action"]
    orders = action["orders"] if action["type"] == "order" else ()
    return action["type"], tuple(ClientOrderId(order["c"]) for order in orders if not order["r"])
