"""A process with a unit of work open: `python -m tests.takeovers.frozen DSN`, which ends it once it reads a line."""

import sys

import anyio
from anyio import to_thread

from agentic_core.domain import Fence
from agentic_core.errors import AgenticError
from agentic_core.store.postgres import open_store
from agentic_core.system import install_decimal_traps
from tests.support.store_under_test import HOLDER
from tests.support.stored_values import LIVE
from tests.takeovers.marks import RUN, stated

__all__ = ["run"]

_TTL_MS = 1_000


async def run(dsn: str) -> str:
    """Take the lease, open a unit of work under it, write, wait to be told, write again, and say how that went."""
    async with open_store(dsn) as store:
        lease = await store.leases.acquire(LIVE, HOLDER, _TTL_MS, deployment=RUN)
        assert lease is not None
        fence = Fence(account=LIVE, epoch=lease.epoch)
        try:
            async with store.unit(fence) as unit:
                await unit.states.write(fence, stated(lease.epoch))
                _say("open")
                await to_thread.run_sync(sys.stdin.readline)
                await unit.states.write(fence, stated(lease.epoch))
        except AgenticError as error:
            return f"{type(error).__name__}: {error}"
    return "stored"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    install_decimal_traps()
    _say(anyio.run(run, sys.argv[1]))
