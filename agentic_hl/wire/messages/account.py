"""What an account is: margin, positions, balances, settings, roles and the wallets that may trade for it."""

from decimal import Decimal

import msgspec

from agentic_hl.wire.messages.reading import Millis
from agentic_hl.wire.units import decimal_of

__all__ = [
    "AgentWallet",
    "AssetPosition",
    "AssetSettings",
    "ClearinghouseState",
    "CumulativeFunding",
    "Leverage",
    "MarginSummary",
    "RateLimit",
    "RoleOwner",
    "SpotBalance",
    "SpotState",
    "SubAccount",
    "UserRole",
    "VaultEquity",
    "WirePosition",
    "is_united",
]

_UNITED = frozenset({"unifiedAccount", "portfolioMargin"})


class MarginSummary(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """The sums of an account; all zero under unified and portfolio margin, where the spot state tells."""

    account_value: str
    total_ntl_pos: str
    total_raw_usd: str
    """Account value less the signed worth of all positions; not cash."""
    total_margin_used: str

    @property
    def equity(self) -> Decimal:
        """US dollars, unrealised profit included."""
        return decimal_of(self.account_value)

    @property
    def notional(self) -> Decimal:
        """The sum of all positions' unsigned worth."""
        return decimal_of(self.total_ntl_pos)

    @property
    def raw_usd(self) -> Decimal:
        """Equity less the signed worth of all positions."""
        return decimal_of(self.total_raw_usd)

    @property
    def margin_used(self) -> Decimal:
        """Initial margin of all positions."""
        return decimal_of(self.total_margin_used)


class Leverage(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """The leverage set for a symbol."""

    type: str
    """`cross`, `isolated`, or something newer."""
    value: int
    raw_usd: str | None = None
    """Of an isolated position: its equity less the signed worth of the position."""


class CumulativeFunding(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """What a position paid in funding; positive means paid."""

    all_time: str
    since_open: str
    since_change: str


class WirePosition(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """One position; a closed one can linger with size zero."""

    coin: str
    szi: str
    leverage: Leverage
    position_value: str
    unrealized_pnl: str
    margin_used: str
    entry_px: str | None = None
    liquidation_px: str | None = None
    return_on_equity: str = "0"
    max_leverage: int | None = None
    cum_funding: CumulativeFunding | None = None

    @property
    def size(self) -> Decimal:
        """Signed units: long is positive."""
        return decimal_of(self.szi)

    @property
    def entry_price(self) -> Decimal | None:
        """Average price of the open units."""
        return None if self.entry_px is None else decimal_of(self.entry_px)

    @property
    def liquidation_price(self) -> Decimal | None:
        """The mark at which it would be liquidated; None when no price does that."""
        return None if self.liquidation_px is None else decimal_of(self.liquidation_px)

    @property
    def margin(self) -> Decimal:
        """US dollars of margin it uses."""
        return decimal_of(self.margin_used)

    @property
    def notional(self) -> Decimal:
        """Unsigned worth at the mark."""
        return decimal_of(self.position_value)

    @property
    def unrealised_profit(self) -> Decimal:
        """US dollars open at the mark."""
        return decimal_of(self.unrealized_pnl)


class AssetPosition(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A position and the mode it is held in."""

    position: WirePosition
    type: str = "oneWay"


class ClearinghouseState(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """An account on one dex."""

    margin_summary: MarginSummary
    cross_margin_summary: MarginSummary
    cross_maintenance_margin_used: str
    withdrawable: str
    asset_positions: tuple[AssetPosition, ...]
    time: Millis

    @property
    def positions(self) -> tuple[WirePosition, ...]:
        """The positions in the order of the list, those of size zero among them."""
        return tuple(held.position for held in self.asset_positions)

    @property
    def cross_maintenance(self) -> Decimal:
        """Maintenance margin of all cross positions."""
        return decimal_of(self.cross_maintenance_margin_used)

    @property
    def withdrawable_usd(self) -> Decimal:
        """US dollars that may leave."""
        return decimal_of(self.withdrawable)


class SpotBalance(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """What is held of one token, or of one outcome (`+N`, settled `oN`)."""

    coin: str
    total: str
    """Margin held is included, unrealised profit is not."""
    hold: str
    entry_ntl: str = "0"
    token: int | None = None
    """Absent for outcomes."""
    spot_hold: str | None = None
    borrowed: str | None = None
    supplied: str | None = None

    @property
    def amount(self) -> Decimal:
        """Units held, those on hold included."""
        return decimal_of(self.total)

    @property
    def held(self) -> Decimal:
        """Units on hold for orders and margin."""
        return decimal_of(self.hold)


class SpotState(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """The token balances; of a unified account the truth about its dollars."""

    balances: tuple[SpotBalance, ...]
    portfolio_margin_enabled: bool | None = None
    portfolio_margin_ratio: str | None = None
    token_to_available_after_maintenance: tuple[tuple[int, str], ...] = ()

    def balance(self, coin: str) -> SpotBalance | None:
        """Return what is held of a coin."""
        return next((balance for balance in self.balances if balance.coin == coin), None)


class AssetSettings(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """The leverage set for a symbol, also when flat, and how much could be traded; each pair is buy, sell."""

    user: str
    coin: str
    leverage: Leverage
    largest_szs: tuple[str, str] = msgspec.field(name="maxTradeSzs")
    """Units."""
    available: tuple[str, str] = msgspec.field(name="availableToTrade")
    """US dollars of margin."""
    mark_px: str | None = None
    """Absent since July 2026."""


class RateLimit(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """The budget of actions of an address."""

    cum_vlm: str
    n_requests_used: int
    n_requests_cap: int
    n_requests_surplus: int = 0

    @property
    def left(self) -> int:
        """Actions that may still be sent at full speed; never negative."""
        return max(0, self.n_requests_cap + self.n_requests_surplus - self.n_requests_used)


class RoleOwner(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Whom an address belongs to."""

    user: str | None = None
    master: str | None = None


class UserRole(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an address is: `missing`, `user`, `vault`, `agent`, `subAccount`, or something newer."""

    role: str
    belongs_to: RoleOwner | None = msgspec.field(default=None, name="data")

    @property
    def owner(self) -> str | None:
        """The account an agent wallet trades for, or the master of a sub-account."""
        return None if self.belongs_to is None else self.belongs_to.user or self.belongs_to.master


class AgentWallet(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A named key that may trade; the unnamed one is told by `webData3` only."""

    name: str
    address: str
    valid_until: int | None = None
    """Milliseconds; None where it never ends."""


class SubAccount(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """An account below another one."""

    name: str
    sub_account_user: str
    master: str
    clearinghouse_state: ClearinghouseState | None = None
    spot_state: SpotState | None = None


class VaultEquity(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A share in one of the venue's pooled vaults."""

    vault_address: str
    equity: str
    locked_until_timestamp: int | None = None


def is_united(abstraction: str | None) -> bool:
    """Tell whether an account's mode holds its dollars in the spot balances."""
    return abstraction in _UNITED
