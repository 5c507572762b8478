"""Requests to a provider over real sockets: told as they came, bounded in time and size, without a trace of the key."""

import gzip
import json
import pickle
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from ssl import PROTOCOL_TLS_SERVER, SSLContext, create_default_context
from tempfile import NamedTemporaryFile

import anyio
import pytest
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.tls import TLSListener, TLSStream
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from agentic_core.chat.provider.httpx_transport import HttpxTransport
from agentic_core.chat.transport import HttpOutcome, NoAnswer, RawAnswer
from agentic_core.errors import ConfigError
from agentic_core.system import SystemClock
from tests.support.chat_answers import CALL, completion, error_body, events, stream_of
from tests.support.chat_server import KEY, ChatServer, Play, served_chat

pytestmark = pytest.mark.anyio

WITHIN_MS = 5_000
PATH = "/chat/completions"


@asynccontextmanager
async def joined(server: ChatServer, *, key: str | None = KEY) -> AsyncIterator[HttpxTransport]:
    """Yield a transport to a provider on this machine."""
    async with served_chat(server) as address, HttpxTransport(address, key=key, body_max_bytes=100_000) as transport:
        with anyio.fail_after(30):
            yield transport


async def posted(play: Play, *, within_ms: int = WITHIN_MS) -> HttpOutcome:
    """Post once to a provider that plays something."""
    server = ChatServer()
    server.plan(play)
    async with joined(server) as transport:
        return await transport.post(PATH, b'{"a":1}', within_ms=within_ms, call=CALL)


async def test_body_and_headers_arrive_as_they_were_given() -> None:
    """Byte for byte, because a tape is searched by it."""
    server = ChatServer()
    async with joined(server) as transport:
        await transport.post(PATH, b'{"a": 1}', {"x-session-id": "s"}, within_ms=WITHIN_MS, question=b"{}")
    seen = server.seen[0]
    assert (seen.method, seen.path, seen.body) == ("POST", "/api/v1/chat/completions", b'{"a": 1}')
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert seen.headers["x-session-id"] == "s"
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["accept-encoding"] == "identity"
    assert seen.headers["host"].startswith("127.0.0.1:")


async def test_question_in_the_path_arrives() -> None:
    """Its letters are the caller's."""
    server = ChatServer()
    async with joined(server) as transport:
        await transport.get("/generation?id=gen%2F1", within_ms=WITHIN_MS)
    assert (server.seen[0].method, server.seen[0].path) == ("GET", "/api/v1/generation?id=gen%2F1")


@pytest.mark.parametrize("status", [200, 302, 400, 429, 500])
async def test_answer_of_any_status_is_told_as_it_came(status: int) -> None:
    """No redirect is followed, and of the headers only those that are read come along."""
    headers = (("content-type", "text/x"), ("retry-after", "3"), ("location", "http://127.0.0.1:1/"), ("x-id", "9"))
    outcome = await posted(Play(status=status, body=b"said", headers=headers))
    told = (("content-type", "text/x"), ("retry-after", "3"))
    assert outcome == RawAnswer(status=status, headers=told, body=b"said")


async def test_packed_answer_is_unpacked() -> None:
    """Nobody asked for it, but a proxy may do it all the same."""
    packed = gzip.compress(b'{"id":1}' * 1_000)
    outcome = await posted(Play(body=packed, headers=(("content-encoding", "gzip"),)))
    assert outcome == RawAnswer(status=200, body=b'{"id":1}' * 1_000)


@pytest.mark.parametrize("packed", [False, True])
async def test_answer_that_is_too_long_is_none(packed: bool) -> None:
    """Also one that is only long when it is unpacked."""
    body = b"x" * 1_000_000
    play = Play(body=gzip.compress(body), headers=(("content-encoding", "gzip"),)) if packed else Play(body=body)
    outcome = await posted(play)
    assert isinstance(outcome, NoAnswer)
    assert (outcome.never_left, outcome.timed_out) == (False, False)
    assert outcome.cause == "the answer is longer than 100000 bytes"
    assert len(outcome.part) == 100_000


@pytest.mark.parametrize(
    ("packing", "body", "cause"),
    [
        (
            "gzip, gzip",
            gzip.compress(gzip.compress(b"0" * 10**8, mtime=0), mtime=0),
            "packed as 'gzip, gzip', which nobody asked for",
        ),
        ("br", b"?", "packed as 'br', which nobody asked for"),
        ("gzip", gzip.compress(b"x" * 500, mtime=0)[:-9], "the packed answer ends early"),
        ("deflate", b"junk", "incorrect header check"),
    ],
)
async def test_answer_that_is_packed_in_another_way_is_none(packing: str, body: bytes, cause: str) -> None:
    """What is packed twice is a hundred bytes long, and unpacks to more than there is memory."""
    outcome = await posted(Play(body=body, headers=(("content-encoding", packing),)))
    assert isinstance(outcome, NoAnswer)
    assert not outcome.never_left
    assert cause in outcome.cause


async def test_stream_that_breaks_leaves_what_had_come() -> None:
    """It names the generation, whose cost can be asked for."""
    body = events(stream_of(completion()))
    outcome = await posted(Play.streamed(body, cut_after=300))
    assert isinstance(outcome, NoAnswer)
    assert not outcome.never_left
    assert outcome.part == body[:300]


async def test_silence_ends_by_the_total_time() -> None:
    """Something left, so it may have cost something."""
    clock = SystemClock()
    began = clock.boottime_ms()
    outcome = await posted(Play(is_silent=True), within_ms=300)
    assert isinstance(outcome, NoAnswer)
    assert (outcome.timed_out, outcome.never_left) == (True, False)
    assert 300 <= clock.boottime_ms() - began < 5_000


async def test_provider_that_does_not_listen_was_never_reached() -> None:
    """Nothing left, so it is free."""
    async with served_chat(ChatServer()) as address:
        pass
    async with HttpxTransport(address, key=KEY) as transport:
        outcome = await transport.post(PATH, b"{}", within_ms=WITHIN_MS)
    assert isinstance(outcome, NoAnswer)
    assert outcome.never_left


async def test_transport_serves_again_after_an_exchange_that_was_given_up() -> None:
    """The connection of it is gone, the others stay."""
    server = ChatServer()
    server.plan(Play(is_silent=True))
    async with joined(server) as transport:
        assert isinstance(await transport.post(PATH, b"{}", within_ms=100), NoAnswer)
        answers = [await transport.get("/models", within_ms=WITHIN_MS) for _ in range(3)]
    assert all(isinstance(answer, RawAnswer) and answer.status == 200 for answer in answers)


async def test_many_exchanges_at_once_do_not_mix() -> None:
    """Each gets what it asked for."""
    server = ChatServer()
    answers: dict[int, HttpOutcome] = {}

    async def ask(number: int) -> None:
        answers[number] = await transport.get(f"/generation?id=g{number}", within_ms=WITHIN_MS)

    server.costs = {f"g{number}": number / 8 for number in range(40)}
    async with joined(server) as transport, anyio.create_task_group() as tasks:
        for number in range(40):
            tasks.start_soon(ask, number)
    for number, answer in answers.items():
        assert isinstance(answer, RawAnswer)
        assert json.loads(answer.body)["data"]["total_cost"] == number / 8


async def test_key_stands_in_nothing_that_comes_back() -> None:
    """However hard a provider tries: its answers go onto tapes, its errors into logs."""
    for play in (
        Play(status=401, body=error_body(401, f"Incorrect key {KEY}"), headers=(("content-type", f"x/{KEY}"),)),
        Play.streamed(b'data: {"id":"' + KEY.encode() + b'"}' + b" " * 100, cut_after=90),
    ):
        outcome = await posted(play)
        assert KEY not in repr(outcome)
        assert "[key]" in repr(outcome)


async def test_key_stands_in_no_text_about_the_transport() -> None:
    """Nor does it leave the process by being copied."""
    transport = HttpxTransport("http://127.0.0.1:1", key=KEY)
    assert KEY not in repr(transport)
    with pytest.raises(TypeError) as refused:
        pickle.dumps(transport)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize("key", ["", "two words", "line\nend", "ключ", "tab\t", "\x7f"])
def test_key_that_no_header_can_hold_is_refused_without_being_shown(key: str) -> None:
    """The library underneath would quote it."""
    with pytest.raises(ConfigError, match="copy it again") as refused:
        HttpxTransport("http://127.0.0.1:1", key=key)
    assert not key or key not in str(refused.value)


@pytest.mark.parametrize(("address", "key"), [("http://127.0.0.1:1", f"{KEY} x"), ("ftp://127.0.0.1:1", KEY)])
def test_refused_key_stands_in_no_frame_that_a_traceback_shows(address: str, key: str) -> None:
    """Some tools print the variables with it."""
    with pytest.raises(ConfigError) as refused:
        HttpxTransport(address, key=key)
    frames = [place.frame for place in refused.traceback[1:]]
    assert frames
    assert KEY not in repr([frame.f_locals for frame in frames])


@pytest.mark.parametrize(
    "address",
    [
        "",
        "openrouter.ai",
        "ftp://host/x",
        "http://",
        "http://user:pass@host",
        "https://host/?k=v",
        "http://u:pass@host:port",
    ],
)
def test_address_that_is_none_is_refused(address: str) -> None:
    """With what to write instead, and without a password that stands in it."""
    with pytest.raises(ConfigError, match="address of the chat models") as refused:
        HttpxTransport(address)
    assert "pass" not in str(refused.value)


async def test_provider_whose_certificate_nobody_vouches_for_gets_nothing() -> None:
    """Neither the key nor the question leaves for somebody who only says who they are."""
    arrived: list[bytes] = []

    async def take(stream: ByteStream) -> None:
        arrived.append(await stream.receive())

    plain = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = plain.extra_attributes[SocketAttribute.local_port]()
    async with TLSListener(plain, self_signed()[0]) as listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, take)
        async with HttpxTransport(f"https://127.0.0.1:{port}", key=KEY) as transport:
            outcome = await transport.post(PATH, b"{}", within_ms=WITHIN_MS)
        tasks.cancel_scope.cancel()
    assert isinstance(outcome, NoAnswer)
    assert outcome.never_left
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.cause
    assert arrived == []


async def test_broken_record_of_tls_is_an_answer_that_broke() -> None:
    """It is told like any other, and ends nobody's process."""
    ours, theirs = self_signed()

    async def break_off(stream: TLSStream) -> None:
        await stream.receive()
        await stream.send(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc")
        await stream.transport_stream.send(b"\x17\x03\x03\x00\x20" + b"?" * 32)
        await stream.transport_stream.aclose()

    plain = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = plain.extra_attributes[SocketAttribute.local_port]()
    async with TLSListener(plain, ours) as listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, break_off)
        async with HttpxTransport(f"https://127.0.0.1:{port}", key=KEY, tls=theirs) as transport:
            outcome = await transport.post(PATH, b"{}", within_ms=WITHIN_MS)
        tasks.cancel_scope.cancel()
    assert isinstance(outcome, NoAnswer)
    assert (outcome.never_left, outcome.timed_out, outcome.part) == (False, False, b"abc")
    assert "BAD_RECORD_MAC" in outcome.cause


def self_signed() -> tuple[SSLContext, SSLContext]:
    """Return what a server needs that vouches for itself, and what a caller needs who believes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    begins = datetime(2020, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(begins).not_valid_after(begins + timedelta(days=36_500))
    builder = builder.add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
    )
    pem = certificate = builder.sign(key, SHA256()).public_bytes(Encoding.PEM)
    pem += key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    context = SSLContext(PROTOCOL_TLS_SERVER)
    with NamedTemporaryFile(suffix=".pem") as file:
        file.write(pem)
        file.flush()
        context.load_cert_chain(file.name)
    return context, create_default_context(cadata=certificate.decode())
