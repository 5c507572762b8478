"""What a question works with: the venue over HTTP and over its streams, and a clock."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import msgspec

from agentic_core.errors import AgenticError
from agentic_core.ports.clock import Clock
from agentic_core.ports.entropy import Entropy
from agentic_hl.rest.transport import Answered, HttpOutcome, HttpTransport
from agentic_hl.stream.transport import LinkEnded, NotConnected, StreamLink, StreamTransport

__all__ = ["TIMEOUT_MS", "Heard", "ProbeFailed", "Room", "fresh_address", "listen", "read_json"]

TIMEOUT_MS = 10_000
_OK = 200


class ProbeFailed(AgenticError):
    """The venue gave no answer that could be read, so the question stays open."""

    exit_code = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The venue and the clock; no key."""

    http: HttpTransport
    streams: StreamTransport
    clock: Clock
    entropy: Entropy

    async def ask(self, kind: str, **fields: object) -> Any:  # noqa: ANN401 - foreign JSON, looked at by the question
        """Ask for one thing and return the decoded answer.

        Raises:
            ProbeFailed: there is none.
        """
        outcome = await self.post("/info", {"type": kind, **fields})
        return read_json(outcome, kind)

    async def post(self, path: str, content: Mapping[str, object]) -> HttpOutcome:
        """Post JSON and return whatever became of it."""
        return await self.http.post(path, msgspec.json.encode(content), TIMEOUT_MS)

    @asynccontextmanager
    async def link(self) -> AsyncIterator[StreamLink]:
        """Hold a link to the streams.

        Raises:
            ProbeFailed: none could be made.
        """
        link = await self.streams.connect()
        if isinstance(link, NotConnected):
            message = f"no link to the streams: {link.cause}; ask again later"
            raise ProbeFailed(message)
        try:
            yield link
        finally:
            with anyio.CancelScope(shield=True):
                await link.aclose()


def read_json(outcome: HttpOutcome, what: str) -> Any:  # noqa: ANN401 - foreign JSON
    """Return the decoded body of an answer.

    Raises:
        ProbeFailed: there is none that is JSON.
    """
    if not isinstance(outcome, Answered):
        message = f"{what}: {outcome.cause}; ask again later"
        raise ProbeFailed(message)
    if outcome.status != _OK:
        message = f"{what}: HTTP {outcome.status} with {outcome.body[:80]!r}; ask again later"
        raise ProbeFailed(message)
    try:
        return msgspec.json.decode(outcome.body)
    except ValueError as exc:
        message = f"{what}: the answer {outcome.body[:80]!r} is not JSON; ask again later"
        raise ProbeFailed(message) from exc


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One message and when it came."""

    at_ms: int
    """Since the machine booted."""
    channel: str
    content: Any


async def listen(link: StreamLink, clock: Clock, seconds: float, *, until: str | None = None) -> list[Heard]:
    """Collect messages for so long, or until the first one of a channel; what is not JSON is left out.

    Raises:
        ProbeFailed: the link ended, so what was not heard says nothing.
    """
    heard: list[Heard] = []
    with anyio.move_on_after(seconds):
        while True:
            message = await link.receive()
            if isinstance(message, LinkEnded):
                reason = f"the link ended: {message.cause}; ask again later"
                raise ProbeFailed(reason)
            try:
                frame = msgspec.json.decode(message)
            except ValueError:
                continue  # the greeting
            if isinstance(frame, dict):
                one = Heard(at_ms=clock.boottime_ms(), channel=str(frame.get("channel")), content=frame.get("data"))
                heard.append(one)
                if one.channel == until:
                    break
    return heard


def fresh_address(entropy: Entropy) -> str:
    """Draw an address that nobody uses."""
    return "0x" + entropy.token_bytes(20).hex()
