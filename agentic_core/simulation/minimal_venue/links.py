"""Links between processes and the venue, and what goes wrong on them."""

from collections.abc import Callable

import anyio

from agentic_core.ports.simulated_venue import Direction, LinkFault
from agentic_core.simulation.minimal_venue.messages import (
    NoReply,
    NothingLeft,
    Reply,
    Request,
    ServerError,
)
from agentic_core.simulation.world import World

__all__ = ["MinimalLink", "Network"]

_PATIENCE_MS = 5_000
_BAD_GATEWAY = 502


class MinimalLink:
    """One process's way to the venue."""

    def __init__(self, name: str, network: "Network") -> None:
        """Take the name that faults may use."""
        self._name = name
        self._network = network

    async def ask(self, request: Request, *, patience_ms: int = _PATIENCE_MS) -> Reply:
        """Put a request on its way and wait for what comes back; what is on its way outlives the caller."""
        arrived = anyio.Event()
        replies: list[Reply] = []

        def take(reply: Reply) -> None:
            replies.append(reply)
            arrived.set()

        if not self._network.carry(self._name, request, take):
            return NothingLeft(cause=f"link {self._name} is cut")
        with anyio.move_on_after(patience_ms / 1000):
            await arrived.wait()
        return replies[0] if replies else NoReply(after_ms=patience_ms)


class Network:
    """Carries requests and replies, and applies faults: those of the script first, then those of the weather."""

    def __init__(self, world: World, serve: Callable[[Request], Reply]) -> None:
        """Take the world that messages travel in, and what serves them."""
        self._world = world
        self._serve = serve
        self._faults = world.link_faults()

    def inject(self, fault: LinkFault) -> None:
        """Make something go wrong from now on."""
        self._faults.inject(fault)

    def carry(self, link: str, request: Request, take: Callable[[Reply], None]) -> bool:
        """Put a request on its way; False means that nothing left."""
        if self._faults.is_cut(link):
            self._record(link, "cannot send", request)
            return False
        self._record(link, "sends", request)
        fate = self._faults.of_exchange(Direction.REQUEST, link, _kind(request))
        if fate.lost:
            self._record("network", "loses the request", request)
        else:
            self._world.after(fate.delay_ms, lambda: self._arrive(link, request, take))
        if fate.copy_after_ms is not None:
            self._record("network", "repeats the request", request)
            self._world.after(fate.delay_ms + fate.copy_after_ms, lambda: self._arrive(link, request, take))
        return True

    def _arrive(self, link: str, request: Request, take: Callable[[Reply], None]) -> None:
        reply = self._serve(request)
        fate = self._faults.of_exchange(Direction.REPLY, link, _kind(request))
        if fate.garbled:
            self._record("network", "answers with an error in place of the venue", request)
            reply = ServerError(status=_BAD_GATEWAY)
        if fate.lost:
            self._record("network", "loses the reply", request)
            return
        answered = reply
        self._world.after(fate.delay_ms, lambda: take(answered))

    def _record(self, who: str, what: str, request: Request) -> None:
        self._world.record(who, what, kind=_kind(request))


def _kind(request: Request) -> str:
    return str(request.__struct_config__.tag)
