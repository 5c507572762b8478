"""Which of the stops that were last heard of as resting may be relied on, and asking about the others."""

from typing import Final

from msgspec.structs import replace

from agentic_core.domain.ids import ClientOrderId, Symbol
from agentic_core.domain.order import IntentState
from agentic_core.domain.times import Instant
from agentic_core.errors import VenueUnavailable
from agentic_core.execution.life import Life
from agentic_core.execution.protection import is_stop
from agentic_core.runtime.exits.exit_orders import ExitOrders

__all__ = ["StopDoubts"]


class StopDoubts:
    """What is not certain about the stops of one account.

    The venue ends a reduce-only order without a word to whoever does not listen: when there is nothing left to reduce,
    when margin runs out, or soon after it took it.
    """

    def __init__(self, orders: ExitOrders) -> None:
        """Doubt nothing yet."""
        self._orders: Final = orders
        self._ask_from: dict[ClientOrderId, int] = {}
        self._doubted: set[ClientOrderId] = set()
        self._gone: set[ClientOrderId] = set()
        self._gone_until: dict[Symbol, int] = {}

    def doubt(self, symbol: Symbol) -> None:
        """Rely on no stop of a symbol that rests now: its position went, so the stop may have gone with it."""
        self._doubted.update(life.cloid for life in self._orders.lives(symbol) if is_stop(life) and _rests(life))

    async def resolve(self, symbol: Symbol) -> None:
        """Look for the doubted stops of a symbol among what the venue lists; what cannot be read stays in doubt."""
        resting = {life.cloid for life in self._orders.lives(symbol) if is_stop(life) and _rests(life)}
        now, rules = self._orders.ports.clock.boottime_ms(), self._orders.terms.rules
        # A list may lag: what it did not show may rest all the same, and then somebody has to know of it.
        again = self._gone & resting if now >= self._gone_until.get(symbol, now) else set()
        doubted = self._doubted & resting | again
        if not doubted:
            return
        try:
            listed = {order.cloid for order in (await self._orders.listed()).orders}
        except VenueUnavailable:
            return
        self._doubted -= doubted
        self._gone = (self._gone - doubted) | (doubted - listed)
        self._gone_until[symbol] = now + rules.verify_ms

    def lives(self, symbol: Symbol) -> tuple[Life, ...]:
        """Return the orders of a symbol as its protection may see them: nobody knows the fate of what is in doubt."""
        known = (life for life in self._orders.lives(symbol) if life.cloid not in self._gone or not _rests(life))
        return tuple(
            replace(life, state=IntentState.UNKNOWN) if life.cloid in self._doubted and _rests(life) else life
            for life in known
        )

    async def verify(self) -> None:
        """Ask the venue about the resting stops that nobody asked about for a while."""
        ports, rules = self._orders.ports, self._orders.terms.rules
        now = ports.clock.boottime_ms()
        resting = {life.cloid for life in ports.orders.lives.values() if is_stop(life) and _rests(life)}
        self._ask_from = {cloid: self._ask_from.get(cloid, now + rules.doubt_ms) for cloid in sorted(resting)}
        self._doubted &= resting
        self._gone &= resting
        due = [cloid for cloid, at in self._ask_from.items() if now >= at or cloid in self._gone]
        if due:
            self._ask_from.update(dict.fromkeys(due, now + rules.verify_ms))
            await ports.orders.settle(due, until=Instant(ports.venue_now() + 1))


def _rests(life: Life) -> bool:
    return not life.is_terminal and not life.is_unresolved
