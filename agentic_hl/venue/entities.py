"""The venue's things: markets, orders, fills, positions, accounts, and what happens to them.

Words and codes are the venue's own (`px`, `sz`, `szi`, `oid`), so that a reader can hold them beside its payloads.
"""

from collections import deque
from decimal import Decimal
from typing import TypeAlias

import msgspec

from agentic_hl.venue.terms import Grouping, Mode, Tif, Trigger

__all__ = [
    "Account",
    "AgentWallet",
    "Event",
    "Fill",
    "FundingPaid",
    "LedgerMoved",
    "Leverage",
    "Liquidated",
    "NonUserCancel",
    "Order",
    "OrderChanged",
    "Position",
    "PublicPrint",
    "Traded",
]

_ZERO = Decimal(0)


class Order(msgspec.Struct, kw_only=True):
    """One order and what became of it."""

    oid: int
    user: str
    """Lower-case address of the account it belongs to."""
    asset: int
    is_buy: bool
    limit_px: Decimal
    orig_sz: Decimal
    sz: Decimal
    """What remains; 0 once filled."""
    reduce_only: bool
    tif: Tif | None
    trigger: Trigger | None
    cloid: str | None
    timestamp: int
    grouping: Grouping = Grouping.NONE
    parent: int | None = None
    """The order it waits for, of `normalTpsl`."""
    children: tuple[int, ...] = ()
    status: str = "open"
    """One of the statuses of fact sheet 4.9."""
    status_time: int = 0
    live: bool = True
    """Whether it may still execute (resting, waiting for its trigger or its parent)."""
    waiting_for_parent: bool = False
    siblings: tuple[int, ...] = ()
    """The other exits of the same group: when one fills, the others end."""
    filled_sz: Decimal = _ZERO
    filled_ntl: Decimal = _ZERO
    """Σ sz · px of its fills."""

    @property
    def is_position_tpsl(self) -> bool:
        """Whether its size follows the position."""
        return self.grouping is Grouping.POSITION_TPSL


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """One side of one execution."""

    user: str
    asset: int
    px: Decimal
    sz: Decimal
    is_buy: bool
    time: int
    start_position: Decimal
    dir: str
    closed_pnl: Decimal
    """Gross of fees."""
    hash: str
    oid: int
    crossed: bool
    """Whether it took liquidity."""
    fee: Decimal
    tid: int
    cloid: str | None = None
    liquidated_user: str | None = None
    liquidation_mark: Decimal | None = None
    liquidation_method: str | None = None
    """`market` or `backstop`; None when it is no liquidation."""


class Leverage(msgspec.Struct, frozen=True, kw_only=True):
    """The leverage setting of one account in one market; it stands also while flat."""

    is_cross: bool
    value: int


class Position(msgspec.Struct, kw_only=True):
    """What an account holds of one perpetual; a closed one may linger at 0."""

    asset: int
    szi: Decimal = _ZERO
    """Signed units."""
    entry_ntl: Decimal = _ZERO
    """Signed cost of the units held: Σ sz · px; the entry price is entry_ntl / szi.

    What a partial close releases is rounded to 18 decimals; whatever is not released stays, so the sum is exact.
    """
    isolated_usd: Decimal | None = None
    """Cash set apart, `rawUsd`: isolated equity = isolated_usd + szi · mark; None when cross."""
    funding_all_time: Decimal = _ZERO
    funding_since_open: Decimal = _ZERO
    funding_since_change: Decimal = _ZERO


class AgentWallet(msgspec.Struct, frozen=True, kw_only=True):
    """A key that may trade for a master."""

    address: str
    master: str
    name: str
    """Empty for the unnamed one."""
    valid_until: int


class Account(msgspec.Struct, kw_only=True):
    """One account: a master or a sub-account."""

    address: str
    cash: Decimal = _ZERO
    """USD of the perp side: `totalRawUsd` of its cross positions; cross equity = cash + Σ szi · mark."""
    spot_usdc: Decimal = _ZERO
    """USDC on the spot side; in unified mode it is collateral too, and the one balance is this plus `cash`."""
    mode: Mode = Mode.DEFAULT
    master: str | None = None
    """Of a sub-account."""
    name: str = ""
    positions: dict[int, Position] = msgspec.field(default_factory=dict)
    leverages: dict[int, Leverage] = msgspec.field(default_factory=dict)
    fills: deque[Fill] = msgspec.field(default_factory=lambda: deque(maxlen=10_000))
    """Newest last."""
    fundings: list["FundingPaid"] = msgspec.field(default_factory=list)
    ledger: list["LedgerMoved"] = msgspec.field(default_factory=list)
    volume: Decimal = _ZERO
    """USD traded since the beginning."""
    daily: dict[int, list[Decimal]] = msgspec.field(default_factory=dict)
    """UTC day number to [taker volume, maker volume]."""
    maker_share: Decimal = _ZERO
    """Its part of the venue's maker volume, which earns rebates; whoever runs the venue says it."""
    discount: Decimal = _ZERO
    """Part of positive fees that is let off (referral, staking)."""
    requests_used: int = 0
    scheduled_cancel: int | None = None
    scheduled_cancels_fired: int = 0
    """On the UTC day of `scheduled_cancel_day`."""
    scheduled_cancel_day: int = 0
    deposited: bool = False


# ── events: everything that somebody may be told ─────────────────────────────────────────────────────────────────────


class OrderChanged(msgspec.Struct, frozen=True, kw_only=True):
    """An order is now like this."""

    user: str
    order: Order
    """A copy, taken at the moment."""
    status: str
    time: int


class Traded(msgspec.Struct, frozen=True, kw_only=True):
    """An account's side of an execution; the public one is its own event."""

    fill: Fill
    buyer: str
    seller: str


class PublicPrint(msgspec.Struct, frozen=True, kw_only=True):
    """An execution as everybody sees it, once for both sides."""

    asset: int
    px: Decimal
    sz: Decimal
    is_buy: bool
    """The side of the taker."""
    time: int
    tid: int
    hash: str
    buyer: str
    seller: str


class FundingPaid(msgspec.Struct, frozen=True, kw_only=True):
    """An hour's funding of one position."""

    user: str
    asset: int
    time: int
    usdc: Decimal
    """Signed: negative when paid."""
    szi: Decimal
    rate: Decimal


class Liquidated(msgspec.Struct, frozen=True, kw_only=True):
    """An account, or one isolated position, fell below its maintenance margin."""

    lid: int
    user: str
    time: int
    ntl_pos: Decimal
    account_value: Decimal
    positions: tuple[tuple[int, Decimal], ...]
    """(asset, szi)."""
    is_cross: bool
    method: str


class NonUserCancel(msgspec.Struct, frozen=True, kw_only=True):
    """The venue cancelled an order (never because it was reduce-only)."""

    user: str
    asset: int
    oid: int
    time: int


class LedgerMoved(msgspec.Struct, frozen=True, kw_only=True):
    """Money came or went other than by trading and funding."""

    user: str
    time: int
    delta: dict[str, object]
    """In the venue's shape, with its `type`."""


Event: TypeAlias = OrderChanged | Traded | PublicPrint | FundingPaid | Liquidated | NonUserCancel | LedgerMoved
