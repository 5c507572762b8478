"""What the venue's own books have of one account, kept from its engine as it happens: the oracle of every lifecycle."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

from agentic_core.domain import Side, Symbol
from agentic_core.ports.clock import Clock
from agentic_hl.venue.entities import Event, Fill, Order, OrderChanged, Traded
from agentic_hl.venue.venue import Venue

__all__ = ["Cover", "Row", "VenueBooks"]

Row = tuple[str, str | None, Side, Decimal, Decimal, Decimal, int]
"""An execution: symbol, client order id, side, size, price, fee and time."""

_NEVER_TAKEN = ("rejected", "Rejected")
_FAR = Decimal("0.15")
"""A stop that is further than this from the mark protects nobody."""
_BEYOND = Decimal("0.05")
"""The mark may have passed a stop by so much in one step before the venue acts on it."""


class Cover(StrEnum):
    """How a position stands."""

    FLAT = "flat"
    COVERED = "covered"
    NAKED = "naked"


class VenueBooks:
    """Fills, orders and the cover of every position, each with the moment at which it came about."""

    def __init__(self, venue: Venue, address: str, clock: Clock) -> None:
        self._engine = venue.engine
        self._names = venue.queries.markets.names
        self._address = address.lower()
        self._clock = clock
        self.fills: list[Fill] = []
        self.held: defaultdict[int, Decimal] = defaultdict(Decimal)
        self.taken: defaultdict[str, set[int]] = defaultdict(set)
        """Orders that the venue took, by the name they bear."""
        self.ended_at: dict[str, int] = {}
        """When the order of a name ended at the venue, by the world's clock."""
        self.covers: defaultdict[int, list[tuple[int, Cover]]] = defaultdict(list)
        """Every change of how a position stands, by asset."""
        self._sizes: defaultdict[Symbol, list[tuple[int, Decimal]]] = defaultdict(list)
        self._orders: dict[int, Order] = {}
        venue.listen(self._hear)

    def symbol(self, asset: int) -> Symbol:
        """Return the name of a market."""
        return Symbol(self._names[asset])

    def position(self, symbol: Symbol) -> Decimal:
        """Return the signed units held now."""
        return next((size for asset, size in self.held.items() if self._names[asset] == symbol), Decimal(0))

    def was(self, symbol: Symbol, size: Decimal, *, within_ms: int) -> bool:
        """Tell whether so much was held at any moment of the last milliseconds."""
        since, changes = self._clock.boottime_ms() - within_ms, self._sizes[symbol]
        before = [held for at, held in changes if at <= since][-1:] or [Decimal(0)]
        return size in {*before, *(held for at, held in changes if at > since)}

    def living(self) -> list[Order]:
        """Return the orders that may still execute."""
        return [order for order in self._orders.values() if order.live]

    def executed(self, cloid: str) -> Decimal:
        """Return the units executed under a name."""
        return sum((fill.sz for fill in self.fills if fill.cloid == cloid), Decimal(0))

    def row(self, fill: Fill) -> Row:
        """Return one of the executions as it should stand everywhere else."""
        side = Side.BUY if fill.is_buy else Side.SELL
        return (str(self.symbol(fill.asset)), fill.cloid, side, fill.sz, fill.px, fill.fee, fill.time)

    def look(self) -> None:
        """Note how every position stands now; marks move stops out of reach without an event of the account."""
        now = self._clock.boottime_ms()
        for asset, size in self.held.items():
            cover = self._cover(asset, size)
            changes = self.covers[asset]
            if not changes or changes[-1][1] is not cover:
                changes.append((now, cover))

    def _hear(self, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case OrderChanged(user=self._address, order=order):
                    self._take_order(order)
                case Traded(fill=fill) if fill.user == self._address:
                    self.fills.append(fill)
                    self.held[fill.asset] = fill.start_position + (fill.sz if fill.is_buy else -fill.sz)
                    self._sizes[self.symbol(fill.asset)].append((self._clock.boottime_ms(), self.held[fill.asset]))
                case _:
                    pass
        self.look()

    def _take_order(self, order: Order) -> None:
        self._orders[order.oid] = order
        if order.cloid is None:
            return
        if not order.status.endswith(_NEVER_TAKEN):
            self.taken[order.cloid].add(order.oid)
        if not order.live:
            self.ended_at[order.cloid] = self._clock.boottime_ms()

    def _cover(self, asset: int, size: Decimal) -> Cover:
        if not size:
            return Cover.FLAT
        mark = self._engine.mark(asset)
        stops = (order for order in self._orders.values() if order.live and order.asset == asset)
        return Cover.COVERED if any(_protects(order, size, mark) for order in stops) else Cover.NAKED


def _protects(order: Order, size: Decimal, mark: Decimal) -> bool:
    trigger = order.trigger
    if trigger is None or trigger.tpsl != "sl" or not order.reduce_only or order.is_buy is (size > 0):
        return False
    whole = order.is_position_tpsl or order.sz >= abs(size)
    away = (mark - trigger.px) / mark if size > 0 else (trigger.px - mark) / mark
    return whole and -_BEYOND <= away <= _FAR
