"""What can be read of an account beside its equity and positions, whoever caused it."""

from typing import Protocol

import msgspec

from agentic_core.domain.account_events import Transfer
from agentic_core.domain.fill import Fill
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ids import ClientOrderId, Symbol
from agentic_core.domain.money import Price, Size
from agentic_core.domain.order import Trigger
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant
from agentic_core.ports.broker import Searched

__all__ = ["AccountReads", "FillsRead", "FreshPrice", "FreshPrices", "OrdersRead", "RestingOrder", "SymbolLeverage"]


class RestingOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order or a trigger that the venue holds."""

    venue_order_id: str
    cloid: ClientOrderId | None
    symbol: Symbol
    side: Side
    size: Size
    """Units left."""
    limit_price: Price
    reduce_only: bool
    trigger: Trigger | None
    placed_at: Instant


class OrdersRead(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All that rests."""

    read_at: Instant
    """Venue time before the read began."""
    orders: tuple[RestingOrder, ...]
    """Triggers included."""


class FillsRead(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All executions of a time."""

    searched: Searched
    fills: tuple[Fill, ...]
    """Oldest first, each once."""


class SymbolLeverage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a symbol is set to."""

    leverage: int
    isolated: bool


class AccountReads(Protocol):
    """Questions about one account; every one of them may raise `VenueUnavailable`."""

    async def now(self) -> Instant:
        """Return the venue's time."""

    async def orders(self) -> OrdersRead:
        """Return every order and trigger that rests, whoever placed it."""

    async def fills(self, since: Instant) -> FillsRead:
        """Return every execution since an instant, whoever caused it."""

    async def funding(self, since: Instant) -> tuple[FundingPayment, ...]:
        """Return every funding payment since an instant, oldest first."""

    async def transfers(self, since: Instant) -> tuple[Transfer, ...]:
        """Return every transfer since an instant, oldest first."""

    async def leverage(self, symbol: Symbol) -> SymbolLeverage:
        """Return what a symbol is set to, also while it is flat."""

    async def mode(self) -> str:
        """Return how the account keeps its money, in the venue's words."""


class FreshPrice(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a close is priced by."""

    read_at: Instant
    """When the oldest part of it was true."""
    mark: Price
    bid: Price | None
    """The highest price bid; None where nobody bids."""
    ask: Price | None


class FreshPrices(Protocol):
    """Prices that are read when they are asked for, never remembered."""

    async def fresh(self, symbol: Symbol) -> FreshPrice:
        """Return mark and top of the book of this moment.

        Raises:
            VenueUnavailable: there is none.
        """
