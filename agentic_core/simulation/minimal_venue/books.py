"""The venue's own books: what it carried out, and what it showed when. No network, no clock, no waiting."""

from decimal import Decimal
from typing import TypeAlias, assert_never

import msgspec

from agentic_core.domain.ids import ClientOrderId, Symbol
from agentic_core.domain.money import Price, Size
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant
from agentic_core.errors import UsageError
from agentic_core.ports.simulated_venue import MoveMark, VenueFill, VenueOrder, VenueTruth
from agentic_core.simulation.minimal_venue.messages import (
    Answer,
    AskFills,
    AskOrder,
    AskPositions,
    Burn,
    Cancel,
    Done,
    Executed,
    FillsFound,
    OrderError,
    OrderFound,
    OrderStanding,
    OrderUnknown,
    Place,
    PositionsFound,
    Request,
    RequestError,
    Rests,
    SignedRequest,
)
from agentic_core.simulation.minimal_venue.nonces import NonceBook

__all__ = ["MinimalBooks"]

_NONE = Size(Decimal(0))


class _Order(msgspec.Struct, frozen=True, kw_only=True):
    # An order as it stood from an instant on; every change is a new one, so that a read can show the past.
    at: Instant
    placed: Place
    standing: OrderStanding
    filled: Size

    @property
    def left(self) -> Size:
        return Size(self.placed.size - self.filled)


_History: TypeAlias = list[_Order]


class MinimalBooks:
    """One account at the minimal venue."""

    def __init__(self, nonces: NonceBook | None = None) -> None:
        """Begin with no mark, no order and no position."""
        self._nonces = nonces or NonceBook()
        self._marks: dict[Symbol, MoveMark] = {}
        self._orders: list[_History] = []
        self._fills: list[VenueFill] = []
        self._newest = Instant(0)
        self.lag_ms = 0

    def handle(self, request: Request, at: Instant) -> Answer:
        """Carry a request out at an instant of venue time.

        Raises:
            UsageError: time went back.
        """
        self._pass_to(at)
        match request:
            case Place() | Cancel() | Burn():
                return self._carry_out(request, at)
            case AskOrder():
                return self._show_order(request.cloid, at)
            case AskFills():
                shown = tuple(fill for fill in self._fills if request.since <= fill.at <= at - self.lag_ms)
                return FillsFound(at=at, fills=shown)
            case AskPositions():
                return PositionsFound(at=at, positions=self._positions(Instant(at - self.lag_ms)))
            case _:
                assert_never(request)

    def move_mark(self, move: MoveMark, at: Instant) -> None:
        """Change the mark of a symbol; resting orders that it reaches execute at their limits."""
        self._pass_to(at)
        self._marks[move.symbol] = move
        for history in self._orders:
            order = history[-1]
            placed = order.placed
            if order.standing is OrderStanding.RESTING and placed.symbol == move.symbol and _reaches(placed, move):
                self._execute_resting(history, at)

    def truth(self, at: Instant) -> VenueTruth:
        """Return what is so, without lag."""
        taken = [history[-1] for history in self._orders if history[-1].standing is not OrderStanding.REJECTED]
        return VenueTruth(
            at=at,
            orders=tuple(_as_order(order) for order in taken),
            fills=tuple(self._fills),
            positions=self._positions(at),
        )

    def _pass_to(self, at: Instant) -> None:
        if at < self._newest:
            raise UsageError(f"venue time went back from {self._newest} to {at}; hand in instants in order")
        self._newest = at

    def _carry_out(self, request: SignedRequest, at: Instant) -> Answer:
        if request.expires_at is not None and at > request.expires_at:
            return RequestError(at=at, reason="Action already expired")
        refused = self._nonces.use(request.signer, request.nonce, at)
        if refused is not None:
            return RequestError(at=at, reason=refused)
        match request:
            case Place():
                return self._place(request, at)
            case Cancel():
                return self._cancel(request, at)
            case Burn():
                return Done(at=at)
            case _:
                assert_never(request)

    def _place(self, placed: Place, at: Instant) -> Answer:
        mark = self._marks.get(placed.symbol)
        room = self._room(placed)
        reached = mark is not None and _reaches(placed, mark)
        reason = None
        if room == 0:
            reason = "Reduce only order would increase position."
        elif not placed.rests and (mark is None or not reached or mark.depth == 0):
            reason = "Order could not immediately match against any resting orders."
        if reason is not None:
            self._orders.append([_Order(at=at, placed=placed, standing=OrderStanding.REJECTED, filled=_NONE)])
            return OrderError(at=at, reason=reason)
        history = [_Order(at=at, placed=placed, standing=OrderStanding.RESTING, filled=_NONE)]
        self._orders.append(history)
        if mark is not None and reached:
            self._fill(history, room if mark.depth is None else min(room, mark.depth), mark.price, at)
        if placed.rests and history[-1].standing is OrderStanding.RESTING:
            return Rests(at=at, filled=history[-1].filled)
        return Executed(at=at, filled=history[-1].filled, price=self._fills[-1].price)

    def _fill(self, history: _History, size: Size, price: Price, at: Instant) -> None:
        if not size:
            return
        order = history[-1]
        placed, filled = order.placed, Size(order.filled + size)
        if filled == placed.size:
            standing = OrderStanding.FILLED
        else:
            standing = OrderStanding.RESTING if placed.rests else OrderStanding.CANCELED
        history.append(msgspec.structs.replace(order, at=at, standing=standing, filled=filled))
        self._fills.append(
            VenueFill(cloid=placed.cloid, symbol=placed.symbol, side=placed.side, size=size, price=price, at=at)
        )

    def _execute_resting(self, history: _History, at: Instant) -> None:
        order = history[-1]
        room = min(order.left, self._room(order.placed))
        self._fill(history, room, order.placed.limit_price, at)
        if room < order.left:  # what it was to reduce is gone
            history.append(msgspec.structs.replace(history[-1], at=at, standing=OrderStanding.CANCELED))

    def _room(self, placed: Place) -> Size:
        if not placed.reduce_only:
            return placed.size
        held = self._positions(self._newest).get(placed.symbol, _NONE)
        opposed = -held if placed.side is Side.BUY else held
        return Size(max(_NONE, min(placed.size, opposed)))

    def _cancel(self, request: Cancel, at: Instant) -> Answer:
        for history in reversed(self._orders):
            order = history[-1]
            if order.placed.cloid == request.cloid and order.standing is OrderStanding.RESTING:
                history.append(msgspec.structs.replace(order, at=at, standing=OrderStanding.CANCELED))
                return Done(at=at)
        return OrderError(at=at, reason="Order was never placed, already canceled, or filled.")

    def _show_order(self, cloid: ClientOrderId, at: Instant) -> Answer:
        for history in reversed(self._orders):
            shown = [order for order in history if order.at <= at - self.lag_ms]
            if shown and shown[-1].placed.cloid == cloid:
                return OrderFound(at=at, standing=shown[-1].standing, filled=shown[-1].filled)
        return OrderUnknown(at=at)

    def _positions(self, until: Instant) -> dict[Symbol, Size]:
        held: dict[Symbol, Size] = {}
        for fill in self._fills:
            if fill.at <= until:
                held[fill.symbol] = Size(held.get(fill.symbol, _NONE) + fill.side.sign * fill.size)
        return held


def _reaches(placed: Place, mark: MoveMark) -> bool:
    if placed.side is Side.BUY:
        return mark.price <= placed.limit_price
    return mark.price >= placed.limit_price


def _as_order(order: _Order) -> VenueOrder:
    placed = order.placed
    return VenueOrder(
        cloid=placed.cloid,
        symbol=placed.symbol,
        side=placed.side,
        size=placed.size,
        limit_price=placed.limit_price,
        reduce_only=placed.reduce_only,
        filled=order.filled,
        live=order.standing is OrderStanding.RESTING,
    )
