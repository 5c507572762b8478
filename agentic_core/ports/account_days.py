"""What is remembered of accounts, in the database; every method is one transaction."""

from typing import Protocol

from agentic_core.domain.account_days import AccountDay, OrdersCounted
from agentic_core.domain.ids import AccountKey
from agentic_core.domain.order import Fence
from agentic_core.domain.times import Instant

__all__ = ["AccountDayStore"]


class AccountDayStore(Protocol):
    """Baselines and peaks of each account by UTC day; they outlive deployments."""

    async def newest(self, account: AccountKey) -> AccountDay | None:
        """Return the newest day, or None where no equity was ever read."""

    async def write(self, fence: Fence, day: AccountDay) -> None:
        """Put down a day, in place of what was known of it.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            UsageError: the day is of another account than the fence.
        """

    async def orders(self, account: AccountKey, since: Instant, until: Instant) -> OrdersCounted:
        """Count the orders that were prepared in [since, until) and sent; stops and commands are none."""
