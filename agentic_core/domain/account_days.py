"""What is remembered of an account from one UTC day to the next, whoever runs it."""

import msgspec

from agentic_core.domain.ids import AccountKey
from agentic_core.domain.money import Usd
from agentic_core.domain.times import Instant

__all__ = ["AccountDay", "OrdersCounted"]


class AccountDay(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One row of `account_days`; all times are the venue's."""

    account: AccountKey
    day: int
    """UTC day number since the epoch."""
    baseline_usd: Usd
    """What losses of the day are counted from: its first equity, with what was paid in since."""
    opened_at: Instant
    """When that equity was read."""
    peak_usd: Usd
    """The highest equity of this day and all before it, with what was paid in since and without what was taken out."""
    as_of: Instant
    """Until when transfers are part of it."""


class OrdersCounted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How many orders left for the venue in a stretch of time."""

    orders: int = 0
    minute: int = 0
    """UTC minute number since the epoch of the newest of them; 0 where there is none."""
    minute_orders: int = 0
    """How many of them are of that minute."""
