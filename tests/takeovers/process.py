"""One of the processes: `python -m tests.takeovers.process DSN NAME SKILL`, until it is told to end."""

import signal
import sys
from contextlib import suppress

import anyio

from agentic_core.domain import Lease
from agentic_core.domain.ids import SkillId
from agentic_core.errors import Fenced
from agentic_core.store.postgres import PostgresStore, open_store
from agentic_core.system import SystemClock, install_decimal_traps
from tests.support.stored_values import LIVE
from tests.takeovers.marks import RUN
from tests.takeovers.reports import Lost, Took, tell
from tests.takeovers.stale import StaleWrites
from tests.takeovers.writes import Writes

__all__ = ["TTL_MS", "run"]

TTL_MS = 45
"""As short as a busy machine allows, because most of a takeover is waiting for it."""

_RENEWALS = 3
_AGAIN_S = 0.008
_POOL = 4


class _Contender:
    def __init__(self, store: PostgresStore, name: str, skill: SkillId) -> None:
        self.is_told_to_end = False
        self._store = store
        self._name = name
        self._skill = skill
        self._clock = SystemClock()

    async def contend(self) -> None:
        """Take the account whenever it is to be had, and trade it until that is refused."""
        while not self.is_told_to_end:
            lease = await self._store.leases.acquire(LIVE, self._name, TTL_MS, deployment=RUN)
            if lease is None:
                await self._clock.sleep(_AGAIN_S)
            else:
                await self._hold(lease)

    async def _hold(self, lease: Lease) -> None:
        tell(Took(epoch=lease.epoch))
        writes = Writes(self._store, self._skill, lease.epoch)
        await self._trade(lease, writes)
        # A write that began before the lease was prolonged may still judge by its old end.
        while not self.is_told_to_end and await self._store.leases.renew(lease):
            writes.start_again()
            await self._trade(lease, writes)
        stale = StaleWrites(self._store, self._skill, lease)
        if not self.is_told_to_end:
            await stale.try_all()
        tell(
            Lost(
                epoch=lease.epoch,
                acked=dict(writes.acked),
                caught=dict(writes.caught),
                refused=stale.refused,
                let_through=tuple(stale.let_through),
                troubles=tuple(stale.troubles),
            )
        )

    async def _trade(self, lease: Lease, writes: Writes) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._renew, lease, writes)
            with suppress(Fenced):
                await writes.inherit()
            for method in (writes.order, writes.keep_books):
                tasks.start_soon(writes.go_on, method)

    async def _renew(self, lease: Lease, writes: Writes) -> None:
        while not writes.over.is_set():
            with anyio.move_on_after(TTL_MS / _RENEWALS / 1_000):
                await writes.over.wait()
            if self.is_told_to_end:
                writes.over.set()
            elif not await self._store.leases.renew(lease):
                writes.refuse("renew")


async def run(dsn: str, name: str, skill: SkillId) -> None:
    """Contend until a signal says that it is enough."""
    async with open_store(dsn, pool_max=_POOL) as store:
        contender = _Contender(store, name, skill)
        async with anyio.create_task_group() as tasks:

            async def listen() -> None:
                with anyio.open_signal_receiver(signal.SIGTERM) as signals:
                    async for _ in signals:
                        contender.is_told_to_end = True
                        break

            tasks.start_soon(listen)
            await contender.contend()


if __name__ == "__main__":
    install_decimal_traps()
    anyio.run(run, sys.argv[1], sys.argv[2], SkillId(sys.argv[3]))
