"""Which builders may take which fee from whom. Source: fact sheet 2.1."""

import re
from decimal import Decimal

from agentic_hl.venue.protocol.catalogue import BUILDER_FEE_RATE
from agentic_hl.venue.terms import Refused

__all__ = ["BuilderBook"]

_RATE = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,6})?%")
_TENTHS_PER_PERCENT = 1_000
"""Fees of orders are in tenths of a basis point."""
_MOST_SPOT_PERCENT = 1
_MOST_PERP = 100
"""0.1 %."""


class BuilderBook:
    """What every master has approved."""

    def __init__(self) -> None:
        """Open an empty book."""
        self._most: dict[str, dict[str, int]] = {}

    def approve(self, master: str, builder: str, rate: str) -> None:
        """Approve a fee of up to so many percent, written as `0.01%`; 0 takes it back.

        Raises:
            Refused: it is no such rate, or more than 1 %.
        """
        if _RATE.fullmatch(rate) is None or Decimal(rate[:-1]) > _MOST_SPOT_PERCENT:
            raise Refused(BUILDER_FEE_RATE)
        self._most.setdefault(master, {})[builder] = int(Decimal(rate[:-1]) * _TENTHS_PER_PERCENT)

    def most(self, master: str, builder: str) -> int:
        """Return the highest fee approved, in tenths of a basis point; 0 where there is none."""
        return self._most.get(master, {}).get(builder, 0)

    def approved(self, master: str) -> tuple[str, ...]:
        """List the builders that may take a fee."""
        return tuple(builder for builder, most in self._most.get(master, {}).items() if most)

    def covers(self, master: str, builder: str, fee: int) -> bool:
        """Tell whether a perp order may carry this fee."""
        return fee <= min(_MOST_PERP, self.most(master, builder))
