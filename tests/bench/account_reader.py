"""Our account feed over our connection, in a process of its own: from the socket to what happened to the account.

    python -m tests.bench.account_reader URL TRADER

Each line `[count]` is answered twice: when it listens, and with what each of so many messages took and said.
"""

import gc
import sys
import time
from decimal import Decimal

import anyio
import anyio.to_thread
import msgspec

from agentic_core.domain.account_events import AccountEvent, FillTold
from agentic_core.system import SystemClock, SystemEntropy
from agentic_hl.account import AccountFeed, FollowedAccount
from agentic_hl.rest.httpx_transport import HttpxTransport
from agentic_hl.rest.memory_budgets import MemoryBudgets
from agentic_hl.stream.allowance import LinkAllowance, link_bucket
from agentic_hl.stream.connection import Connection, GapFilled, StreamEvent
from agentic_hl.stream.effects import Deliver, FreshnessChanged, GapNeeded
from agentic_hl.stream.websockets_transport import WebsocketsTransport
from agentic_hl.wire.signing import Signer
from tests.bench.trading_place import FOLLOWED, secret_of
from tests.bench.workers import tell
from tests.support.hyperliquid_desk import NothingRemembered, access_over


class _Counter:
    """Stands before the feed, counts what is delivered to it, and hears what it tells."""

    def __init__(self) -> None:
        self.feed: AccountFeed | None = None
        self.fresh: set[str] = set()
        self._frames, self._units = 0, Decimal(0)
        self._changed = anyio.Event()

    def begin(self) -> float:
        self._frames, self._units = 0, Decimal(0)
        gc.collect()
        return time.process_time()

    def tell(self, event: AccountEvent) -> None:
        if isinstance(event, FillTold):
            self._units += event.fill.size

    def heard(self, event: StreamEvent) -> None:
        assert self.feed is not None, "it is there before the connection runs"
        self.feed.heard(event)
        if isinstance(event, Deliver):
            self._frames += 1
        elif isinstance(event, FreshnessChanged) and event.is_fresh:
            self.fresh.add(event.topic.type)
        else:
            return
        self._changed.set()

    async def fill(self, gap: GapNeeded) -> GapFilled | None:
        assert self.feed is not None, "it is there before the connection runs"
        return await self.feed.fill(gap)

    async def until_fresh(self) -> None:
        while self.fresh != set(FOLLOWED):
            await self._news()

    async def measured(self, expected: int, began: float) -> tuple[float, str]:
        while self._frames < expected:
            await self._news()
        return (time.process_time() - began) / expected * 1e6, str(self._units)

    async def _news(self) -> None:
        self._changed = anyio.Event()
        await self._changed.wait()


async def _follow(url: str, trader: str) -> None:
    clock, counter = SystemClock(), _Counter()
    async with HttpxTransport(url) as http:
        rest = access_over(http, clock, SystemEntropy()).rest
        followed = FollowedAccount(address=Signer.from_hex(secret_of(trader)).address, mode="default")
        feed = counter.feed = AccountFeed(
            rest, followed, NothingRemembered(), clock.now, tell=counter.tell, tell_stream=lambda _: None
        )
        allowance = LinkAllowance(MemoryBudgets(clock), clock, link_bucket("bench"))
        streams = WebsocketsTransport(f"{url.replace('http', 'ws', 1)}/ws")
        connection = Connection(streams, clock, SystemEntropy(), allowance, counter)
        for topic in feed.topics:
            if topic.type in FOLLOWED:
                connection.want(topic)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(connection.run)
            await counter.until_fresh()
            await _attend(counter)
            tasks.cancel_scope.cancel()


async def _attend(counter: _Counter) -> None:
    while line := await anyio.to_thread.run_sync(sys.stdin.buffer.readline):
        (expected,) = msgspec.json.decode(line)
        began = counter.begin()
        tell("listening")
        tell(await counter.measured(expected, began))


def main() -> None:
    """Follow until the bench has no more."""
    url, trader = sys.argv[1:]
    gc.disable()
    anyio.run(_follow, url, trader)


if __name__ == "__main__":
    main()
