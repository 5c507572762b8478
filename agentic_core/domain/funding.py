"""Funding: the hourly payment between longs and shorts."""

from decimal import Decimal

import msgspec

from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import Size, Usd
from agentic_core.domain.times import HOUR_MS, Instant

__all__ = ["FundingPayment", "funding_hours"]


class FundingPayment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One settlement on one position."""

    symbol: Symbol
    time: Instant
    size: Size
    """The signed position that was held."""
    rate: Decimal
    """Of one hour; positive means that longs pay."""
    amount: Usd
    """What the account received; negative means paid."""

    @property
    def payment_id(self) -> str:
        """Unique within the account: a symbol is settled once at an instant."""
        return f"{self.symbol}@{self.time}"

    @classmethod
    def settle(cls, symbol: Symbol, time: Instant, *, size: Decimal, price: Decimal, rate: Decimal) -> "FundingPayment":
        """Return the payment on a position: size times price times rate, from longs to shorts."""
        return cls(symbol=symbol, time=time, size=Size(size), rate=rate, amount=Usd(-size * price * rate))


def funding_hours(after: Instant, until: Instant) -> range:
    """List the funding instants in (after, until]."""
    return range((after // HOUR_MS + 1) * HOUR_MS, until + 1, HOUR_MS)
