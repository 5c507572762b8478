"""What both stores promise about the tapes of deployments."""

from hashlib import sha256

import pytest

from agentic_core.domain import Instant
from agentic_core.errors import UsageError
from agentic_core.ports.tape import TapeEntry, TapeKey
from tests.support.chat_costs import call
from tests.support.store_under_test import StoreUnderTest
from tests.support.stored_values import AT, DEPLOYMENT

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio

PORTS = ("agentic_core.ports.tape.TapeStore",)


def entry(request: bytes, *, attempt: int = 0, body: bytes = b'{"id": 1}\xff\x00', at: int = 0) -> TapeEntry:
    """Return an exchange."""
    return TapeEntry(
        key=TapeKey(f"{sha256(request).hexdigest()}/{attempt}"),
        call=call(attempt=attempt),
        request=request,
        status=200,
        headers=(("content-type", "application/json"),),
        body=body,
        recorded_at=Instant(AT + at),
    )


async def test_tape_gives_back_what_it_kept_byte_for_byte(subject: StoreUnderTest) -> None:
    """Also bytes that are no text, and an exchange without an answer."""
    tape = subject.store.tapes.of(DEPLOYMENT)
    lost = TapeEntry(
        key=entry(b"?").key, call=call(), request=b"?", status=0, headers=(), body=b"", recorded_at=Instant(AT)
    )
    for kept in (entry(b"asked"), entry(b"asked", attempt=1, body=b"again"), lost):
        await tape.keep(kept)
        assert await subject.store.tapes.of(DEPLOYMENT).find(kept.key) == kept


async def test_tape_keeps_the_first_exchange_of_a_key(subject: StoreUnderTest) -> None:
    """What is kept once stays."""
    tape = subject.store.tapes.of(DEPLOYMENT)
    await tape.keep(entry(b"asked"))
    await tape.keep(entry(b"asked", body=b"another answer", at=1))
    assert await tape.find(entry(b"asked").key) == entry(b"asked")


@pytest.mark.parametrize("key", ["", "x/0", sha256(b"asked").hexdigest(), f"{sha256(b'other').hexdigest()}/0"])
async def test_tape_refuses_a_key_that_is_not_the_requests(subject: StoreUnderTest, key: str) -> None:
    """Nobody would find the exchange by what it asked."""
    kept = entry(b"asked")
    wrong = TapeEntry(
        key=TapeKey(key), call=kept.call, request=kept.request, status=200, body=b"", recorded_at=kept.recorded_at
    )
    with pytest.raises(UsageError, match="is kept under"):
        await subject.store.tapes.of(DEPLOYMENT).keep(wrong)
    assert await subject.store.tapes.entries(DEPLOYMENT) == ()


async def test_tape_names_what_resembles_a_request_most(subject: StoreUnderTest) -> None:
    """The newest of several, and nothing where there is nothing."""
    tape = subject.store.tapes.of(DEPLOYMENT)
    assert await tape.nearest(b'{"a": 1}') is None
    alike = [entry(b'{"model":"m",\n"text":"one"}', at=2), entry(b'{"model":"m",\n"text":"two"}', at=1)]
    for kept in (*alike, *(entry(b"other %d" % number) for number in range(40))):
        await tape.keep(kept)
    assert await tape.nearest(b'{"model":"m",\n"text":"three"}') == alike[0]
    assert await tape.nearest(alike[1].request) == alike[1]


async def test_tapes_are_read_page_by_page(subject: StoreUnderTest) -> None:
    """In the order of their keys, each once."""
    tapes = subject.store.tapes
    kept = [entry(b"asked %d" % number) for number in range(5)]
    for one in kept:
        await tapes.of(DEPLOYMENT).keep(one)
    first = await tapes.entries(DEPLOYMENT, limit=3)
    rest = await tapes.entries(DEPLOYMENT, after=first[-1].key, limit=3)
    assert [*first, *rest] == sorted(kept, key=lambda one: one.key)
    assert await tapes.entries(DEPLOYMENT, after=rest[-1].key) == ()
