"""A provider of chat models on a socket of this machine, as real as the official OpenAI SDK needs it.

It answers chat completions (whole and streamed), lists models, tells costs afterwards and hands out keys; what goes
wrong is planned by the test, one `Play` per request.
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import ClassVar

import anyio
import msgspec
from anyio.abc import SocketAttribute, SocketStream

from tests.support.chat_answers import GENERATION, HOLD, MODEL, completion, error_body, events, stream_of

__all__ = ["KEY", "ChatServer", "Play", "Seen", "served_chat"]

KEY = "sk-or-made-up-0123456789"
_JSON = ("content-type", "application/json")
_EVENTS = ("content-type", "text/event-stream; charset=utf-8")
_HEAD_MAX = 64 * 1024


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Play(msgspec.Struct, frozen=True, kw_only=True):
    """How one request is answered."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (_JSON,)
    cut_after: int | None = None
    """Hang up after so many bytes of the body."""
    is_silent: bool = False
    """Never answer."""
    after: anyio.Event | None = None
    """Answer once this has come about."""

    @classmethod
    def streamed(cls, body: bytes, *, cut_after: int | None = None) -> "Play":
        """Answer with a stream of events."""
        return cls(body=body, headers=(_EVENTS,), cut_after=cut_after)


class ChatServer:
    """What the provider knows, and what it has seen."""

    models: ClassVar[tuple[str, ...]] = (MODEL, "vendor/other")

    def __init__(self, *, says: Mapping[str, object] | None = None, key: str | None = KEY) -> None:
        """Take what it answers when nothing is planned, and the key it asks for; None asks for none."""
        self.says = completion() if says is None else says
        self.seen: list[Seen] = []
        self.costs: dict[str, float | None] = {GENERATION: 0.00123}
        self.cost_after = 0
        """How often a cost is not known yet."""
        self.keys: dict[str, Mapping[str, object]] = {}
        """Those it handed out, by their hashes."""
        self._key = key
        self._plays: list[Play] = []

    def plan(self, *plays: Play) -> None:
        """Answer the next completions like this, first to last."""
        self._plays += plays

    async def serve(self, stream: SocketStream) -> None:
        """Answer on one connection until it closes."""
        async with stream:
            rest = b""
            try:
                while True:
                    seen, rest = await _read(stream, rest)
                    self.seen.append(seen)
                    if not await self._answer(stream, self._played(seen)):
                        return
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return

    async def _answer(self, stream: SocketStream, play: Play) -> bool:
        if play.is_silent:
            await anyio.sleep_forever()
        if play.after is not None:
            await play.after.wait()
        lines = [f"HTTP/1.1 {play.status} Told", f"content-length: {len(play.body)}"]
        lines += [f"{name}: {value}" for name, value in play.headers]
        await stream.send("\r\n".join([*lines, "", ""]).encode() + play.body[: play.cut_after])
        return play.cut_after is None

    def _played(self, seen: Seen) -> Play:
        if self._key is not None and seen.headers.get("authorization") != f"Bearer {self._key}":
            return Play(status=401, body=error_body(401, "No auth credentials found", "authentication"))
        path = seen.path.partition("?")[0].removeprefix("/api/v1")
        known = {"/chat/completions": self._complete, "/models": self._list, "/generation": self._tell_cost}
        if path in known:
            return known[path](seen)
        if path.startswith("/keys"):
            return self._manage(seen, path)
        return Play(status=404, body=error_body(404, "no such path", "not_found"))

    def _complete(self, seen: Seen) -> Play:
        if self._plays:
            return self._plays.pop(0)
        try:
            asked = json.loads(seen.body)
        except ValueError:
            return Play(status=400, body=error_body(400, "no JSON", "invalid_request"))
        if not asked.get("messages"):
            return Play(status=400, body=error_body(400, "messages are missing", "invalid_request"))
        if asked.get("model") not in self.models:
            return Play(status=404, body=error_body(404, "no such model", "not_found"))
        if asked.get("stream"):
            return Play.streamed(events(stream_of(self.says)))
        return Play(body=json.dumps(self.says).encode())

    def _list(self, seen: Seen) -> Play:
        pricing = {"prompt": "0.000001", "completion": "0.000004", "request": "0"}
        listed = [
            {"id": name, "object": "model", "created": 1, "owned_by": "vendor", "name": name, "pricing": pricing}
            for name in self.models
        ]
        return Play(body=json.dumps({"object": "list", "data": listed}).encode())

    def _tell_cost(self, seen: Seen) -> Play:
        name = seen.path.partition("id=")[2]
        if self.cost_after > 0 or name not in self.costs:
            self.cost_after -= 1
            return Play(status=404, body=error_body(404, f"Generation {name} not found", "not_found"))
        told = {"id": name, "total_cost": self.costs[name], "is_byok": False, "upstream_inference_cost": None}
        return Play(body=json.dumps({"data": told}).encode())

    def _manage(self, seen: Seen, path: str) -> Play:
        if seen.method == "POST":
            name = f"hash{len(self.keys)}"
            self.keys[name] = json.loads(seen.body)
            made = {"data": {"hash": name, **self.keys[name]}, "key": f"sk-or-handed-out-{len(self.keys)}"}
            return Play(status=201, body=json.dumps(made).encode())
        known = self.keys.pop(path.removeprefix("/keys/"), None)
        if seen.method != "DELETE" or known is None:
            return Play(status=404, body=error_body(404, "no such key", "not_found"))
        return Play(body=b'{"deleted":true}')


@asynccontextmanager
async def served_chat(server: ChatServer) -> AsyncIterator[str]:
    """Serve a provider on this event loop, and yield its address as a user would write it down."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, server.serve)
        port = listener.extra_attributes[SocketAttribute.local_port]()
        yield f"http://127.0.0.1:{port}/api/v1"
        tasks.cancel_scope.cancel()


async def _read(stream: SocketStream, read: bytes) -> tuple[Seen, bytes]:
    while b"\r\n\r\n" not in read and len(read) < _HEAD_MAX:
        read += await stream.receive()
    head, _, body = read.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers.get("content-length", "0"))
    while len(body) < length:
        body += await stream.receive()
    method, path, _ = first.split(" ")
    return Seen(method=method, path=path, headers=headers, body=body[:length]), body[length:]


def main() -> None:
    """Serve until the process is stopped, on a port that is printed first; what a bench measures against."""
    anyio.run(_forever)


async def _forever() -> None:
    async with served_chat(ChatServer(says=completion(HOLD))) as address:
        print(address, flush=True)  # noqa: T201 - how the other process learns the port
        await anyio.sleep_forever()


if __name__ == "__main__":
    main()
