"""Budgets that every process on this database shares, by the database's clock."""

import msgspec

from agentic_core.ports.budgets import DEBT_MAX_MS, Bucket
from agentic_core.store.postgres.connection import Database, Values

__all__ = ["PostgresBudgets"]

_US_PER_MS = 1_000


class _Wait(msgspec.Struct):
    wait_ms: int


class _Room(msgspec.Struct):
    room_us: int


class PostgresBudgets:
    """One row for each bucket; every method is one statement, and the row's lock puts callers in line."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, bucket: Bucket, amount: int, *, keep: int = 0) -> int:
        """Take all of the amount if at least `keep` is left; return 0, or the milliseconds until it is worth asking.

        Raises:
            UsageError: so many will never be there.
        """
        values = {**_flow(bucket, amount), "reach_us": bucket.reach_us(amount, keep)}
        answer = await self._database.row("take_from_budget", _Wait, values)
        return 0 if answer is None else answer.wait_ms

    async def charge(self, bucket: Bucket, amount: int) -> None:
        """Take what is owed already, even where that much is not there."""
        await self._database.run("charge_budget", _flow(bucket, amount))

    async def give_back(self, bucket: Bucket, amount: int) -> None:
        """Return what was taken and not used."""
        await self._database.run("give_back_to_budget", {"bucket": bucket.name, "cost_us": bucket.flow_us(amount)})

    async def block(self, bucket: Bucket, for_ms: int) -> None:
        """Empty the bucket and let nothing flow back for so long."""
        span_us = bucket.flow_us(bucket.capacity) + min(for_ms, DEBT_MAX_MS) * _US_PER_MS
        await self._database.run("block_budget", {"bucket": bucket.name, "span_us": span_us})

    async def available(self, bucket: Bucket) -> int:
        """Return how many tokens are there; zero while in debt."""
        full_us = bucket.flow_us(bucket.capacity)
        found = await self._database.row("room_in_budget", _Room, {"bucket": bucket.name, "full_us": full_us})
        return bucket.capacity if found is None else bucket.tokens(found.room_us)


def _flow(bucket: Bucket, amount: int) -> Values:
    return {
        "bucket": bucket.name,
        "cost_us": bucket.flow_us(amount),
        "debt_us": bucket.flow_us(bucket.capacity) + DEBT_MAX_MS * _US_PER_MS,
    }
