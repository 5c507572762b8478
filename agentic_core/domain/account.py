"""What is known of the account."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol, Self

import msgspec

from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import BPS_ONE, ZERO, Usd
from agentic_core.domain.order import OpenIntent
from agentic_core.domain.position import Position
from agentic_core.domain.times import MINUTE_MS, Instant, day_of

__all__ = ["AccountSnapshot", "AccountView", "DayCounters"]


class DayCounters(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is counted per account and UTC day; a redeploy does not reset it."""

    day: int
    """UTC day number since the epoch."""
    baseline: Usd
    """Equity at the first mark of the day."""
    orders: int = 0
    minute: int = 0
    """UTC minute number since the epoch in which the newest order was sent."""
    minute_orders: int = 0
    """Orders of that minute."""

    def orders_in_minute(self, now: Instant) -> int:
        """Return how many orders were sent in the UTC minute of an instant."""
        return self.minute_orders if now // MINUTE_MS == self.minute else 0

    def at(self, now: Instant, equity: Usd) -> "DayCounters":
        """Return the counters of the instant's day, opened with the equity given where the day is new."""
        today = day_of(now)
        return self if today == self.day else DayCounters(day=today, baseline=equity)

    def counting(self, orders: int, now: Instant) -> "DayCounters":
        """Return the counters after so many more orders at an instant of the same day."""
        return DayCounters(
            day=self.day,
            baseline=self.baseline,
            orders=self.orders + orders,
            minute=now // MINUTE_MS,
            minute_orders=self.orders_in_minute(now) + orders,
        )

    def loss_bps(self, equity: Decimal) -> Decimal:
        """Return the fall since the baseline in basis points of it; never negative."""
        if self.baseline <= 0:
            return Decimal(10_000)
        return max(ZERO, (self.baseline - equity) * BPS_ONE / self.baseline)


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
    def peak(self) -> Usd:
        """The highest equity at a mark so far."""

    @property
    def unresolved(self) -> int:
        """Orders whose fate is not known."""

    @property
    def open_intents(self) -> Sequence[OpenIntent]:
        """Orders that may still execute: resting ones and those whose fate is not known."""

    def position(self, symbol: Symbol) -> Position:
        """Return the holding in a symbol, flat when there is none."""

    def exposure(self) -> Usd:
        """Return the sum of all notionals at the marks."""

    def freeze(self) -> "AccountSnapshot":
        """Copy what is visible."""


class AccountSnapshot(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A copy of a view, made when something is recorded or looked at more than once; itself a view."""

    as_of: Instant
    equity: Usd
    margin_used: Usd
    exposure_usd: Usd
    day: DayCounters
    peak: Usd
    positions: dict[Symbol, Position]
    unresolved: int = 0
    open_intents: tuple[OpenIntent, ...] = ()

    @classmethod
    def of(cls, account: AccountView) -> Self:
        """Copy a view."""
        return cls(
            as_of=account.as_of,
            equity=account.equity,
            margin_used=account.margin_used,
            exposure_usd=account.exposure(),
            day=account.day,
            peak=account.peak,
            positions=dict(account.positions),
            unresolved=account.unresolved,
            open_intents=tuple(account.open_intents),
        )

    def position(self, symbol: Symbol) -> Position:
        """Return the holding in a symbol, flat when there is none."""
        return self.positions.get(symbol) or Position.flat(symbol)

    def exposure(self) -> Usd:
        """Return the sum of all notionals at the marks."""
        return self.exposure_usd

    def freeze(self) -> Self:
        """Return itself: nothing changes a copy."""
        return self
