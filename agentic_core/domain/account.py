"""What is known of the account."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

import msgspec

from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import BPS_ONE, ZERO, Usd
from agentic_core.domain.position import Position
from agentic_core.domain.times import Instant, day_of

__all__ = ["AccountSnapshot", "AccountView", "DayCounters"]


class DayCounters(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is counted per account and UTC day; a redeploy does not reset it."""

    day: int
    """UTC day number since the epoch."""
    baseline: Usd
    """Equity at the first mark of the day."""
    orders: int = 0

    def at(self, now: Instant, equity: Usd) -> "DayCounters":
        """Return the counters of the instant's day, opened with the equity given where the day is new."""
        today = day_of(now)
        return self if today == self.day else DayCounters(day=today, baseline=equity)

    def counting(self, orders: int) -> "DayCounters":
        """Return the counters after so many more orders."""
        return DayCounters(day=self.day, baseline=self.baseline, orders=self.orders + orders)

    def loss_bps(self, equity: Decimal) -> Decimal:
        """Return the fall since the baseline in basis points of it; never negative."""
        if self.baseline <= 0:
            return Decimal(10_000)
        return max(ZERO, (self.baseline - equity) * BPS_ONE / self.baseline)


class AccountSnapshot(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A copy of a view, made when something is recorded."""

    as_of: Instant
    equity: Usd
    margin_used: Usd
    day: DayCounters
    positions: tuple[Position, ...]


class AccountView(Protocol):
    """The account as a decision may see it; valid until the next mark."""

    @property
    def as_of(self) -> Instant:
        """When this was true."""

    @property
    def equity(self) -> Usd:
        """Account value at the marks, unrealised profit included."""

    @property
    def margin_used(self) -> Usd:
        """Initial margin of all positions."""

    @property
    def day(self) -> DayCounters:
        """The counters of the UTC day."""

    @property
    def positions(self) -> Mapping[Symbol, Position]:
        """Open positions only."""

    @property
    def unresolved(self) -> int:
        """Orders whose fate is not known."""

    def position(self, symbol: Symbol) -> Position:
        """Return the holding in a symbol, flat when there is none."""

    def exposure(self) -> Usd:
        """Return the sum of all notionals at the marks."""

    def freeze(self) -> AccountSnapshot:
        """Copy what is visible."""
