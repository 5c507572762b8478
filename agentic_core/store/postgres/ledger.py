"""Funding, transfers and orders at a venue."""

from collections.abc import Sequence
from decimal import Decimal
from operator import attrgetter

import msgspec

from agentic_core.domain.account_events import Transfer
from agentic_core.domain.fill import Fill
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ids import AccountKey, DeploymentId
from agentic_core.domain.ledger import LedgerEntry, LedgerTotals, once_each
from agentic_core.domain.order import Fence
from agentic_core.domain.placed_orders import PlacedOrder
from agentic_core.domain.times import Instant
from agentic_core.store.postgres.codec import encode
from agentic_core.store.postgres.connection import Database
from agentic_core.store.postgres.fencing import run_fenced

__all__ = ["PostgresLedger"]

_FILL, _FUNDING = 1, 2


class PostgresLedger:
    """What each account earned, paid, gained and lost; the orders follow from intents and fills by triggers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record_funding(
        self, fence: Fence, deployment: DeploymentId, payments: Sequence[FundingPayment], *, at: Instant
    ) -> tuple[FundingPayment, ...]:
        """Record payments and return those that were not recorded before; one that was stays as it is.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            NotFound: there is no such deployment on this account.
        """
        firsts = once_each(payments, attrgetter("payment_id"))
        rows = [{"payment_id": name, **msgspec.structs.asdict(each)} for name, each in firsts.items()]
        values = {"deployment": deployment, "payments": encode(rows), "at": at}
        answer = await run_fenced(self._database, "record_funding", fence, values)
        return tuple(each for name, each in firsts.items() if name in answer.fresh)

    async def record_transfers(
        self, fence: Fence, deployment: DeploymentId, transfers: Sequence[Transfer], *, at: Instant
    ) -> tuple[Transfer, ...]:
        """Record transfers and return those that were not recorded before; one that was stays as it is.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            NotFound: there is no such deployment on this account.
        """
        firsts = once_each(transfers, attrgetter("transfer_id"))
        values = {"deployment": deployment, "transfers": encode(list(firsts.values())), "at": at}
        answer = await run_fenced(self._database, "record_transfers", fence, values)
        return tuple(each for name, each in firsts.items() if name in answer.fresh)

    async def entries(self, account: AccountKey, since: Instant) -> tuple[LedgerEntry, ...]:
        """Return what happened from an instant on, oldest first; of one instant fills, funding, then transfers."""
        rows = await self._database.rows("ledger_entries", _EntryRow, {"account": account, "since": since})
        return tuple(row.entry() for row in rows)

    async def totals(self, account: AccountKey, since: Instant, until: Instant) -> LedgerTotals:
        """Add up what happened in [since, until)."""
        values = {"account": account, "since": since, "until": until}
        (totals,) = await self._database.rows("ledger_totals", LedgerTotals, values)
        return totals

    async def orders(self, deployment: DeploymentId, limit: int) -> tuple[PlacedOrder, ...]:
        """Return the newest orders that a deployment sent to its venue, newest first; paper has none."""
        return await self._database.rows("placed_orders", PlacedOrder, {"deployment": deployment, "limit": limit})


class _EntryRow(msgspec.Struct):
    sort: int
    id: str
    symbol: str | None
    cloid: str | None
    side: str | None
    size: Decimal | None
    price: Decimal | None
    amount: Decimal
    liquidity: str | None
    closed_pnl: Decimal | None
    kind: str | None
    rate: Decimal | None
    at: Instant
    seq: int

    def entry(self) -> LedgerEntry:
        row = {**msgspec.structs.asdict(self), "time": self.at}
        if self.sort == _FILL:
            return msgspec.convert({**row, "fill_id": self.id, "fee": self.amount}, Fill)
        if self.sort == _FUNDING:
            return msgspec.convert(row, FundingPayment)
        return msgspec.convert({**row, "transfer_id": self.id}, Transfer)
