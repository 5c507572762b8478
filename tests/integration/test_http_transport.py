"""Requests over real sockets: what comes back is told as it is, and what certainly never left is told apart."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.abc import SocketStream

from agentic_core.system import SystemClock
from agentic_hl.rest import Answered, HttpOutcome, NeverLeft, Unclear
from agentic_hl.rest.httpx_transport import HttpxTransport

pytestmark = pytest.mark.anyio

Play = Callable[[SocketStream], Awaitable[None]]
TIMEOUT_MS = 5_000


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """Write an answer."""
    told = len(body) if length is None else length
    return "\r\n".join([f"HTTP/1.1 {status}", f"content-length: {told}", *headers, "", ""]).encode() + body


async def read_request(stream: SocketStream) -> bytes:
    """Read a request to the end of its body."""
    read = b""
    while b"\r\n\r\n" not in read:
        read += await stream.receive()
    head, _, body = read.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
    )
    while len(body) < length:
        body += await stream.receive()
    return head + b"\r\n\r\n" + body


@asynccontextmanager
async def served(play: Play) -> AsyncIterator[str]:
    """Serve every connection with a play and yield the address."""

    async def handle(stream: SocketStream) -> None:
        async with stream:
            await play(stream)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, handle)
        port = listener.extra_attributes[anyio.abc.SocketAttribute.local_port]()
        yield f"http://127.0.0.1:{port}"
        tasks.cancel_scope.cancel()


async def post(play: Play, *, timeout_ms: int = TIMEOUT_MS, body_max: int = 1_000_000) -> HttpOutcome:
    """Post once to a venue that plays something."""
    async with served(play) as address, HttpxTransport(address, body_max_bytes=body_max) as transport:
        with anyio.fail_after(30):
            return await transport.post("/info", b'{"type":"allMids"}', timeout_ms)


def answering(raw: bytes) -> Play:
    """Answer with these bytes."""

    async def play(stream: SocketStream) -> None:
        await read_request(stream)
        await stream.send(raw)

    return play


async def test_body_is_posted_as_json_to_the_path() -> None:
    """Byte for byte, because it is signed."""
    seen: list[bytes] = []

    async def play(stream: SocketStream) -> None:
        seen.append(await read_request(stream))
        await stream.send(answer(b"{}", "content-type: application/json"))

    outcome = await post(play)
    assert outcome == Answered(status=200, body=b"{}", content_type="application/json")
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /info HTTP/1.1\r\n")
    assert b"content-type: application/json" in head.lower()
    assert body == b'{"type":"allMids"}'


@pytest.mark.parametrize(
    ("raw", "outcome"),
    [
        (
            answer(b"null", "content-type: application/json", status="429 Too Many Requests"),
            Answered(status=429, body=b"null", content_type="application/json"),
        ),
        (
            answer(b"null", "retry-after: 7", status="429 Too Many Requests"),
            Answered(status=429, body=b"null", retry_after_ms=7_000),
        ),
        (
            answer(b"x", "retry-after: Wed, 21 Oct 2026 07:28:00 GMT", status="503 Unavailable"),
            Answered(status=503, body=b"x"),
        ),
        (
            answer(b"x", "retry-after: 99999999999", status="503 Unavailable"),
            Answered(status=503, body=b"x", retry_after_ms=3_600_000),
        ),
        (
            answer(b"<html>", "content-type: text/html", status="502 Bad Gateway"),
            Answered(status=502, body=b"<html>", content_type="text/html"),
        ),
        (answer(b"", "location: http://127.0.0.1:1/", status="302 Found"), Answered(status=302, body=b"")),
    ],
)
async def test_answer_of_any_status_is_told_as_it_came(raw: bytes, outcome: HttpOutcome) -> None:
    """No redirect is followed, and no status is an exception."""
    assert await post(answering(raw)) == outcome


async def test_venue_that_does_not_listen_was_never_reached() -> None:
    """Nothing left, so an action can be sent again."""
    async with served(answering(b"")) as address:
        pass
    async with HttpxTransport(address) as transport:
        outcome = await transport.post("/exchange", b"{}", TIMEOUT_MS)
    assert isinstance(outcome, NeverLeft)


async def test_name_nobody_knows_was_never_reached() -> None:
    """An address that is none is not even tried."""
    async with HttpxTransport("http://[not-an-address") as transport:
        assert isinstance(await transport.post("/exchange", b"{}", TIMEOUT_MS), NeverLeft)


async def hang_up(stream: SocketStream) -> None:
    """Take the request and close."""
    await read_request(stream)


async def half_an_answer(stream: SocketStream) -> None:
    """Close in the middle of the body."""
    await read_request(stream)
    await stream.send(answer(b'{"a":', length=100))


@pytest.mark.parametrize(
    "play",
    [hang_up, half_an_answer, answering(b"nonsense\r\n\r\n"), answering(answer(b"x" * 2_000_000))],
    ids=["hung up", "half an answer", "no HTTP", "too long"],
)
async def test_request_without_a_whole_answer_is_unclear(play: Play) -> None:
    """The venue may have acted on it."""
    outcome = await post(play)
    assert isinstance(outcome, Unclear)
    assert not outcome.timed_out


async def silence(stream: SocketStream) -> None:
    """Take the request and say nothing."""
    await read_request(stream)
    await anyio.sleep_forever()


async def trickle(stream: SocketStream) -> None:
    """Answer a byte at a time, each of them in time."""
    await read_request(stream)
    await stream.send(answer(b"", length=1_000_000))
    clock = SystemClock()
    while True:
        await stream.send(b"x")
        await clock.sleep(0.02)


@pytest.mark.parametrize("play", [silence, trickle])
async def test_slow_answer_ends_by_the_total_time(play: Play) -> None:
    """However busily it trickles in."""
    clock = SystemClock()
    began = clock.boottime_ms()
    outcome = await post(play, timeout_ms=300)
    assert isinstance(outcome, Unclear)
    assert outcome.timed_out
    assert 300 <= clock.boottime_ms() - began < 5_000


async def test_connection_that_the_venue_dropped_while_idle_costs_no_answer() -> None:
    """The next request has a connection of its own, or is told to be unclear; it is never sent twice."""
    requests = 0

    async def play(stream: SocketStream) -> None:
        nonlocal requests
        await read_request(stream)
        requests += 1
        await stream.send(answer(b"{}"))

    async with served(play) as address, HttpxTransport(address) as transport:
        outcomes = [await transport.post("/info", b"{}", TIMEOUT_MS) for _ in range(5)]
    assert len(outcomes) == 5
    assert requests == sum(isinstance(outcome, Answered) for outcome in outcomes) >= 4
