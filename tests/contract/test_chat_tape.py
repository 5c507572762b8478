"""What every tape of exchanges with chat models promises."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from agentic_core.chat.tapes.tape_file import FileTape
from agentic_core.errors import UsageError
from agentic_core.ports.tape import Tape, TapeKey
from agentic_core.system import SystemFiles
from tests.support.narrow_roles import open_narrow_store
from tests.support.store_under_test import in_memory, in_postgres
from tests.support.stored_values import DEPLOYMENT
from tests.support.taped import RECORDED_AT, exchange

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

PORTS = ("agentic_core.ports.tape.Tape",)


@pytest.fixture(params=["file", "memory", "postgres"])
def place(request: pytest.FixtureRequest) -> str:
    """Return where the tape is: a word, or the address of a fresh database."""
    return str(request.getfixturevalue("database")) if request.param == "postgres" else str(request.param)


@pytest.fixture
async def tape(place: str, tmp_path: Path) -> AsyncIterator[Tape]:
    """Yield each tape in turn, empty."""
    if place == "file":
        opened = FileTape.open(tmp_path / "run.tape", SystemFiles(), records=True)
        yield opened
        opened.close()
    elif place == "memory":
        yield (await in_memory()).store.tapes.of(DEPLOYMENT)
    else:
        async with open_narrow_store(place) as store:
            yield (await in_postgres(store, place)).store.tapes.of(DEPLOYMENT)


async def test_exchange_comes_back_byte_for_byte(tape: Tape) -> None:
    """Also a body that is no text at all, an empty one, and the status of an answer that never came."""
    bodies = (b'{"choices":[]}', b"\x00\xff\xfe\n", b"", 'data: {"ü":1}\n\n'.encode())
    kept = [exchange(b'{"q":%d}' % number, body, status=number * 200) for number, body in enumerate(bodies)]
    for entry in kept:
        await tape.keep(entry)
    assert [await tape.find(entry.key) for entry in kept] == kept


async def test_exchange_that_was_never_kept_is_not_there(tape: Tape) -> None:
    """Neither another attempt of the same request nor anything on an empty tape."""
    entry = exchange(b'{"q":1}')
    assert (await tape.find(entry.key), await tape.nearest(b'{"q":1}')) == (None, None)
    await tape.keep(entry)
    assert await tape.find(exchange(b'{"q":1}', attempt=1).key) is None


async def test_first_exchange_of_a_key_stays(tape: Tape) -> None:
    """A second answer to the same request does not replace the one that was acted on."""
    first, second = exchange(b'{"q":1}', b"first"), exchange(b'{"q":1}', b"second", at=RECORDED_AT + 1)
    await tape.keep(first)
    await tape.keep(second)
    assert await tape.find(first.key) == first


async def test_attempts_of_one_request_are_exchanges_of_their_own(tape: Tape) -> None:
    """The first was refused, the second answered."""
    kept = [exchange(b'{"q":1}', b"busy", status=429), exchange(b'{"q":1}', b"yes", attempt=1)]
    for entry in kept:
        await tape.keep(entry)
    assert [await tape.find(entry.key) for entry in kept] == kept


async def test_nearest_is_the_exchange_that_shares_most(tape: Tape) -> None:
    """A changed line of a long prompt is closer than another market."""
    lines = [f"line {number} of the prompt" for number in range(20)]
    same = msgspec.json.encode({"model": "m", "content": "\n".join([*lines, "BTC 100"])})
    other = msgspec.json.encode({"model": "m", "content": "something\nelse\nBTC 101"})
    for entry in (exchange(other), exchange(same, at=RECORDED_AT - 1), exchange(b'{"q":1}')):
        await tape.keep(entry)
    asked = msgspec.json.encode({"model": "m", "content": "\n".join([*lines, "BTC 101"])})
    found = await tape.nearest(asked)
    assert found is not None
    assert found.request == same


async def test_exchange_under_a_key_that_is_not_its_own_is_refused(tape: Tape) -> None:
    """Else a tape could answer one question with the answer to another."""
    entry = exchange(b'{"q":1}')
    for key in (exchange(b'{"q":2}').key, TapeKey(entry.key.partition("/")[0]), TapeKey(f"{entry.key}x")):
        with pytest.raises(UsageError, match="kept"):
            await tape.keep(msgspec.structs.replace(entry, key=key))
    assert await tape.find(entry.key) is None
