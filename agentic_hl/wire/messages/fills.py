"""What an account's money did: fills, funding, and every other movement."""

from decimal import Decimal

import msgspec

from agentic_hl.wire.messages.reading import Millis
from agentic_hl.wire.units import decimal_of

__all__ = [
    "FillLiquidation",
    "FundingDelta",
    "FundingUpdate",
    "LedgerDelta",
    "LedgerUpdate",
    "LiquidatedPosition",
    "LiquidationNotice",
    "OrderRef",
    "TwapSliceFill",
    "WireFill",
]


class FillLiquidation(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """The liquidation a fill was part of; both sides of it carry this."""

    mark_px: str
    method: str
    """`market`, `backstop`, or something newer."""
    liquidated_user: str | None = None


class WireFill(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """One execution of an account; `(coin, tid, oid)` names it."""

    coin: str
    px: str
    sz: str
    side: str
    """`B` or `A`."""
    time: Millis
    start_position: str
    """Signed units held before it."""
    dir: str
    """What it did in the venue's words, of which new ones appear; direction is told by side and start position."""
    closed_pnl: str
    """Before fees."""
    oid: int
    crossed: bool
    """Whether the account's order took the price."""
    fee: str
    """Includes the builder's; negative is a rebate."""
    tid: int
    """Shared by both sides; 0 where no two sides met."""
    fee_token: str = "USDC"  # noqa: S105 - a coin
    cloid: str | None = None
    """Absent in older fills, whatever the order had."""
    hash: str = ""
    builder_fee: str | None = None
    twap_id: int | None = None
    liquidation: FillLiquidation | None = None

    @property
    def key(self) -> tuple[str, int, int]:
        """What names this fill and no other of the account."""
        return self.coin, self.tid, self.oid

    @property
    def price(self) -> Decimal:
        """US dollars a unit."""
        return decimal_of(self.px)

    @property
    def size(self) -> Decimal:
        """Units, unsigned."""
        return decimal_of(self.sz)

    @property
    def size_before(self) -> Decimal:
        """Signed units held before it."""
        return decimal_of(self.start_position)

    @property
    def fee_paid(self) -> Decimal:
        """In the fee token; negative is a rebate."""
        return decimal_of(self.fee)

    @property
    def closed_profit(self) -> Decimal:
        """US dollars realised, before fees."""
        return decimal_of(self.closed_pnl)


class TwapSliceFill(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A fill of a slice of a TWAP order."""

    fill: WireFill
    twap_id: int


class FundingDelta(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """One settlement of funding; its time stands in here in streams and beside it in answers."""

    coin: str
    usdc: str
    """What the account received; negative means paid."""
    szi: str
    """The signed position that was held."""
    funding_rate: str
    n_samples: int | None = None
    time: Millis | None = None

    @property
    def received(self) -> Decimal:
        """US dollars; negative means paid."""
        return decimal_of(self.usdc)

    @property
    def size(self) -> Decimal:
        """The signed position that was held."""
        return decimal_of(self.szi)

    @property
    def rate(self) -> Decimal:
        """Of one hour; positive means that longs paid."""
        return decimal_of(self.funding_rate)


class FundingUpdate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One settlement of funding as asked for."""

    time: Millis
    delta: FundingDelta
    hash: str = ""


class LiquidatedPosition(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was taken by a liquidation."""

    coin: str
    szi: str


class LedgerDelta(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A movement of money that is neither a fill nor funding; `type` says which, and others than today's appear.

    The fields are those of all types together: each type fills its own.
    """

    type: str
    usdc: str | None = None
    amount: str | None = None
    """Of `token`, where the movement is not in dollars."""
    token: str | None = None
    usdc_value: str | None = None
    net_withdrawn_usd: str | None = None
    fee: str | None = None
    fee_token: str | None = None
    user: str | None = None
    """Who began it."""
    destination: str | None = None
    vault: str | None = None
    to_perp: bool | None = None
    is_deposit: bool | None = None
    source_dex: str | None = None
    destination_dex: str | None = None
    operation: str | None = None
    nonce: int | None = None
    liquidated_ntl_pos: str | None = None
    account_value: str | None = None
    leverage_type: str | None = None
    liquidated_positions: tuple[LiquidatedPosition, ...] = ()


class LedgerUpdate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A movement of money with its time."""

    time: Millis
    delta: LedgerDelta
    hash: str = ""


class LiquidationNotice(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The account was liquidated, or liquidated another."""

    lid: int
    liquidator: str
    liquidated_user: str
    liquidated_ntl_pos: str
    liquidated_account_value: str


class OrderRef(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order by its number."""

    coin: str
    oid: int
