"""Executions."""

from enum import StrEnum

import msgspec

from agentic_core.domain.ids import ClientOrderId, Symbol
from agentic_core.domain.money import Price, Size, Usd
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant

__all__ = ["Fill", "FillKind", "Liquidity"]


class Liquidity(StrEnum):
    """Whether the order took or made the price."""

    TAKER = "taker"
    MAKER = "maker"


class FillKind(StrEnum):
    """Whose order it was; the kinds that are not ours change position and loss all the same."""

    ORDER = "order"
    EXTERNAL = "external"
    LIQUIDATION = "liquidation"
    ADL = "adl"


class Fill(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One execution."""

    fill_id: str
    """Unique within the account."""
    cloid: ClientOrderId | None
    symbol: Symbol
    side: Side
    size: Size
    price: Price
    fee: Usd
    """Paid in US dollars; negative is a rebate."""
    liquidity: Liquidity
    time: Instant
    closed_pnl: Usd
    """Profit realised on the part that closed a position, before fees."""
    kind: FillKind = FillKind.ORDER

    @property
    def signed_size(self) -> Size:
        """Units added to the position: positive when bought."""
        return Size(self.size if self.side is Side.BUY else -self.size)

    @property
    def notional(self) -> Usd:
        """Size times price."""
        return Usd(self.size * self.price)
