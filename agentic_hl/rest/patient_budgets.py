"""A shared ledger that no request depends on: while it cannot be reached, this process keeps to its own count."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import anyio

from agentic_core.errors import StoreError
from agentic_core.ports.budgets import Bucket, BudgetLedger
from agentic_core.ports.clock import Clock
from agentic_hl.rest.memory_budgets import MemoryBudgets

__all__ = ["PatientBudgets"]

_T = TypeVar("_T")

_PATIENCE_S: Final = 1.0
_ALONE_MS: Final = 10_000


class PatientBudgets:
    """Asks the shared ledger, and for ten seconds after it failed only itself.

    A position can then be closed while the database is down. What this process took from the shared ledger is counted
    here too, so that its own count is no fresh budget.
    """

    def __init__(self, shared: BudgetLedger, clock: Clock) -> None:
        """Take the ledger that other processes use as well."""
        self._shared = shared
        self._clock = clock
        self._own = MemoryBudgets(clock)
        self._alone_until = 0

    async def take(self, bucket: Bucket, amount: int, *, keep: int = 0) -> int:
        """Take all of the amount if at least `keep` is left; return 0, or the milliseconds until it is worth asking.

        Raises:
            UsageError: so many will never be there.
        """
        wait = await self._ask(lambda: self._shared.take(bucket, amount, keep=keep))
        if wait is None:
            return await self._own.take(bucket, amount, keep=keep)
        if wait == 0:
            await self._own.charge(bucket, amount)
        return wait

    async def charge(self, bucket: Bucket, amount: int) -> None:
        """Take what is owed already, even where that much is not there."""
        await self._own.charge(bucket, amount)
        await self._ask(lambda: self._shared.charge(bucket, amount))

    async def give_back(self, bucket: Bucket, amount: int) -> None:
        """Return what was taken and not used."""
        await self._own.give_back(bucket, amount)
        await self._ask(lambda: self._shared.give_back(bucket, amount))

    async def block(self, bucket: Bucket, for_ms: int) -> None:
        """Empty the bucket and let nothing flow back for so long."""
        await self._own.block(bucket, for_ms)
        await self._ask(lambda: self._shared.block(bucket, for_ms))

    async def available(self, bucket: Bucket) -> int:
        """Return how many tokens are there; zero while in debt."""
        there = await self._ask(lambda: self._shared.available(bucket))
        return await self._own.available(bucket) if there is None else there

    async def _ask(self, question: Callable[[], Awaitable[_T]]) -> _T | None:
        if self._clock.boottime_ms() < self._alone_until:
            return None
        with anyio.move_on_after(_PATIENCE_S):
            try:
                return await question()
            except StoreError:
                pass
        self._alone_until = self._clock.boottime_ms() + _ALONE_MS
        return None
