"""Funding, transfers and orders at a venue in memory."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import TypeVar, assert_never

from agentic_core.domain.account_events import Transfer
from agentic_core.domain.fill import Fill
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ids import AccountKey, DeploymentId
from agentic_core.domain.ledger import LedgerEntry, LedgerTotals, once_each
from agentic_core.domain.money import ZERO, Usd
from agentic_core.domain.order import Fence
from agentic_core.domain.placed_orders import PlacedOrder
from agentic_core.domain.times import Instant
from agentic_core.store.memory.intents import MemoryIntents
from agentic_core.store.memory.leases import MemoryLeases

__all__ = ["MemoryLedger"]

_Told = TypeVar("_Told")


class MemoryLedger:
    """What each account earned, paid, gained and lost; fills and orders are those of the intents."""

    def __init__(self, leases: MemoryLeases, intents: MemoryIntents) -> None:
        self._check = leases.check
        self._intents = intents
        self._payments: defaultdict[AccountKey, dict[str, FundingPayment]] = defaultdict(dict)
        self._transfers: defaultdict[AccountKey, dict[str, Transfer]] = defaultdict(dict)

    async def record_funding(
        self, fence: Fence, deployment: DeploymentId, payments: Sequence[FundingPayment], *, at: Instant
    ) -> tuple[FundingPayment, ...]:
        """Record payments and return those that were not recorded before; one that was stays as it is.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
        """
        self._check(fence)
        return _recorded(self._payments[fence.account], once_each(payments, attrgetter("payment_id")))

    async def record_transfers(
        self, fence: Fence, deployment: DeploymentId, transfers: Sequence[Transfer], *, at: Instant
    ) -> tuple[Transfer, ...]:
        """Record transfers and return those that were not recorded before; one that was stays as it is.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
        """
        self._check(fence)
        return _recorded(self._transfers[fence.account], once_each(transfers, attrgetter("transfer_id")))

    async def entries(self, account: AccountKey, since: Instant) -> tuple[LedgerEntry, ...]:
        """Return what happened from an instant on, oldest first; of one instant fills, funding, then transfers."""
        fills = await self._intents.fills(account)
        payments = sorted(self._payments[account].values(), key=lambda each: each.payment_id)
        transfers = sorted(self._transfers[account].values(), key=lambda each: each.transfer_id)
        everything: list[LedgerEntry] = [*fills, *payments, *transfers]
        return tuple(entry for entry in sorted(everything, key=_at) if _at(entry) >= since)

    async def totals(self, account: AccountKey, since: Instant, until: Instant) -> LedgerTotals:
        """Add up what happened in [since, until)."""
        entries = [entry for entry in await self.entries(account, since) if _at(entry) < until]
        fills = [entry for entry in entries if isinstance(entry, Fill)]
        return LedgerTotals(
            fills=len(fills),
            closed_pnl_usd=Usd(sum((fill.closed_pnl for fill in fills), ZERO)),
            fees_usd=Usd(sum((fill.fee for fill in fills), ZERO)),
            funding_usd=Usd(sum((each.amount for each in entries if isinstance(each, FundingPayment)), ZERO)),
            transfers_usd=Usd(sum((each.amount for each in entries if isinstance(each, Transfer)), ZERO)),
        )

    async def orders(self, deployment: DeploymentId, limit: int) -> tuple[PlacedOrder, ...]:
        """Return the newest orders that a deployment sent to its venue, newest first; paper has none."""
        placed = self._intents.placed(deployment)
        return tuple(sorted(placed, key=lambda order: (order.placed_at, order.cloid), reverse=True)[:limit])


def _at(entry: LedgerEntry) -> Instant:
    match entry:
        case Fill(time=at) | FundingPayment(time=at) | Transfer(at=at):
            return at
        case _:
            assert_never(entry)


def _recorded(known: dict[str, _Told], told: Mapping[str, _Told]) -> tuple[_Told, ...]:
    fresh = {name: each for name, each in told.items() if name not in known}
    known.update(fresh)
    return tuple(fresh.values())
