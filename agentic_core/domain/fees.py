"""Trading fees."""

from decimal import ROUND_CEILING, Decimal
from typing import Self

import msgspec

from agentic_core.domain.fill import Liquidity
from agentic_core.domain.money import Usd

__all__ = ["FeeSchedule"]

_FEE_STEP = Decimal("0.000001")
"""USDC has six decimals; a fee is rounded up, and a rebate down, so that a cost is never understated."""


class FeeSchedule(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Shares of notional paid on each execution."""

    taker_rate: Decimal
    maker_rate: Decimal

    @classmethod
    def hyperliquid_base(cls) -> Self:
        """Return the venue's lowest volume tier for perpetuals: 0.045 % taker, 0.015 % maker."""
        return cls(taker_rate=Decimal("0.00045"), maker_rate=Decimal("0.00015"))

    def fee(self, notional: Decimal, liquidity: Liquidity) -> Usd:
        """Return the fee on a notional, rounded up to a millionth of a dollar; a rebate is negative."""
        rate = self.taker_rate if liquidity is Liquidity.TAKER else self.maker_rate
        return Usd((notional * rate).quantize(_FEE_STEP, ROUND_CEILING))
