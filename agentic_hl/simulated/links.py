"""A process's way to the venue: the transports that the live adapter takes, over a simulated network."""

from collections import deque
from collections.abc import Callable
from typing import Protocol

import anyio

from agentic_core.ports.simulated_venue import Direction
from agentic_hl.rest.transport import Answered, HttpOutcome, NeverLeft, Unclear
from agentic_hl.simulated.surroundings import LinkFaults, Surroundings
from agentic_hl.stream.transport import LinkEnded, NotConnected
from agentic_hl.venue.commits import Answer, asked_kind, summarise

__all__ = ["Ground", "SimulatedLink", "SimulatedStream"]

_BAD_GATEWAY = Answered(status=502, body=b"<html><body><h1>502</h1></body></html>", content_type="text/html")
_CUT = "the link is cut"


class Ground(Protocol):
    """The venue's end of all links."""

    def serve(self, link: str, path: str, body: bytes, answer: Callable[[Answer], None]) -> None:
        """Take a request that arrived."""
        ...

    def open(self, stream: "SimulatedStream") -> int | None:
        """Open a connection for a stream, and return its number, or None where it is refused."""
        ...

    def hear(self, number: int, text: bytes) -> None:
        """Take a message that arrived on a stream."""
        ...

    def hang_up(self, number: int) -> None:
        """Take note that a stream was closed from the other side."""
        ...


class SimulatedLink:
    """One process's link: it posts like the HTTP transport and connects like the stream transport."""

    def __init__(self, name: str, world: Surroundings, faults: LinkFaults, ground: Ground) -> None:
        """Take the name that faults may use."""
        self.name = name
        self._world = world
        self._faults = faults
        self._ground = ground

    async def post(self, path: str, body: bytes, timeout_ms: int) -> HttpOutcome:
        """Put a request on its way and wait for what comes back; what is on its way outlives the caller."""
        arrived = anyio.Event()
        outcomes: list[Answered] = []

        def take(outcome: Answered) -> None:
            outcomes.append(outcome)
            arrived.set()

        if not self._leave(path, body, take):
            return NeverLeft(cause=_CUT)
        with anyio.move_on_after(timeout_ms / 1000):
            await arrived.wait()
        return outcomes[0] if outcomes else Unclear(cause=f"no answer within {timeout_ms} ms", timed_out=True)

    async def connect(self) -> "SimulatedStream | NotConnected":
        """Open a stream."""
        if self._faults.is_cut(self.name):
            return NotConnected(cause=_CUT)
        stream = SimulatedStream(self.name, self._world, self._faults, self._ground)
        return stream if stream.opened() else NotConnected(cause="the venue takes no more connections")

    def _leave(self, path: str, body: bytes, take: Callable[[Answered], None]) -> bool:
        kind = summarise(body).kind if path == "/exchange" else asked_kind(body)
        if self._faults.is_cut(self.name):
            self._world.record(self.name, "cannot send", kind=kind)
            return False
        self._world.record(self.name, "sends", kind=kind)
        fate = self._faults.of_exchange(Direction.REQUEST, self.name, kind)
        arrive = _Arrival(self, kind, path, body, take)
        if fate.lost:
            self._world.record("network", "loses the request", kind=kind)
        else:
            self._world.after(fate.delay_ms, arrive)
        if fate.copy_after_ms is not None:
            self._world.record("network", "repeats the request", kind=kind)
            self._world.after(fate.delay_ms + fate.copy_after_ms, arrive)
        return True

    def arrive(self, kind: str, path: str, body: bytes, take: Callable[[Answered], None]) -> None:
        """Hand a request to the venue, and put its reply on the way back."""

        def answer(given: Answer) -> None:
            fate = self._faults.of_exchange(Direction.REPLY, self.name, kind)
            if given.reply is None or fate.lost:
                self._world.record("network", "loses the reply", kind=kind)
                return
            reply = given.reply
            outcome = Answered(status=reply.status, body=reply.body, content_type=reply.content_type)
            if fate.garbled:
                self._world.record("network", "answers with an error in place of the venue", kind=kind)
                outcome = _BAD_GATEWAY
            self._world.after(fate.delay_ms + given.late_ms, lambda: take(outcome))

        self._ground.serve(self.name, path, body, answer)


class _Arrival:
    # A request on its way; the same one may arrive twice.
    def __init__(
        self, link: SimulatedLink, kind: str, path: str, body: bytes, take: Callable[[Answered], None]
    ) -> None:
        self._link = link
        self._request = (kind, path, body, take)

    def __call__(self) -> None:
        self._link.arrive(*self._request)


class SimulatedStream:
    """One websocket of a process, without the socket."""

    def __init__(self, name: str, world: Surroundings, faults: LinkFaults, ground: Ground) -> None:
        """Take the link's name."""
        self.name = name
        self._world = world
        self._faults = faults
        self._ground = ground
        self._number: int | None = None
        self._arrived: deque[bytes] = deque()
        self._ended: LinkEnded | None = None
        self._changed = anyio.Event()
        self._ways = {Direction.REQUEST: _Way(world, self._reach), Direction.REPLY: _Way(world, self._arrive)}

    def opened(self) -> bool:
        """Open it at the venue."""
        self._number = self._ground.open(self)
        return self._number is not None

    async def transmit(self, text: bytes) -> None:
        """Put a message on its way; over an ended stream nothing goes."""
        if self._ended is not None or self._number is None:
            return
        if self._faults.is_cut(self.name):
            self.end(_CUT)
            return
        fate = self._faults.of_stream(Direction.REQUEST, self.name, _method(text))
        if not fate.lost:
            self._ways[Direction.REQUEST].put(text, fate.delay_ms)

    async def receive(self) -> bytes | LinkEnded:
        """Return the next message, or the end."""
        while not self._arrived and self._ended is None:
            self._changed = anyio.Event()
            await self._changed.wait()
        if self._arrived:
            return self._arrived.popleft()
        assert self._ended is not None
        return self._ended

    async def aclose(self) -> None:
        """End it from this side."""
        self.end("closed here")

    def deliver(self, content: bytes) -> None:
        """Put a frame of the venue on its way."""
        if self._faults.is_cut(self.name):
            self.end(_CUT)
            return
        fate = self._faults.of_stream(Direction.REPLY, self.name, _channel(content))
        if not fate.lost:
            self._ways[Direction.REPLY].put(content, fate.delay_ms)

    def end(self, cause: str) -> None:
        """End it; what has arrived may still be read."""
        if self._ended is None:
            self._ended = LinkEnded(cause=cause)
            if self._number is not None:
                self._ground.hang_up(self._number)
            self._changed.set()

    def _arrive(self, content: bytes) -> None:
        if self._ended is None:
            self._arrived.append(content)
            self._changed.set()

    def _reach(self, text: bytes) -> None:
        if self._ended is None and self._number is not None:
            self._ground.hear(self._number, text)


class _Way:
    # One direction of a stream: what is due at the same moment still arrives in the order it left in.
    def __init__(self, world: Surroundings, arrive: Callable[[bytes], None]) -> None:
        self._world = world
        self._arrive = arrive
        self._under_way: deque[bytes] = deque()
        self._latest = 0

    def put(self, content: bytes, delay_ms: int) -> None:
        now = self._world.clock.boottime_ms()
        self._latest = max(self._latest, now + delay_ms)
        self._under_way.append(content)
        self._world.after(self._latest - now, lambda: self._arrive(self._under_way.popleft()))


def _method(text: bytes) -> str:
    return _after(text, b'"method"')


def _channel(content: bytes) -> str:
    return _after(content, b'"channel"')


def _after(text: bytes, key: bytes) -> str:
    # The value of a text key, found without reading the whole message.
    _, found, rest = text.partition(key)
    parts = rest.split(b'"', 2)
    return parts[1].decode(errors="replace") if found and len(parts) > 1 else ""
