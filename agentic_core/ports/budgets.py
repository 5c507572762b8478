"""Budgets that refill with time and that several processes may share: a venue's limit per minute on one address.

A bucket is full at the start. What is taken flows back evenly, and never more than the capacity is there, so that in no
span of a minute more than `capacity + per_minute` is taken.
"""

from typing import Protocol

import msgspec

from agentic_core.errors import UsageError

__all__ = ["DEBT_MAX_MS", "MINUTE_US", "Bucket", "BudgetLedger"]

MINUTE_US = 60_000_000
"""Ledgers count in microseconds, the finest that a database's clock tells."""

DEBT_MAX_MS = 300_000
"""Nobody ever waits longer for an empty bucket to start refilling, even where a clock was set back."""


class Bucket(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A budget by name; whoever gives the same name, and the same figures with it, shares it."""

    name: str
    capacity: int
    """Tokens of a full bucket, which may be taken at once."""

    per_minute: int
    """Tokens that flow back in a minute."""

    def __post_init__(self) -> None:
        """Refuse a bucket that could never give anything.

        Raises:
            UsageError: the name is empty or a figure is not positive.
        """
        if not self.name or self.capacity <= 0 or self.per_minute <= 0:
            raise UsageError(
                f"bucket {self.name!r} holds {self.capacity} and refills {self.per_minute} a minute; "
                "name it and make both positive"
            )

    def flow_us(self, amount: int) -> int:
        """Return the microseconds in which so many tokens flow back.

        >>> Bucket(name="weight", capacity=240, per_minute=960).flow_us(2)
        125000
        """
        return amount * MINUTE_US // self.per_minute

    def tokens(self, flow_us: int) -> int:
        """Return the whole tokens that flow back in so many microseconds, none below zero and no more than fit."""
        return max(0, min(self.capacity, flow_us * self.per_minute // MINUTE_US))

    def reach_us(self, amount: int, keep: int) -> int:
        """Return how far the bucket may be from full after so many are taken and `keep` are left.

        Raises:
            UsageError: the amount is not positive, or is more than will ever be there.
        """
        if amount <= 0 or keep < 0 or amount > self.capacity - keep:
            raise UsageError(
                f"{amount} tokens with {keep} to be left will never be in bucket {self.name!r}, "
                f"which holds {self.capacity}; take fewer at a time"
            )
        return self.flow_us(self.capacity - keep)


class BudgetLedger(Protocol):
    """Who has taken how much; every method is atomic, whoever else calls at the same moment."""

    async def take(self, bucket: Bucket, amount: int, *, keep: int = 0) -> int:
        """Take all of the amount if at least `keep` is left; return 0, or the milliseconds until it is worth asking.

        Raises:
            UsageError: so many will never be there.
        """

    async def charge(self, bucket: Bucket, amount: int) -> None:
        """Take what is owed already, even where that much is not there: the bucket then refills from below zero."""

    async def give_back(self, bucket: Bucket, amount: int) -> None:
        """Return what was taken and not used; a bucket never gets fuller than full."""

    async def block(self, bucket: Bucket, for_ms: int) -> None:
        """Empty the bucket and let nothing flow back for so long, at most `DEBT_MAX_MS`."""

    async def available(self, bucket: Bucket) -> int:
        """Return how many tokens are there; zero while in debt."""
