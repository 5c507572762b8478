"""Our client in a process of its own: the shipped connection, or the shipped link and reader without a session.

    python -m tests.bench.frame_reader connection|link URL

Each line `[count]` is answered twice: when it listens, and with what that many frames took and said.
"""

import gc
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial

import anyio
import anyio.to_thread
import msgspec

from agentic_core.system import SystemClock, SystemEntropy
from agentic_hl.rest.memory_budgets import MemoryBudgets
from agentic_hl.stream.allowance import LinkAllowance, link_bucket
from agentic_hl.stream.connection import Connection, GapFilled, StreamEvent
from agentic_hl.stream.effects import Deliver, GapNeeded
from agentic_hl.stream.topics import Topic, coin_topic
from agentic_hl.stream.transport import LinkEnded, NotConnected
from agentic_hl.stream.websockets_transport import WebsocketsTransport
from agentic_hl.wire.messages.channels import (
    BestQuoteFrame,
    DexesContextsFrame,
    LegacyStateFrame,
    MidsFrame,
)
from agentic_hl.wire.messages.frames import Frame, read_frame
from agentic_hl.wire.messages.reading import Unreadable
from tests.bench.frame_samples import END_COIN, MIDS_READ
from tests.bench.workers import tell

_QUIET_MS = 600_000


class _Counter:
    """Looks at each frame as whoever trades would, and measures until the last one."""

    def __init__(self) -> None:
        self._frames, self._said = 0, ""
        self._began = self._took = 0.0
        self._done = anyio.Event()

    def begin(self) -> None:
        self._frames, self._said, self._done = 0, "", anyio.Event()
        gc.collect()
        self._began = time.process_time()

    def look(self, frame: Frame) -> None:
        match frame:
            case MidsFrame(payload=mids):
                prices = mids.prices(MIDS_READ)
                assert not isinstance(prices, Unreadable), prices
                self._count(" ".join(str(prices[coin]) for coin in MIDS_READ))
            case DexesContextsFrame(payload=dexs):
                self._count(str(dexs.main[0].mark_price))
            case LegacyStateFrame(payload=state):
                account = state.clearinghouse_state
                self._count(f"{account.margin_summary.equity} {len(account.positions)} {len(state.open_orders)}")
            case BestQuoteFrame(payload=quote) if quote.coin == END_COIN:
                self._took = time.process_time() - self._began
                self._done.set()
            case _:
                pass

    async def measured(self) -> tuple[float, int, str]:
        await self._done.wait()
        return self._took, self._frames, self._said

    def _count(self, said: str) -> None:
        self._frames += 1
        self._said = said


class _Listener:
    def __init__(self, counter: _Counter) -> None:
        self._counter = counter

    def heard(self, event: StreamEvent) -> None:
        if isinstance(event, Deliver):
            self._counter.look(event.frame)

    async def fill(self, gap: GapNeeded) -> GapFilled:
        return GapFilled()


async def _by_connection(counter: _Counter, url: str) -> None:
    clock = SystemClock()
    allowance = LinkAllowance(MemoryBudgets(clock), clock, link_bucket("bench"))
    connection = Connection(WebsocketsTransport(url), clock, SystemEntropy(), allowance, _Listener(counter))
    for channel in ("allMids", "allDexsAssetCtxs"):
        connection.want(Topic(type=channel), silence_ms=_QUIET_MS)
    connection.want(coin_topic("bbo", END_COIN), silence_ms=_QUIET_MS)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(connection.run)
        await _attend(counter)
        tasks.cancel_scope.cancel()


async def _by_link(counter: _Counter, url: str) -> None:
    link = await WebsocketsTransport(url).connect()
    assert not isinstance(link, NotConnected), link

    async def read() -> None:
        while not isinstance(text := await link.receive(), LinkEnded):
            counter.look(read_frame(text))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        await _attend(counter)
        tasks.cancel_scope.cancel()
    await link.aclose()


_WAYS: dict[str, Callable[[_Counter, str], Awaitable[None]]] = {"connection": _by_connection, "link": _by_link}


async def _attend(counter: _Counter) -> None:
    while line := await anyio.to_thread.run_sync(sys.stdin.buffer.readline):
        (expected,) = msgspec.json.decode(line)
        counter.begin()
        tell("listening")
        took, frames, said = await counter.measured()
        assert frames == expected, f"{frames} of {expected} frames came"
        tell([took / expected * 1e6, said])


def main() -> None:
    """Read frames until the bench has no more."""
    way, url = sys.argv[1:]
    gc.disable()
    anyio.run(partial(_WAYS[way], _Counter(), url))


if __name__ == "__main__":
    main()
