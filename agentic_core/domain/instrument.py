"""Instruments and the venue's rules for prices and sizes.

Hyperliquid: sizes have at most `size_decimals` decimals; prices have at most five significant figures and at most
`6 - size_decimals` decimals, and whole-dollar prices are always legal (developer documentation, "Tick and lot size").
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import cached_property
from typing import Self

import msgspec

from agentic_core.domain.ids import Symbol
from agentic_core.domain.margin import MarginTier, check_tiers, maintenance_of, tier_at
from agentic_core.domain.money import Price, Size, Usd
from agentic_core.errors import UsageError

__all__ = ["VENUE_ORDER_USD_MIN", "Instrument"]

VENUE_ORDER_USD_MIN = Usd(Decimal(10))
"""The venue refuses smaller orders, except one that closes a whole position."""

_PRICE_FIGURES_MAX = 5
_PRICE_DECIMALS_PERP = 6
_STEPS = tuple(Decimal(1).scaleb(-decimals) for decimals in range(_PRICE_DECIMALS_PERP + 1))
_WHOLE = _STEPS[0]
_NEVER = Decimal("Infinity")


class Instrument(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A perpetual contract."""

    symbol: Symbol
    size_decimals: int
    """Decimals of a size, 0 to 6."""
    leverage_max: int
    """The venue's highest leverage for small positions."""
    tiers: tuple[MarginTier, ...] = ()
    """Less leverage for larger positions; empty where the highest holds for every size."""

    def __post_init__(self) -> None:
        """Refuse numbers the venue cannot have."""
        if not 0 <= self.size_decimals <= _PRICE_DECIMALS_PERP or self.leverage_max < 1:
            were = f"{self.size_decimals} and {self.leverage_max}"
            message = f"instrument {self.symbol}: size_decimals must be 0..6 and leverage_max at least 1, were {were}"
            raise UsageError(message)
        if self.tiers:
            check_tiers(self.tiers)

    @cached_property
    def size_step(self) -> Decimal:
        """The smallest difference between two sizes."""
        return _STEPS[self.size_decimals]

    @cached_property
    def first_tier_usd_end(self) -> Decimal:
        """The notional at which the venue's leverage falls for the first time; infinite where it never does."""
        return self.tiers[1].lower_bound if len(self.tiers) > 1 else _NEVER

    @cached_property
    def price_fine_from(self) -> Decimal:
        """The price from which on a basis point is at least one price step."""
        return _STEPS[_PRICE_DECIMALS_PERP - self.size_decimals].scaleb(_PRICE_FIGURES_MAX - 1)

    @property
    def maintenance_rate(self) -> Decimal:
        """Maintenance margin as a share of notional: half the initial margin at the highest leverage."""
        return Decimal(1) / (2 * self.leverage_max)

    def maintenance(self, notional: Decimal) -> Usd:
        """Return the maintenance margin of a notional, by its tier."""
        if self.tiers:
            return maintenance_of(self.tiers, notional)
        return Usd(notional * self.maintenance_rate)

    def leverage_at(self, notional: Decimal) -> int:
        """Return the venue's highest leverage for a notional."""
        return tier_at(self.tiers, notional).leverage_max if self.tiers else self.leverage_max

    def price_step(self, price: Decimal) -> Decimal:
        """Return the distance between legal prices around a price."""
        decimals = _PRICE_FIGURES_MAX - 1 - price.adjusted()
        if decimals <= 0:
            return _WHOLE
        return _STEPS[min(decimals, _PRICE_DECIMALS_PERP - self.size_decimals)]

    def is_legal_price(self, price: Decimal) -> bool:
        """Tell whether the venue takes this price."""
        return price > 0 and self.round_price(price, up=False) == price

    def round_price(self, price: Decimal, *, up: bool) -> Price:
        """Round to a legal price in the direction named.

        Below the smallest legal price, rounding down leaves zero, which the venue refuses.

        >>> BTC = Instrument(symbol=Symbol("BTC"), size_decimals=5, leverage_max=40)
        >>> BTC.round_price(Decimal("46377.55"), up=True), BTC.round_price(Decimal("9.87654"), up=False)
        (Decimal('46378'), Decimal('9.8'))
        """
        rounding = ROUND_CEILING if up else ROUND_FLOOR
        step = self.price_step(price)
        if step is _WHOLE:  # `quantize` would refuse a price of more digits than the context holds
            return Price(price.to_integral_value(rounding))
        return Price(price.quantize(step, rounding))

    def is_legal_size(self, size: Decimal) -> bool:
        """Tell whether the venue takes this size."""
        return size > 0 and self.size_down(size) == size

    def size_down(self, size: Decimal) -> Size:
        """Round a non-negative size down to a legal one; it never grows.

        >>> Instrument(symbol=Symbol("BTC"), size_decimals=5, leverage_max=40).size_down(Decimal("0.0123456"))
        Decimal('0.01234')
        """
        return Size(size.quantize(self.size_step, ROUND_FLOOR))

    def size_up(self, size: Decimal) -> Size:
        """Round a non-negative size up to a legal one; for explaining what would be enough."""
        return Size(size.quantize(self.size_step, rounding=ROUND_CEILING))

    @classmethod
    def generic(cls, symbol: Symbol) -> Self:
        """Return an instrument with cautious rules for a symbol the venue's list does not hold."""
        return cls(symbol=symbol, size_decimals=4, leverage_max=3)
