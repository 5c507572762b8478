"""Orders that rest: limit orders in the book and triggers that wait for the mark."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from agentic_core.brokers.paper.history import LogEntry, OrderEvent, OrderStatus
from agentic_core.domain.fill import Fill
from agentic_core.domain.ids import ClientOrderId, DecisionId, Symbol
from agentic_core.domain.money import ZERO, Price, Size
from agentic_core.domain.order import IntentState, OpenIntent, OrderIntent, Trigger
from agentic_core.domain.position import Position
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant

__all__ = ["OpenOrder", "OpenOrders"]


class OpenOrder:
    """An order the venue holds, or once held."""

    def __init__(self, intent: OrderIntent, decision: DecisionId, *, left: Decimal, fills: tuple[Fill, ...]) -> None:
        """Hold what an intent left over; `intent.trigger` waits until it fires."""
        self.intent: Final = intent
        self.decision: Final = decision
        self.left = left
        self.fills = list(fills)
        self.waiting: Trigger | None = intent.trigger
        """The trigger, until it fires."""
        self.state = IntentState.RESTING

    @property
    def is_position_sized(self) -> bool:
        """Whether it covers the whole position."""
        return self.intent.trigger is not None and self.intent.trigger.position_sized

    @property
    def limit(self) -> Price:
        """The price it may execute at, or the worst one."""
        return self.intent.limit_price

    def is_sibling(self, other: "OpenOrder") -> bool:
        """Tell whether two triggers protect the same position, so that only one of them may execute."""
        mine, theirs = self.intent, other.intent
        if mine.trigger is None or theirs.trigger is None or mine.cloid == theirs.cloid:
            return False
        if (mine.symbol, mine.side) != (theirs.symbol, theirs.side) or not (mine.reduce_only and theirs.reduce_only):
            return False
        both = self.is_position_sized and other.is_position_sized
        return both or (self.is_position_sized == other.is_position_sized and self.decision == other.decision)


class OpenOrders:
    """The open orders of one account in the order they came, and what became of those that ended."""

    def __init__(self, log: list[LogEntry]) -> None:
        """Start with none; every change is written to the log."""
        self._log = log
        self._known: dict[ClientOrderId, OpenOrder] = {}
        self._live: dict[ClientOrderId, OpenOrder] = {}
        self.live: Final[Mapping[ClientOrderId, OpenOrder]] = self._live
        """The orders that rest, in the order they came."""

    def known(self, cloid: ClientOrderId) -> OpenOrder | None:
        """Return an order that rests or rested."""
        return self._known.get(cloid)

    def add(self, order: OpenOrder) -> None:
        """Let an order rest."""
        self._known[order.intent.cloid] = self._live[order.intent.cloid] = order

    def forget(self, cloid: ClientOrderId) -> None:
        """Let go of an order that has ended."""
        if cloid not in self._live:
            self._known.pop(cloid, None)

    def symbols(self) -> tuple[Symbol, ...]:
        """List the symbols that have open orders, longest resting first."""
        return tuple(dict.fromkeys(order.intent.symbol for order in self._live.values()))

    def limits(self, symbol: Symbol, side: Side | None = None) -> list[OpenOrder]:
        """List the limit orders of a symbol by price, then time; the most willing first."""
        found = [one for one in self._of(symbol) if one.waiting is None and side in {None, one.intent.side}]
        return sorted(found, key=lambda one: -one.limit * one.intent.side.sign)

    def triggers(self, symbol: Symbol) -> list[OpenOrder]:
        """List the triggers of a symbol that wait, longest resting first."""
        return [one for one in self._of(symbol) if one.waiting is not None]

    def fill(self, order: OpenOrder, fill: Fill) -> None:
        """Enter an execution of an order; one that has nothing left ends."""
        order.fills.append(fill)
        order.left -= fill.size
        if order.left <= 0:
            self.end(order, OrderStatus.FILLED, fill.time)
        else:
            self.note(order, OrderStatus.OPEN, fill.time, "filled in part")

    def end(self, order: OpenOrder, status: OrderStatus, at: Instant, reason: str = "") -> None:
        """End an order; what executed stays a fact."""
        if self._live.pop(order.intent.cloid, None) is None:
            return
        if status is OrderStatus.FILLED:
            order.state = IntentState.FILLED
        else:
            order.state = IntentState.PARTIAL if order.fills else IntentState.DEAD
        self.note(order, status, at, reason)

    def end_all(self, symbols: frozenset[Symbol], status: OrderStatus, at: Instant, reason: str) -> None:
        """End every order of some symbols."""
        for order in list(self._live.values()):
            if order.intent.symbol in symbols:
                self.end(order, status, at, reason)

    def fire(self, order: OpenOrder, at: Instant) -> None:
        """Turn a waiting trigger into a limit order."""
        order.waiting = None
        self.note(order, OrderStatus.TRIGGERED, at)

    def end_siblings(self, order: OpenOrder, at: Instant) -> None:
        """End the triggers that protected what this one has closed."""
        for other in self._of(order.intent.symbol):
            if order.is_sibling(other):
                reason = f"{order.intent.cloid} has filled"
                self.end(other, OrderStatus.SIBLING_FILLED_CANCELED, at, reason)

    def follow(self, position: Position, at: Instant) -> None:
        """Let what may only reduce shrink with its position, and end where there is nothing to reduce."""
        held = abs(position.size)
        for order in self._of(position.symbol):
            if not order.intent.reduce_only:
                continue
            if not held or order.intent.side is not position.closing_side:
                self.end(order, OrderStatus.REDUCE_ONLY_CANCELED, at, "nothing is left to reduce")
            elif order.is_position_sized and order.waiting is not None:
                order.left = held
            elif order.left > held:
                order.left = held
                self.note(order, OrderStatus.OPEN, at, "shrunk to the position")

    def note(self, order: OpenOrder, status: OrderStatus, at: Instant, reason: str = "") -> None:
        """Write a change of an order to the log."""
        intent, left = order.intent, Size(max(ZERO, order.left))
        event = OrderEvent(time=at, cloid=intent.cloid, symbol=intent.symbol, status=status, left=left, reason=reason)
        self._log.append(event)

    def intents(self, *, waiting: bool = True) -> Iterator[OpenIntent]:
        """List what the open orders may still execute; without the triggers that wait unless asked for."""
        for order in self._live.values():
            intent = order.intent
            if order.waiting is not None and not waiting:
                continue
            yield OpenIntent(
                cloid=intent.cloid,
                symbol=intent.symbol,
                side=intent.side,
                size=Size(order.left),
                limit_price=intent.limit_price,
                reduce_only=intent.reduce_only,
                resting=True,
            )

    def _of(self, symbol: Symbol) -> list[OpenOrder]:
        return [order for order in self._live.values() if order.intent.symbol == symbol]
