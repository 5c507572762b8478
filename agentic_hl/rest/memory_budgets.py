"""Budgets of one process, for whoever has its address to itself."""

from agentic_core.ports.budgets import DEBT_MAX_MS, Bucket
from agentic_core.ports.clock import Clock

__all__ = ["MemoryBudgets"]

_US_PER_MS = 1_000


class MemoryBudgets:
    """Buckets in memory, by the time since boot; no method waits."""

    def __init__(self, clock: Clock) -> None:
        """Start with every bucket full."""
        self._clock = clock
        self._full_at: dict[str, int] = {}

    async def take(self, bucket: Bucket, amount: int, *, keep: int = 0) -> int:
        """Take all of the amount if at least `keep` is left; return 0, or the milliseconds until it is worth asking.

        Raises:
            UsageError: so many will never be there.
        """
        reach, now = bucket.reach_us(amount, keep), self._now()
        full_at = self._owed(bucket, now) + bucket.flow_us(amount)
        if (early := full_at - now - reach) > 0:
            return -(-early // _US_PER_MS)
        self._full_at[bucket.name] = full_at
        return 0

    async def charge(self, bucket: Bucket, amount: int) -> None:
        """Take what is owed already, even where that much is not there."""
        self._full_at[bucket.name] = self._owed(bucket, self._now()) + bucket.flow_us(amount)

    async def give_back(self, bucket: Bucket, amount: int) -> None:
        """Return what was taken and not used."""
        self._full_at[bucket.name] = self._owed(bucket, self._now()) - bucket.flow_us(amount)

    async def block(self, bucket: Bucket, for_ms: int) -> None:
        """Empty the bucket and let nothing flow back for so long."""
        now = self._now()
        until = now + bucket.flow_us(bucket.capacity) + min(for_ms, DEBT_MAX_MS) * _US_PER_MS
        self._full_at[bucket.name] = max(self._owed(bucket, now), until)

    async def available(self, bucket: Bucket) -> int:
        """Return how many tokens are there; zero while in debt."""
        now = self._now()
        return bucket.tokens(now + bucket.flow_us(bucket.capacity) - self._owed(bucket, now))

    def _now(self) -> int:
        return self._clock.boottime_ms() * _US_PER_MS

    def _owed(self, bucket: Bucket, now: int) -> int:
        # When the bucket is full again: not before now, and never so late that nobody would live to see it.
        latest = now + bucket.flow_us(bucket.capacity) + DEBT_MAX_MS * _US_PER_MS
        return max(now, min(self._full_at.get(bucket.name, now), latest))
