"""A key lives its whole life in a database that logs everything, and can be read nowhere outside of its processes.

What it is sealed with, the root keys and the wrapping keys are looked for as well. What was planted in clear is found.
"""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from tests.support.by_hand import execute
from tests.support.canaries import Canary, spotted
from tests.support.canary_life import KeyLife
from tests.support.logged_server import LoggedServer, logged_server
from tests.support.told import told_of_error

pytest_plugins = ["tests.support.embedded_folders"]
pytestmark = pytest.mark.anyio

CONTROL = Canary("the control", sha256(b"in the mine").digest())
TEXTS = CONTROL.written.keys() - {"raw"}


def plant(server: LoggedServer) -> Exception:
    """Keep the control in clear in every form, and return an error that holds it."""
    execute(server.dsn, "create table planted (form text, bytes bytea, content text)")
    for form in sorted(TEXTS):
        text = CONTROL.written[form].decode()
        execute(server.dsn, "insert into planted values (%s, %s, %s)", form, CONTROL.secret, text)
    try:
        execute(server.dsn, "select %s::int", CONTROL.written["hex"].decode())
    except psycopg.Error as error:
        return error
    message = "a text was a number"
    raise AssertionError(message)


@pytest.fixture
def server(tmp_path: Path, shared_home: Path) -> Iterator[LoggedServer]:
    """Start a server that logs everything."""
    with logged_server(tmp_path / "logged", shared_home) as server:
        yield server


async def test_key_is_nowhere_in_clear(server: LoggedServer) -> None:
    """In no heap page after a checkpoint, no segment of WAL, no other file, no log, no dump and no error."""
    planted = plant(server)
    async with AsyncExitStack() as stack:
        life = KeyLife(server, stack)
        deployment = await life.lived()
    left = server.left()
    told = b"".join(map(told_of_error, life.errors))
    canaries = life.canaries(deployment, None)
    assert len(life.errors) == 14
    assert {where: spotted(canaries, content) for where, content in left.items()} == {where: {} for where in left}
    assert spotted(canaries, told) == {}

    seen = {where: CONTROL.forms_in(content) for where, content in left.items()}
    assert seen.pop("heap") == seen.pop("wal") == {"raw", *TEXTS}
    assert seen.pop("elsewhere") == set()
    assert {where: TEXTS - forms for where, forms in seen.items()} == {where: set() for where in seen}
    assert "hex" in CONTROL.forms_in(told_of_error(planted))
    # What was looked at is what the life left: its address and its sealed texts are there.
    for where in ("heap", "wal", "log", "plain dump", "custom dump", "compressed dump"):
        assert b"agent_key/Mainnet/" in left[where] or b"handed to" in left[where]
