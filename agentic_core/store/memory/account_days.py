"""What is remembered of accounts, in memory."""

from agentic_core.domain.account_days import AccountDay, OrdersCounted
from agentic_core.domain.ids import AccountKey
from agentic_core.domain.order import Fence, IntentKind
from agentic_core.domain.times import MINUTE_MS, Instant
from agentic_core.store.checks import check_day, was_sent
from agentic_core.store.memory.intents import MemoryIntents
from agentic_core.store.memory.leases import MemoryLeases

__all__ = ["MemoryDays"]


class MemoryDays:
    """The newest day of each account; nobody asks for those before it."""

    def __init__(self, leases: MemoryLeases, intents: MemoryIntents) -> None:
        self._check = leases.check
        self._intents = intents
        self._days: dict[AccountKey, AccountDay] = {}

    async def newest(self, account: AccountKey) -> AccountDay | None:
        """Return the newest day, or None where no equity was ever read."""
        return self._days.get(account)

    async def write(self, fence: Fence, day: AccountDay) -> None:
        """Put down a day, in place of what was known of it.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            UsageError: the day is of another account than the fence.
        """
        check_day(fence, day)
        self._check(fence)
        known = self._days.get(day.account)
        if known is None or known.day <= day.day:
            self._days[day.account] = day

    async def orders(self, account: AccountKey, since: Instant, until: Instant) -> OrdersCounted:
        """Count the orders that were prepared in [since, until) and sent; stops and commands are none."""
        minutes = [
            record.prepared.prepared_at // MINUTE_MS
            for record in self._intents.records(account)
            if record.prepared.intent.kind is IntentKind.ORDER
            and since <= record.prepared.prepared_at < until
            and was_sent(record)
        ]
        newest = max(minutes, default=0)
        return OrdersCounted(orders=len(minutes), minute=newest, minute_orders=minutes.count(newest))
