"""The thin shell round a session: connects, carries its effects out, and connects again."""

import math
from collections.abc import Iterable, Sequence
from typing import Final, Never, Protocol, TypeAlias

import anyio
import msgspec
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from agentic_core.ports.clock import Clock
from agentic_core.ports.entropy import Entropy
from agentic_hl.stream.allowance import LinkAllowance
from agentic_hl.stream.arrivals import Entry
from agentic_hl.stream.backoff import JITTER_ONE, Backoff
from agentic_hl.stream.effects import Complaint, Deliver, Drop, Effect, FreshnessChanged, GapNeeded, Refused, Transmit
from agentic_hl.stream.session import Session
from agentic_hl.stream.topics import Topic
from agentic_hl.stream.transport import LinkEnded, NotConnected, StreamLink, StreamTransport

__all__ = ["Connection", "GapFilled", "LinkChanged", "StreamEvent", "StreamListener"]

_FILL_FIRST_MS: Final = 1_000
_FILL_CAP_MS: Final = 30_000
_CONNECT_S: Final = 15.0
_CLOSE_S: Final = 2.0
_MS_PER_S: Final = 1_000


class GapFilled(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was missed has been read."""

    until: int | None = None
    """Venue time up to which it was, where that is known."""


class LinkChanged(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="effect", tag="link_changed"):
    """A link was made, was lost, or could not be made."""

    is_up: bool
    reason: str


StreamEvent: TypeAlias = Complaint | Deliver | FreshnessChanged | LinkChanged | Refused


class StreamListener(Protocol):
    """Whoever wants to hear what the stream tells."""

    def heard(self, event: StreamEvent) -> None:
        """Take an event; nothing else is read meanwhile, so it must not wait for anything."""

    async def fill(self, gap: GapNeeded) -> GapFilled | None:
        """Read by REST what a topic missed, and pass entries of logs through `Connection.admit`.

        None is that it could not be read, and it is asked again after a while. When the link is lost meanwhile, this is
        cancelled, and asked anew on the next one.
        """


class Connection:
    """Keeps one stream alive for as long as `run` runs."""

    def __init__(
        self,
        transport: StreamTransport,
        clock: Clock,
        entropy: Entropy,
        allowance: LinkAllowance,
        listener: StreamListener,
        session: Session | None = None,
    ) -> None:
        """Take what makes links, the time, what jitter is drawn from, how often links may be made, and who listens."""
        self._transport = transport
        self._clock = clock
        self._entropy = entropy
        self._allowance = allowance
        self._listener = listener
        self._session = session or Session()
        self._backoff = Backoff()
        self._tasks: TaskGroup | None = None
        self._outbox: MemoryObjectSendStream[bytes] | None = None
        self._gaps: dict[Topic, GapNeeded] = {}
        self._sleep = anyio.CancelScope()
        self._reason = ""

    @property
    def session(self) -> Session:
        """What it decides by, for looking at."""
        return self._session

    def want(self, topic: Topic, *, silence_ms: int | None = None) -> None:
        """Subscribe to a topic, now and on every later link; `silence_ms` is how long it may say nothing.

        Raises:
            UsageError: its frames could not be told from another topic's, or the venue allows no more.
        """
        self._perform(self._session.want(topic, self._now(), silence_ms=silence_ms))

    def unwant(self, topic: Topic) -> None:
        """End a subscription."""
        self._perform(self._session.unwant(topic))

    def is_fresh(self, topic: Topic) -> bool:
        """Tell whether a topic tells everything in time."""
        return self._session.is_fresh(topic, self._now())

    def admit(self, topic: Topic, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """Return what of a log's entries, read by REST, was not delivered yet, oldest first; it counts as delivered."""
        return self._session.admit(topic, entries)

    async def run(self) -> Never:
        """Connect, and connect again whenever the link is lost, until cancelled."""
        while True:
            await self._allowance.wait()
            link = await self._connect()
            if isinstance(link, NotConnected):
                self._reason = link.cause
            else:
                await self._live(link)
            self._listener.heard(LinkChanged(is_up=False, reason=self._reason))
            await self._clock.sleep(self._backoff.wait_ms(self._now(), self._jitter()) / _MS_PER_S)

    async def _connect(self) -> StreamLink | NotConnected:
        with anyio.move_on_after(_CONNECT_S):
            return await self._transport.connect()
        return NotConnected(cause=f"no link within {_CONNECT_S:.0f} s")

    async def _live(self, link: StreamLink) -> None:
        self._backoff.opened(self._now())
        self._outbox, outbox = anyio.create_memory_object_stream[bytes](math.inf)
        try:
            async with self._outbox, outbox, anyio.create_task_group() as self._tasks:
                self._listener.heard(LinkChanged(is_up=True, reason="connected"))
                self._perform(self._session.opened(self._now(), self._jitter()))
                self._tasks.start_soon(_write, link, outbox)
                self._tasks.start_soon(self._keep_time)
                self._drop(await self._read(link))
        finally:
            self._tasks = self._outbox = None
            self._gaps.clear()
            self._perform(self._session.closed(self._now()))
            with anyio.move_on_after(_CLOSE_S, shield=True):
                await link.aclose()

    async def _read(self, link: StreamLink) -> str:
        while True:
            text = await link.receive()
            if isinstance(text, LinkEnded):
                return text.cause
            self._perform(self._session.received(text, self._now()))

    async def _keep_time(self) -> None:
        while (at := self._session.next_at()) is not None:
            with anyio.CancelScope() as self._sleep:
                await self._clock.sleep(max(0, at - self._now()) / _MS_PER_S)
            self._perform(self._session.tick(self._now()))

    async def _fill(self, topic: Topic) -> None:
        # One task for each topic: a gap that opens while an older one is read is read next, and not at the same time.
        pause = _FILL_FIRST_MS
        while self._session.is_gap_open((gap := self._gaps[topic]).number):
            filled = await self._listener.fill(gap)
            if filled is not None:
                self._perform(self._session.gap_filled(gap.number, until=filled.until))
            if self._session.is_gap_open(self._gaps[topic].number):
                await self._clock.sleep(pause / _MS_PER_S)
                pause = min(2 * pause, _FILL_CAP_MS)
        del self._gaps[topic]

    def _open(self, gap: GapNeeded) -> None:
        is_running = gap.topic in self._gaps
        self._gaps[gap.topic] = gap
        if self._tasks is not None and not is_running:
            self._tasks.start_soon(self._fill, gap.topic)

    def _perform(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Deliver):
                self._listener.heard(effect)
                continue
            self._sleep.cancel()  # something else may be due first now
            match effect:
                case Transmit(text=text):
                    if self._outbox is not None:
                        self._outbox.send_nowait(text)
                case GapNeeded():
                    self._open(effect)
                case Drop(reason=reason):
                    self._drop(reason)
                case _:
                    self._listener.heard(effect)

    def _drop(self, reason: str) -> None:
        # Nothing is fresh from here on, however long those who fill gaps take to end.
        self._reason = reason
        if self._tasks is not None:
            self._tasks.cancel_scope.cancel()
            self._perform(self._session.closed(self._now()))

    def _now(self) -> int:
        return self._clock.boottime_ms()

    def _jitter(self) -> int:
        return int.from_bytes(self._entropy.token_bytes(4), "big") % JITTER_ONE


async def _write(link: StreamLink, outbox: MemoryObjectReceiveStream[bytes]) -> None:
    async for text in outbox:
        await link.transmit(text)
