"""What is remembered of accounts."""

import msgspec

from agentic_core.domain.account_days import AccountDay, OrdersCounted
from agentic_core.domain.ids import AccountKey
from agentic_core.domain.order import Fence
from agentic_core.domain.times import Instant
from agentic_core.store.checks import check_day
from agentic_core.store.postgres.connection import Database
from agentic_core.store.postgres.fencing import run_fenced

__all__ = ["PostgresDays"]


class PostgresDays:
    """Baselines and peaks of each account by UTC day."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, account: AccountKey) -> AccountDay | None:
        """Return the newest day, or None where no equity was ever read."""
        return await self._database.row("newest_day", AccountDay, {"account": account})

    async def write(self, fence: Fence, day: AccountDay) -> None:
        """Put down a day, in place of what was known of it.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            UsageError: the day is of another account than the fence.
        """
        check_day(fence, day)
        await run_fenced(self._database, "write_day", fence, msgspec.structs.asdict(day))

    async def orders(self, account: AccountKey, since: Instant, until: Instant) -> OrdersCounted:
        """Count the orders that were prepared in [since, until) and sent; stops and commands are none."""
        values = {"account": account, "since": since, "until": until}
        (counted,) = await self._database.rows("orders_counted", OrdersCounted, values)
        return counted
