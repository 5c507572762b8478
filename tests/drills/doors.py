"""The venue's request log: each process comes in by a door of its own, so that it is known who sent what, and when."""

from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from agentic_hl.venue.server import Server, VenueClock
from agentic_hl.venue.venue import Venue

__all__ = ["Asked", "DoorServer", "door", "read_requests"]

_Message: TypeAlias = MutableMapping[str, Any]
_Receive: TypeAlias = Callable[[], Awaitable[_Message]]
_Send: TypeAlias = Callable[[_Message], Awaitable[None]]

_DOORS = "/doors/"
_ACTIONS = "/exchange"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """An action that reached the venue, whatever came of it."""

    time: int
    door: str
    """By which it came in; empty is the house's own."""
    kind: str
    nonce: int
    names: tuple[str, ...]
    """Client order ids of what it orders."""


def door(venue_url: str, name: str) -> str:
    """Return the venue's address for one process."""
    return f"{venue_url}{_DOORS}{name}"


class DoorServer(Server):
    """The venue on a socket, with an address for each process; every action is written down before it is looked at."""

    def __init__(self, venue: Venue, clock: VenueClock, *, pulse_ms: int, file: Path) -> None:
        """Write into a file, one line for each action."""
        super().__init__(venue, clock, pulse_ms=pulse_ms)
        self._drill_clock = clock
        self._file = file.open("ab", buffering=0)

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        """Serve one connection."""
        name, path = _through(str(scope.get("path", "")))
        if scope["type"] == "http" and path == _ACTIONS:
            receive = await self._noted(name, receive)
        await super().__call__({**scope, "path": path}, receive, send)

    async def _noted(self, name: str, receive: _Receive) -> _Receive:
        parts = [await receive()]
        while parts[-1].get("more_body"):
            parts.append(await receive())
        body = b"".join(part.get("body", b"") for part in parts)
        if parts[-1]["type"] == "http.disconnect":  # killed while it spoke
            return partial(_said, parts[-1])
        self._file.write(msgspec.json.encode(_asked(self._drill_clock.now(), name, body)) + b"\n")
        whole: list[_Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> _Message:
            return whole.pop() if whole else await receive()

        return again


async def _said(message: _Message) -> _Message:
    return message


def read_requests(file: Path) -> tuple[Asked, ...]:
    """Read every action so far, in the order of their arrival."""
    content = file.read_bytes() if file.exists() else b""
    whole, _, _ = content.rpartition(b"\n")
    decoder = msgspec.json.Decoder(Asked)
    return tuple(map(decoder.decode, whole.splitlines()))


def _through(path: str) -> tuple[str, str]:
    if not path.startswith(_DOORS):
        return "", path
    name, _, rest = path.removeprefix(_DOORS).partition("/")
    return name, f"/{rest}"


def _asked(time: int, name: str, body: bytes) -> Asked:
    request = msgspec.json.decode(body)
    action = request["action"]
    orders = [order.get("c") for order in action.get("orders", ())]
    return Asked(time=time, door=name, kind=action["type"], nonce=request["nonce"], names=tuple(filter(None, orders)))
