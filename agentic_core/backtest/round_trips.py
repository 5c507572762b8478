"""Folds fills and funding into round trips: what happened from flat to flat, and what is still open."""

from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext

import msgspec

from agentic_core.domain.fill import Fill, FillKind
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import ZERO, Price, Size, Usd
from agentic_core.domain.position import Direction
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant

__all__ = ["DIGITS", "OpenTrip", "RoundTrip", "fold_trips"]

DIGITS = 50
"""Shares of a fee and average entries are divided with so many digits, far more than anything is compared to."""


class RoundTrip(msgspec.Struct, frozen=True, kw_only=True):
    """A position from its first fill until it was flat again, or turned around."""

    symbol: Symbol
    direction: Direction
    opened: Instant
    closed: Instant
    size: Size
    """Units bought or sold to enter, all entries together."""
    entry_price: Price
    """Average of all entries."""
    exit_price: Price
    """Average of all exits."""
    gross: Usd
    """Profit from prices alone."""
    fees: Usd
    """Paid on entries and exits."""
    funding: Usd
    """Received while it was held; negative is paid."""
    closed_by: FillKind

    @property
    def net(self) -> Usd:
        """Profit after fees and funding."""
        return Usd(self.gross - self.fees + self.funding)

    @property
    def holding_ms(self) -> int:
        """How long it was held."""
        return self.closed - self.opened


class OpenTrip(msgspec.Struct, frozen=True, kw_only=True):
    """A position that is still held at the end."""

    symbol: Symbol
    opened: Instant
    size: Size
    """Signed: long is positive."""
    entry_cost: Usd
    """What the units still held cost at their average entry, unsigned."""
    fees: Usd
    funding: Usd


def fold_trips(fills: Sequence[Fill], funding: Iterable[FundingPayment]) -> tuple[list[RoundTrip], list[OpenTrip]]:
    """Return the finished round trips in order of closing, and what is still open.

    A fill that turns a position around closes one trip and opens the next, its fee shared by size. A funding payment
    belongs to the position that was held before the fills of its instant.
    """
    events = [(payment.time, 0, payment) for payment in funding] + [(fill.time, 1, fill) for fill in fills]
    building: dict[Symbol, _Trip] = {}
    done: list[RoundTrip] = []
    with localcontext(prec=DIGITS):
        for _, _, event in sorted(events, key=lambda entry: entry[:2]):
            trip = building.get(event.symbol)
            if isinstance(event, FundingPayment):
                if trip is not None:
                    trip.funding += event.amount
                continue
            _apply(building, done, event)
        held = [trip.as_open() for trip in building.values()]
    return done, held


def _apply(building: dict[Symbol, "_Trip"], done: list[RoundTrip], fill: Fill) -> None:
    left, fee = fill.size, fill.fee
    trip = building.get(fill.symbol)
    if trip is not None and fill.side is not trip.side:
        closing = Size(min(left, trip.held))
        share = fee if closing == left else Usd(fee * closing / left)
        trip.leave(closing, fill.price, share)
        left, fee = Size(left - closing), Usd(fee - share)
        if trip.held == 0:
            done.append(trip.as_closed(fill))
            del building[fill.symbol]
    if left:
        building.setdefault(fill.symbol, _Trip(fill.symbol, fill.side, fill.time)).enter(left, fill.price, fee)


class _Trip:
    def __init__(self, symbol: Symbol, side: Side, opened: Instant) -> None:
        self.symbol = symbol
        self.side = side
        self.opened = opened
        self.held = ZERO
        self.entered = ZERO
        self.paid_in = ZERO
        self.taken_out = ZERO
        self.entry_cost = ZERO
        self.fees = ZERO
        self.funding = ZERO

    def enter(self, size: Decimal, price: Decimal, fee: Decimal) -> None:
        self.held += size
        self.entered += size
        self.paid_in += size * price
        self.entry_cost += size * price
        self.fees += fee

    def leave(self, size: Decimal, price: Decimal, fee: Decimal) -> None:
        self.entry_cost = ZERO if size == self.held else self.entry_cost - self.entry_cost * size / self.held
        self.held -= size
        self.taken_out += size * price
        self.fees += fee

    def as_closed(self, last: Fill) -> RoundTrip:
        gain = self.taken_out - self.paid_in
        return RoundTrip(
            symbol=self.symbol,
            direction=Direction.LONG if self.side is Side.BUY else Direction.SHORT,
            opened=self.opened,
            closed=last.time,
            size=Size(self.entered),
            entry_price=Price(self.paid_in / self.entered),
            exit_price=Price(self.taken_out / self.entered),
            gross=Usd(gain * self.side.sign),
            fees=Usd(self.fees),
            funding=Usd(self.funding),
            closed_by=last.kind,
        )

    def as_open(self) -> OpenTrip:
        return OpenTrip(
            symbol=self.symbol,
            opened=self.opened,
            size=Size(self.held * self.side.sign),
            entry_cost=Usd(self.entry_cost),
            fees=Usd(self.fees),
            funding=Usd(self.funding),
        )
