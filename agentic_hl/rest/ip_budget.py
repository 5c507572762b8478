"""The weight that the venue allows one address of the internet per minute, shared by everything that asks from it."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import anyio

from agentic_core.ports.budgets import Bucket, BudgetLedger
from agentic_core.ports.clock import Clock
from agentic_hl.wire.weights import IP_WEIGHT_PER_MINUTE

__all__ = ["KEPT_FREE", "IpBudget", "Priority", "weight_bucket"]

_SHARE_PCT = 80
_MS_PER_S = 1_000

_RATE_LIMITED_MS = 10_000
"""How long everybody waits after a refusal that names no time; somebody we do not know uses the address as well."""


_LIGHT = 1
"""What weighs no more waits for nobody: it is an action, and a close must not queue behind questions."""


class Priority(StrEnum):
    """Who goes first when weight is short."""

    BACKGROUND = "background"
    """History that can wait."""

    NORMAL = "normal"
    URGENT = "urgent"
    """What closes a position or settles what became of an order."""


KEPT_FREE: Mapping[Priority, int] = MappingProxyType(
    {Priority.BACKGROUND: 100, Priority.NORMAL: 40, Priority.URGENT: 0}
)
"""Weight that each leaves to the ones before it."""


def weight_bucket(address: str, *, share_pct: int = _SHARE_PCT) -> Bucket:
    """Return the bucket of REST weight of an address of the internet, as its processes know themselves.

    So much of the venue's 1,200 a minute flows back; the rest of it is what may be taken at once, so that in no span of
    a minute more than 1,200 is taken.
    """
    per_minute = IP_WEIGHT_PER_MINUTE * share_pct // 100
    return Bucket(
        name=f"hyperliquid:weight:{address}", capacity=IP_WEIGHT_PER_MINUTE - per_minute, per_minute=per_minute
    )


class IpBudget:
    """Waits for weight before a request and settles what the request turned out to cost."""

    def __init__(self, ledger: BudgetLedger, clock: Clock, bucket: Bucket) -> None:
        """Take the ledger to share, the clock to wait by, and the address's bucket."""
        self._ledger = ledger
        self._clock = clock
        self._bucket = bucket
        self._turns = {priority: anyio.Lock() for priority in Priority}

    async def acquire(self, weight: int, priority: Priority, deadline_ms: int) -> int:
        """Take weight, waiting for it until the time since boot is the deadline's.

        Returns 0, or the milliseconds for which it would have to wait longer than that; nothing is taken then.
        """
        if weight <= _LIGHT:
            return await self._take(weight, priority, deadline_ms)
        # In the order of asking: whoever needs much would otherwise never get it beside many who need little.
        turn = self._turns[priority]
        if not await self._is_first(turn, deadline_ms):
            return 1
        try:
            return await self._take(weight, priority, deadline_ms)
        finally:
            turn.release()

    async def _is_first(self, turn: anyio.Lock, deadline_ms: int) -> bool:
        try:
            turn.acquire_nowait()
        except anyio.WouldBlock:
            with anyio.move_on_after(max(0, deadline_ms - self._clock.boottime_ms()) / _MS_PER_S) as waiting:
                await turn.acquire()
            return not waiting.cancelled_caught
        return True

    async def _take(self, weight: int, priority: Priority, deadline_ms: int) -> int:
        keep = min(KEPT_FREE[priority], max(0, self._bucket.capacity - weight))
        while wait := await self._ledger.take(self._bucket, weight, keep=keep):
            if self._clock.boottime_ms() + wait > deadline_ms:
                return wait
            await self._clock.sleep(wait / _MS_PER_S)
        return 0

    async def charge(self, weight: int) -> None:
        """Take what an answer cost more than its question."""
        if weight > 0:
            await self._ledger.charge(self._bucket, weight)

    async def give_back(self, weight: int) -> None:
        """Return the weight of a request that never left."""
        await self._ledger.give_back(self._bucket, weight)

    async def refused(self, retry_after_ms: int | None) -> None:
        """Hold everybody on the address back after the venue found it too busy."""
        await self._ledger.block(self._bucket, retry_after_ms or _RATE_LIMITED_MS)
