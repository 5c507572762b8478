"""Processes that speak to the store and may be killed, born of one that has imported everything already.

Run as a program it is the one they are born of: it reads a line for each, forks, and tells when that one is gone.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import FileIO
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import anyio

from agentic_core.domain import Fence, SkillId
from agentic_core.store.postgres import open_store
from tests.support.acts import Act, Room
from tests.support.acts_of_journal import ACTS
from tests.support.stored_values import LIVE

__all__ = ["ACKNOWLEDGED", "BETWEEN", "Client", "Clients", "Place", "clients"]

_ROOT: Final = Path(__file__).parents[2]
BETWEEN: Final = "between"
"""What a client says, and waits, after each statement but the last."""
ACKNOWLEDGED: Final = "acknowledged"

_GO: Final = "go"


class Client:
    """One process with an act to say."""

    def __init__(self, pid: int, pipes: tuple[IO[str], IO[str]]) -> None:
        self._pid = pid
        self._told, self._tells = pipes

    def await_word(self, word: str) -> None:
        """Wait until it says that it has come so far."""
        heard = self._tells.readline().strip()
        while heard == BETWEEN != word:
            heard = self._tells.readline().strip()
        assert heard == word, f"{heard!r} instead of {word!r}"

    def go_on(self, *, steps: int = 1) -> None:
        """Let it take its next steps."""
        self._told.write(f"{_GO}\n" * steps)
        self._told.flush()

    def kill(self) -> None:
        """Kill it, which it can do nothing about, and wait until it is gone."""
        os.kill(self._pid, signal.SIGKILL)
        self.await_word(f"gone {-signal.SIGKILL}")


class Place(NamedTuple):
    """Where a client speaks, and as whom."""

    dsn: str
    owner_dsn: str
    skill: SkillId
    epoch: int


class Clients:
    """Where clients come from."""

    def __init__(self, pipes: tuple[IO[str], IO[str]]) -> None:
        self._pipes = pipes

    def born(self, act: Act, minute: int, place: Place) -> Client:
        """Return a new one, which is connected and waits; the one before it has to be gone."""
        told, tells = self._pipes
        told.write(json.dumps([act.name, minute, place]) + "\n")
        told.flush()
        client = Client(int(tells.readline()), self._pipes)
        client.await_word("entered")
        return client


@contextmanager
def clients() -> Iterator[Clients]:
    """Run the process that they are born of."""
    command = [sys.executable, "-m", "tests.support.mortal_clients"]
    with subprocess.Popen(
        command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Clients((process.stdin, process.stdout))
        finally:
            process.kill()


def _bear() -> None:
    # Without a buffer, because whoever is born reads on where this one stopped.
    orders = FileIO(0, closefd=False)
    while order := orders.readline():
        if order == f"{_GO}\n".encode():
            continue  # for one that was killed before it could take the step
        pid = os.fork()
        if pid == 0:
            anyio.run(_live, orders, *json.loads(order))
            return
        _, status = os.waitpid(pid, 0)
        _tell(f"gone {os.waitstatus_to_exitcode(status)}")


async def _live(orders: FileIO, name: str, minute: int, given: list[Any]) -> None:
    async def wait(word: str) -> None:
        _tell(word)
        assert orders.readline() == f"{_GO}\n".encode()

    _tell(f"{os.getpid()}")
    (act,) = [each for each in ACTS if each.name == name]
    place = Place(*given)
    async with open_store(place.dsn, pool_max=1) as store, open_store(place.owner_dsn, pool_max=1) as owner:
        fence = Fence(account=LIVE, epoch=place.epoch)
        between = partial(wait, BETWEEN)
        room = Room(dsn=place.owner_dsn, store=store, owner=owner, skill=place.skill, fence=fence, between=between)
        await wait("entered")
        await act.say(room, minute)
        await wait(ACKNOWLEDGED)


def _tell(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _bear()
