"""How a venue is set up: where its prices come from, how deep its books are, what it limits."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import TypeAlias

import msgspec

from agentic_hl.venue.engine.fees import FeeSchedule
from agentic_hl.venue.figures import Candle

__all__ = ["Generated", "Manual", "Options", "Prices", "Recorded"]

_NOTHING: Mapping[int, Decimal] = MappingProxyType({})


class Manual(msgspec.Struct, frozen=True, kw_only=True):
    """Prices stand until `Engine.set_price` moves them."""


class Generated(msgspec.Struct, frozen=True, kw_only=True):
    """A seeded random walk moves every market."""

    step_ms: int = 3_000
    volatility: Decimal = Decimal("0.0002")
    """Standard deviation of the oracle's relative move in one step."""
    history_minutes: int = 0
    """Candles from before the start; the walk ends at the start prices."""


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """One-minute candles, by asset, are played; markets without stand still.

    Each is played as open, the nearer and the farther extreme, close, at 0, 15, 30 and 45 s with a quarter of its
    volume each. Candles that end before the start of the engine become its history. After the last one the price
    stands. Prices finer than the market's tick are rounded to it.
    """

    candles: Mapping[int, Sequence[Candle]]


Prices: TypeAlias = Manual | Generated | Recorded


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about an engine that is not its markets."""

    prices: Prices = Manual()
    start_prices: Mapping[int, Decimal] = _NOTHING
    """Asset to oracle price; `markets.START_PRICES` fills the rest."""
    spread: Decimal = Decimal("0.0002")
    """Of the house's quotes, as a part of the mid."""
    levels: int = 10
    """How many prices a side the house quotes; 0 is an empty house."""
    level_gap: Decimal = Decimal("0.0001")
    """Between two prices of the house, as a part of the mid; at least one tick."""
    level_usd: Decimal = Decimal(50_000)
    """What the house quotes at its best price; each further price has the same more."""
    print_usd: Decimal = Decimal(1_000)
    """Size of the trade that the house prints at every price step, which makes the candles; 0 prints none."""
    fees: FeeSchedule = FeeSchedule()
    default_leverage: int = 20
    """Of an account that never set any; a market's own limit caps it."""
    minimum_notional: Decimal = Decimal(10)
    price_band: Decimal = Decimal("0.8")
    oi_caps: Mapping[int, Decimal] = _NOTHING
    """Asset to open interest in USD from which on it may not grow."""
    retained_orders: int = 2_000
    """Ended orders that an account can still ask about."""
    sample_ms: int = 5_000
    """Between two samples of the premium."""
    schedule_volume: Decimal = Decimal(1_000_000)
    liquidation_partial_usd: Decimal = Decimal(100_000)
    """Positions above are first sold in part."""
    liquidation_part: Decimal = Decimal("0.2")
    liquidation_cooldown_ms: int = 30_000
