"""The venue on a socket: a plain ASGI application, and uvicorn to serve it."""

import socket
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TypeAlias

import anyio
import uvicorn

from agentic_hl.venue.commits import Answer
from agentic_hl.venue.control import CONTROL_PATH, Control
from agentic_hl.venue.protocol.replies import Reply
from agentic_hl.venue.venue import Venue

__all__ = ["Server", "VenueClock", "serve"]

_Message: TypeAlias = MutableMapping[str, Any]
_Receive: TypeAlias = Callable[[], Awaitable[_Message]]
_Send: TypeAlias = Callable[[_Message], Awaitable[None]]

_NO_CONTENT = 204
_GOING_AWAY = 1001
_MS_PER_S = 1_000
_CORS = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (b"access-control-allow-headers", b"*"),
)


class VenueClock(Protocol):
    """Where the server's time comes from."""

    def now(self) -> int:
        """Return UTC milliseconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Server:
    """`/info`, `/exchange`, `/ws`, and `/simulation` for whoever runs it."""

    def __init__(self, venue: Venue, clock: VenueClock, *, pulse_ms: int = 50) -> None:
        """Take the venue, its time, and how often time is told to it."""
        self._venue = venue
        self._clock = clock
        self._pulse_ms = pulse_ms
        self._control = Control(venue)
        self._wakes: dict[int, anyio.Event] = {}

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        """Serve one connection, as ASGI has it."""
        match scope["type"]:
            case "lifespan":
                await self._live(receive, send)
            case "http":
                await self._http(scope, receive, send)
            case _:
                await self._websocket(scope, receive, send)

    # ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _live(self, receive: _Receive, send: _Send) -> None:
        await receive()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.pulse)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            tasks.cancel_scope.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    async def pulse(self) -> None:
        """Tell the venue the time, for ever."""
        while True:
            self._venue.advance(self._clock.now())
            self._wake()
            await self._clock.sleep(self._pulse_ms / _MS_PER_S)

    def _wake(self) -> None:
        for wake in self._wakes.values():
            wake.set()

    # ── HTTP ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _http(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        method, path = str(scope["method"]), str(scope["path"])
        body = await _body(receive)
        if method == "OPTIONS":
            await _reply(send, Reply(status=_NO_CONTENT, body=b""))
            return
        if path == CONTROL_PATH or path.startswith(f"{CONTROL_PATH}/"):
            reply = self._control.handle(method, path, body, self._clock.now())
            self._wake()
            await _reply(send, reply)
            return
        answer = await self._answer(path, body, _peer(scope))
        if answer.late_ms:
            await self._clock.sleep(answer.late_ms / _MS_PER_S)
        if answer.reply is None:
            await _hung_up(receive)
            return
        await _reply(send, answer.reply)

    async def _answer(self, path: str, body: bytes, peer: str) -> Answer:
        answered = anyio.Event()
        answers: list[Answer] = []

        def take(answer: Answer) -> None:
            answers.append(answer)
            answered.set()

        self._venue.submit(path, body, self._clock.now(), take, peer=peer)
        self._wake()
        await answered.wait()
        return answers[0]

    # ── websockets ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _websocket(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        await receive()
        number = None
        if scope["path"] == "/ws":
            number = self._venue.hub.connect(self._clock.now(), peer=_peer(scope))
        if number is None:
            await send({"type": "websocket.close"})  # which is a 403 to whoever wanted to connect
            return
        await send({"type": "websocket.accept"})
        self._wakes[number] = anyio.Event()
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._listen, number, receive, tasks.cancel_scope)
                await self._speak(number, send)
                tasks.cancel_scope.cancel()
        finally:
            self._venue.hub.disconnect(number)
            del self._wakes[number]

    async def _listen(self, number: int, receive: _Receive, scope: anyio.CancelScope) -> None:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                scope.cancel()
                return
            text = message.get("text")
            self._venue.hub.receive(number, message.get("bytes") or b"" if text is None else text, self._clock.now())
            self._wake()

    async def _speak(self, number: int, send: _Send) -> None:
        hub = self._venue.hub
        with suppress(OSError):  # which is how ASGI says that the other side has gone
            while hub.ended(number) is None:
                wake = self._wakes[number] = anyio.Event()
                for content in hub.take(number, self._clock.now()):
                    await send({"type": "websocket.send", "text": content.decode()})
                await wake.wait()
            await send({"type": "websocket.close", "code": _GOING_AWAY, "reason": hub.ended(number) or ""})


async def serve(
    server: Server, *, host: str = "127.0.0.1", port: int = 0, started: Callable[[int], None] = lambda _: None
) -> None:
    """Serve until cancelled; `started` hears the port, which the system picks for 0.

    Raises:
        OSError: the address cannot be listened on.
    """
    with socket.create_server((host, port)) as listening:
        # What is accepted inherits it; else every answer after a connection's first waits 40 ms for an acknowledgement.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = uvicorn.Config(
            server,
            ws="websockets-sansio",
            ws_ping_interval=None,
            lifespan="off",
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        runner = _Runner(config)
        started(listening.getsockname()[1])
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.pulse)
            try:
                await runner.serve(sockets=[listening])
            finally:
                if runner.started:
                    with anyio.CancelScope(shield=True):
                        await runner.shutdown()
                tasks.cancel_scope.cancel()


class _Runner(uvicorn.Server):
    # Signals are the business of whoever runs this.
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _body(receive: _Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _hung_up(receive: _Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _reply(send: _Send, reply: Reply) -> None:
    headers = [(b"content-type", reply.content_type.encode()), (b"content-length", b"%d" % len(reply.body)), *_CORS]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


def _peer(scope: _Message) -> str:
    address = scope.get("client")
    return address[0] if address else ""
