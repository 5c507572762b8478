"""What a venue tells of an account by itself: whoever caused it, in the order in which it is told."""

from enum import StrEnum
from typing import TypeAlias

import msgspec

from agentic_core.domain.account import AccountSnapshot
from agentic_core.domain.fill import Fill
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ids import ClientOrderId, Symbol
from agentic_core.domain.money import Size, Usd
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant

__all__ = [
    "AccountEvent",
    "AccountTold",
    "FillTold",
    "FundingTold",
    "LeverageTold",
    "LiquidationTold",
    "ModeTold",
    "OrderTold",
    "StreamTold",
    "ToldStatus",
    "Transfer",
    "TransferTold",
]


class ToldStatus(StrEnum):
    """What an order is, as far as anybody who trades has to know."""

    OPEN = "open"
    """It rests, or waits for its trigger."""
    TRIGGERED = "triggered"
    """Its trigger was reached and it executes now."""
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    """A word nobody here knows."""


class FillTold(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An execution; the same one may be told again after a link was lost."""

    fill: Fill


class OrderTold(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order changed, whoever placed it."""

    cloid: ClientOrderId | None
    venue_order_id: str
    symbol: Symbol
    side: Side
    status: ToldStatus
    word: str
    """The venue's own, which says more."""
    size: Size
    """As it was placed; the venue shrinks a reduce-only order without a word."""
    left: Size
    """Units that did not execute, or not yet."""
    reduce_only: bool
    is_trigger: bool
    at: Instant


class FundingTold(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Funding was paid or received."""

    payment: FundingPayment


class LiquidationTold(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The venue began to close what the account can no longer carry; its fills are told apart."""

    liquidation_id: str
    equity: Usd
    """What the account was worth."""
    notional: Usd
    """What is closed."""
    at: Instant


class Transfer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Money that came or went without an execution or funding: deposits, withdrawals, transfers."""

    transfer_id: str
    """Unique within the account."""
    kind: str
    """In the venue's words."""
    amount: Usd
    """What the traded account gained; negative where it went. Fees of the transfer are part of it."""
    at: Instant


class TransferTold(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Money came or went."""

    transfer: Transfer


class LeverageTold(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a symbol is set to, as shown beside a position."""

    symbol: Symbol
    leverage: int
    isolated: bool
    at: Instant


class ModeTold(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How the account keeps its money, in the venue's words."""

    mode: str


class AccountTold(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The whole account at a moment."""

    account: AccountSnapshot


class StreamTold(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The way these arrive: a gap is read by other means before a stream counts as whole again."""

    is_whole: bool
    reason: str


AccountEvent: TypeAlias = (
    FillTold
    | OrderTold
    | FundingTold
    | LiquidationTold
    | TransferTold
    | LeverageTold
    | ModeTold
    | AccountTold
    | StreamTold
)
