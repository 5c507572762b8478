"""Positions, folded from fills."""

from decimal import Decimal
from enum import StrEnum
from typing import Self

import msgspec

from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import ZERO, Price, Size, Usd
from agentic_core.domain.side import Side

__all__ = ["Direction", "Position"]

_NO_UNITS = Size(ZERO)
_NO_USD = Usd(ZERO)
_COST_STEP = Decimal("1e-12")


class Direction(StrEnum):
    """Which way a position leans."""

    LONG = "long"
    SHORT = "short"
    FLAT = "flat"


class Position(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The net holding in one instrument."""

    symbol: Symbol
    size: Size
    """Signed: long is positive."""
    entry_cost: Usd
    """What the open units cost at their entry prices, unsigned."""

    @classmethod
    def flat(cls, symbol: Symbol) -> Self:
        """Return no holding."""
        return cls(symbol=symbol, size=_NO_UNITS, entry_cost=_NO_USD)

    @property
    def direction(self) -> Direction:
        """Long, short or flat."""
        if self.size == 0:
            return Direction.FLAT
        return Direction.LONG if self.size > 0 else Direction.SHORT

    @property
    def entry_price(self) -> Price | None:
        """Average entry price; None when flat."""
        return Price(self.entry_cost / abs(self.size)) if self.size else None

    @property
    def closing_side(self) -> Side:
        """The side of an order that shrinks the position."""
        return Side.SELL if self.size > 0 else Side.BUY

    def notional(self, mark: Decimal) -> Usd:
        """Return the unsigned value at a mark."""
        return Usd(abs(self.size) * mark)

    def unrealised_pnl(self, mark: Decimal) -> Usd:
        """Return the open profit at a mark."""
        worth = abs(self.size) * mark
        return Usd(worth - self.entry_cost if self.size >= 0 else self.entry_cost - worth)

    def after(self, side: Side, size: Decimal, price: Decimal) -> tuple["Position", Usd]:
        """Return the position after an execution and the profit it realised, before fees.

        An execution larger than an opposing position closes it and opens the rest the other way.
        """
        signed = size if side is Side.BUY else -size
        held = self.size
        if not held or (held > 0) == (signed > 0):
            return self._moved(signed, self.entry_cost + size * price), _NO_USD
        units = abs(held)
        closed = min(size, units)
        cost = self.entry_cost if closed == units else self._share(closed)
        gain = closed * price - cost if held > 0 else cost - closed * price
        left = (size - closed) * price if size > closed else self.entry_cost - cost
        return self._moved(signed, left), Usd(gain)

    def _share(self, closed: Decimal) -> Decimal:
        # In steps that prices times sizes fall on, so that what is realised and what stays open add up exactly.
        return (self.entry_cost * closed / abs(self.size)).quantize(_COST_STEP)

    def _moved(self, signed: Decimal, entry_cost: Decimal) -> "Position":
        return Position(symbol=self.symbol, size=Size(self.size + signed), entry_cost=Usd(entry_cost))
