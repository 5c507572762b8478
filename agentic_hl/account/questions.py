"""What one account is asked for, in the venue's words."""

from typing import Final

from agentic_core.domain.times import Instant
from agentic_hl.broker.asking import Asking
from agentic_hl.rest.hyperliquid_rest import HyperliquidRest
from agentic_hl.rest.ip_budget import Priority
from agentic_hl.rest.paging import FILL_PAGES, LOG_PAGES, PagedLog
from agentic_hl.rest.queries import (
    asset_settings,
    clearinghouse_state,
    exchange_status,
    fills_by_time,
    frontend_open_orders,
    ledger_updates,
    order_status,
    spot_state,
    user_abstraction,
    user_funding,
)
from agentic_hl.stream.arrivals import entry_key, entry_time
from agentic_hl.wire.addresses import Address
from agentic_hl.wire.messages.account import AssetSettings, ClearinghouseState, SpotState
from agentic_hl.wire.messages.fills import FundingUpdate, LedgerUpdate, WireFill
from agentic_hl.wire.messages.orders import OrderStatusAnswer, WireOrder

__all__ = ["AccountQuestions"]


class AccountQuestions:
    """Asks about one account; whatever cannot be had raises `VenueUnavailable`."""

    def __init__(
        self, rest: HyperliquidRest, account: Address, *, priority: Priority, deadline_ms: int | None = None
    ) -> None:
        """Take where to ask, who goes first, and how long an answer may take, repetitions included."""
        self._ask: Final = Asking(rest, deadline_ms, priority=priority).ask
        self._account: Final = account
        # What names an entry here names it in the streams too.
        self._fills: Final[PagedLog[WireFill]] = PagedLog(
            "fills",
            ask=lambda at: self._ask(fills_by_time(account, start=at)),
            time_of=entry_time,
            key_of=entry_key,
            limits=FILL_PAGES,
        )
        self._fundings: Final[PagedLog[FundingUpdate]] = PagedLog(
            "funding payments",
            ask=lambda at: self._ask(user_funding(account, start=at)),
            time_of=entry_time,
            key_of=entry_key,
            limits=LOG_PAGES,
        )
        self._ledger: Final[PagedLog[LedgerUpdate]] = PagedLog(
            "movements of money",
            ask=lambda at: self._ask(ledger_updates(account, start=at)),
            time_of=entry_time,
            key_of=entry_key,
            limits=LOG_PAGES,
        )

    async def now(self) -> Instant:
        """Return the venue's time."""
        return Instant((await self._ask(exchange_status())).time)

    async def fills(self, since: int) -> tuple[WireFill, ...]:
        """Return every execution from an instant on, oldest first, each once."""
        return await self._fills.since(since)

    async def fundings(self, since: int) -> tuple[FundingUpdate, ...]:
        """Return every funding payment from an instant on, oldest first, each once."""
        return await self._fundings.since(since)

    async def ledger(self, since: int) -> tuple[LedgerUpdate, ...]:
        """Return every other movement of money from an instant on, oldest first, each once."""
        return await self._ledger.since(since)

    async def orders(self) -> tuple[WireOrder, ...]:
        """Return what rests, triggers included."""
        return await self._ask(frontend_open_orders(self._account))

    async def order(self, oid: int) -> OrderStatusAnswer:
        """Return what became of an order."""
        return await self._ask(order_status(self._account, oid))

    async def state(self) -> ClearinghouseState:
        """Return margin and positions."""
        return await self._ask(clearinghouse_state(self._account))

    async def spot(self) -> SpotState:
        """Return the token balances."""
        return await self._ask(spot_state(self._account))

    async def settings(self, coin: str) -> AssetSettings:
        """Return what a symbol is set to."""
        return await self._ask(asset_settings(self._account, coin))

    async def mode(self) -> str:
        """Return how the account keeps its money."""
        return await self._ask(user_abstraction(self._account))
