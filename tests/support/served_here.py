"""A venue on a socket of this machine, served by the event loop of the test itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import anyio

from agentic_core.ports.clock import Clock
from agentic_hl.venue.server import Server, serve
from agentic_hl.venue.venue import Venue

__all__ = ["served"]


class _Standing:
    # The venue's time is the test's, and whoever moves it also tells the venue.
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> int:
        return self._clock.now()

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep_forever()


@asynccontextmanager
async def served(venue: Venue, clock: Clock) -> AsyncIterator[str]:
    """Serve a venue at the time of a clock, and yield its address; nothing of it runs while the test does not wait."""
    ports: list[int] = []
    listening = anyio.Event()

    def started(port: int) -> None:
        ports.append(port)
        listening.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(serve, Server(venue, _Standing(clock)), started=started))
        await listening.wait()
        yield f"http://127.0.0.1:{ports[0]}"
        tasks.cancel_scope.cancel()
