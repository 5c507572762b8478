"""Funding, transfers and orders at a venue in the database; every method is one transaction."""

from collections.abc import Sequence
from typing import Protocol

from agentic_core.domain.account_events import Transfer
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ids import AccountKey, DeploymentId
from agentic_core.domain.ledger import LedgerEntry, LedgerTotals
from agentic_core.domain.order import Fence
from agentic_core.domain.placed_orders import PlacedOrder
from agentic_core.domain.times import Instant

__all__ = ["LedgerStore"]


class LedgerStore(Protocol):
    """What an account earned, paid, gained and lost, each entry exactly once; fills come by `IntentStore`."""

    async def record_funding(
        self, fence: Fence, deployment: DeploymentId, payments: Sequence[FundingPayment], *, at: Instant
    ) -> tuple[FundingPayment, ...]:
        """Record payments and return those that were not recorded before; one that was stays as it is.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
        """

    async def record_transfers(
        self, fence: Fence, deployment: DeploymentId, transfers: Sequence[Transfer], *, at: Instant
    ) -> tuple[Transfer, ...]:
        """Record transfers and return those that were not recorded before; one that was stays as it is.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
        """

    async def entries(self, account: AccountKey, since: Instant) -> tuple[LedgerEntry, ...]:
        """Return what happened from an instant on, oldest first; of one instant fills, funding, then transfers."""

    async def totals(self, account: AccountKey, since: Instant, until: Instant) -> LedgerTotals:
        """Add up what happened in [since, until)."""

    async def orders(self, deployment: DeploymentId, limit: int) -> tuple[PlacedOrder, ...]:
        """Return the newest orders that a deployment sent to its venue, newest first; paper has none."""
