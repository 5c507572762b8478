"""The simulated venue in a process of its own, in real time; prices stand still, and there is always somebody to trade.

    python -m tests.bench.trading_venue

It writes its port, and answers each line with the seconds of processor time it has taken so far.
"""

import sys
import time
from decimal import Decimal

import anyio
import anyio.to_thread

from agentic_core.system import SystemClock
from agentic_hl.venue.engine.options import Options
from agentic_hl.venue.server import Server, serve
from agentic_hl.venue.venue import Venue, VenueOptions
from agentic_hl.wire.signing import Signer
from tests.bench.trading_place import DEPOSIT, PRICE, TRADERS, secret_of
from tests.bench.workers import tell

_DEEP_USD = Decimal(10**12)
_OPTIONS = VenueOptions(
    engine=Options(start_prices={0: Decimal(PRICE)}, levels=1, level_usd=_DEEP_USD, print_usd=Decimal(0))
)


async def _serve() -> None:
    clock = SystemClock()
    venue = Venue(seed=7, now=clock.now(), options=_OPTIONS)
    for trader in TRADERS:
        venue.deposit(Signer.from_hex(secret_of(trader)).address, Decimal(DEPOSIT), clock.now())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_run, Server(venue, clock))
        while await anyio.to_thread.run_sync(sys.stdin.buffer.readline):
            tell(time.process_time())
        tasks.cancel_scope.cancel()


async def _run(server: Server) -> None:
    await serve(server, started=tell)


if __name__ == "__main__":
    anyio.run(_serve)
