"""What can be asked of a paper account beside its equity and positions."""

from typing import Final

from agentic_core.brokers.paper.account import PaperAccount
from agentic_core.brokers.paper.keeping import KeptOrder, keep_order
from agentic_core.brokers.paper.said import venue_number
from agentic_core.domain.account_events import Transfer
from agentic_core.domain.fill import Fill
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ids import Symbol
from agentic_core.domain.ledger import once_each
from agentic_core.domain.times import Instant
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.account_reads import FillsRead, OrdersRead, RestingOrder, SymbolLeverage
from agentic_core.ports.broker import Searched

__all__ = ["PaperReads"]


class PaperReads:
    """An `AccountReads`: the ledger, and what is not in it yet."""

    def __init__(self, account: PaperAccount) -> None:
        """Read an account."""
        self._account: Final = account

    async def now(self) -> Instant:
        """Return the market's time."""
        async with self._account.present() as ledger:
            return ledger.as_of

    async def orders(self) -> OrdersRead:
        """Return every order and trigger that rests."""
        account = self._account
        async with account.present() as ledger:
            kept = [keep_order(one, account.placed_at(one.intent.cloid)) for one in account.broker.open_orders]
            return OrdersRead(read_at=ledger.as_of, orders=tuple(map(_resting, kept)))

    async def fills(self, since: Instant) -> FillsRead:
        """Return every execution since an instant."""
        account = self._account
        async with account.present() as ledger:
            entries = await account.store.ledger.entries(account.wish.fence.account, since)
            booked = (each for each in entries if isinstance(each, Fill))
            fresh = (each for each in account.pending.fills if each.time >= since)
            found = once_each((*booked, *fresh), lambda each: each.fill_id)
            fills = tuple(sorted(found.values(), key=lambda each: each.time))
            return FillsRead(searched=Searched(since=since, read_at=ledger.as_of), fills=fills)

    async def funding(self, since: Instant) -> tuple[FundingPayment, ...]:
        """Return every funding payment since an instant, oldest first."""
        account = self._account
        async with account.present():
            entries = await account.store.ledger.entries(account.wish.fence.account, since)
            booked = (each for each in entries if isinstance(each, FundingPayment))
            fresh = (each for each in account.pending.payments if each.time >= since)
            found = once_each((*booked, *fresh), lambda each: each.payment_id)
            return tuple(sorted(found.values(), key=lambda each: (each.time, each.symbol)))

    async def transfers(self, since: Instant) -> tuple[Transfer, ...]:
        """Return every transfer since an instant, oldest first."""
        account = self._account
        entries = await account.store.ledger.entries(account.wish.fence.account, since)
        return tuple(each for each in entries if isinstance(each, Transfer))

    async def leverage(self, symbol: Symbol) -> SymbolLeverage:
        """Return what a symbol is set to, also while it is flat.

        Raises:
            VenueUnavailable: the market does not list it.
        """
        account = self._account
        setting = account.ledger.margins.settings.get(symbol)
        if setting is not None:
            return SymbolLeverage(leverage=setting.leverage, isolated=setting.isolated)
        listed = account.instruments.get(symbol)
        if listed is None:
            message = f"{symbol} is not listed, so nothing is set; ask for a symbol of the market"
            raise VenueUnavailable(message, retryable=False)
        leverage = min(account.wish.limits.leverage_max, listed.leverage_max)
        return SymbolLeverage(leverage=leverage, isolated=False)

    async def mode(self) -> str:
        """Return how the account keeps its money."""
        return "paper"


def _resting(kept: KeptOrder) -> RestingOrder:
    intent = kept.intent
    return RestingOrder(
        venue_order_id=venue_number(intent.cloid),
        cloid=intent.cloid,
        symbol=intent.symbol,
        side=intent.side,
        size=kept.left,
        limit_price=intent.limit_price,
        reduce_only=intent.reduce_only,
        trigger=intent.trigger,
        placed_at=kept.placed_at,
    )
