"""What the engine tells its readers: books, contexts, candles, margin.

Figures that come out of a division are the exact value rounded once, half to even, to 28 significant digits.
"""

from decimal import Decimal

import msgspec

from agentic_hl.venue.entities import Leverage

__all__ = [
    "AssetContext",
    "Candle",
    "FundingRate",
    "Level",
    "MarginSummary",
    "PositionFigures",
    "Tradable",
]


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """One price of a book."""

    px: Decimal
    sz: Decimal
    n: int
    """How many orders stand there."""


class Candle(msgspec.Struct, frozen=True, kw_only=True):
    """One interval in which there was trading."""

    start: int
    """First ms."""
    end: int
    """Last ms; the next candle begins 1 ms later."""
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    """In units."""
    n: int


class FundingRate(msgspec.Struct, frozen=True, kw_only=True):
    """What one hour cost."""

    asset: int
    time: int
    rate: Decimal
    premium: Decimal


class AssetContext(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one market, as `metaAndAssetCtxs` and `activeAssetCtx` tell it."""

    asset: int
    funding: Decimal
    """Estimate of the current hourly rate."""
    open_interest: Decimal
    """Units held long."""
    prev_day_px: Decimal
    day_ntl_vlm: Decimal
    day_base_vlm: Decimal
    premium: Decimal | None
    oracle_px: Decimal
    mark_px: Decimal
    mid_px: Decimal | None
    """None where one side of the book is empty."""
    impact_pxs: tuple[Decimal, Decimal] | None


class PositionFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One position as `clearinghouseState` tells it."""

    asset: int
    szi: Decimal
    entry_px: Decimal | None
    """None when flat."""
    position_value: Decimal
    unrealized_pnl: Decimal
    return_on_equity: Decimal
    liquidation_px: Decimal | None
    margin_used: Decimal
    """Cross: |szi| · mark / leverage; isolated: the position's equity."""
    maintenance: Decimal
    leverage: Leverage
    raw_usd: Decimal | None
    """Of an isolated position."""
    max_leverage: int
    funding_all_time: Decimal
    """Positive is paid, in all three."""
    funding_since_open: Decimal
    funding_since_change: Decimal


class MarginSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Every figure of an account; of a unified one too (the surface decides what to hide)."""

    account_value: Decimal
    total_ntl_pos: Decimal
    total_raw_usd: Decimal
    total_margin_used: Decimal
    cross_account_value: Decimal
    cross_ntl_pos: Decimal
    cross_raw_usd: Decimal
    cross_margin_used: Decimal
    """Σ |szi| · mark / leverage of cross positions, without resting orders."""
    cross_maintenance_margin_used: Decimal
    order_margin: Decimal
    """What resting orders would add to the margin used if they filled, at mark."""
    withdrawable: Decimal
    free: Decimal
    """cross_account_value − cross_margin_used; may be negative."""
    positions: tuple[PositionFigures, ...]
    """In order of asset; positions that are flat are left out."""
    usdc_total: Decimal
    """Spot USDC; of a unified account: settled USDC, with held margin and without unrealised profit."""
    usdc_hold: Decimal
    """Of a unified account: what margin and resting orders hold; else 0."""
    usdc_entry_ntl: Decimal


class Tradable(msgspec.Struct, frozen=True, kw_only=True):
    """What an account could still trade in one market, as `activeAssetData` tells it."""

    leverage: Leverage
    raw_usd: Decimal | None
    """Of an open isolated position."""
    max_szs: tuple[Decimal, Decimal]
    """Buy, sell; rounded down to the market's size step."""
    available_usd: tuple[Decimal, Decimal]
    """Buy, sell: margin in USD."""
    mark_px: Decimal
