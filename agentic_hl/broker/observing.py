"""What became of one order: its status, and its fills."""

from typing import Final

from msgspec.structs import replace

from agentic_core.domain.order import IntentState
from agentic_core.domain.times import Instant
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.broker import Absent, Known, Observation
from agentic_hl.broker.asking import Asking
from agentic_hl.broker.fill_search import FillSearch, Sought
from agentic_hl.broker.readings import state_of
from agentic_hl.rest.queries import exchange_status, order_status
from agentic_hl.wire.addresses import Address
from agentic_hl.wire.messages.orders import OrderUpdate
from agentic_hl.wire.units import WireError

__all__ = ["Observing"]


class Observing:
    """Asks for one order after the other."""

    def __init__(
        self, asking: Asking, fills: FillSearch, account: Address, *, search_back_ms: int, margin_ms: int
    ) -> None:
        """Take where to ask, how long before its placing fills are searched, and how much the venue's lists lag."""
        self._asking: Final = asking
        self._fills: Final = fills
        self._account: Final = account
        self._search_back_ms: Final = search_back_ms
        self._margin_ms: Final = margin_ms

    async def observe(self, sought: Sought) -> Observation:
        """Return what the venue knows of an order; the start that is given counts where it does not know it.

        An order it has forgotten may still have fills: then it is known, in an unknown state.

        Raises:
            VenueUnavailable: the venue does not answer, or with something that makes no sense.
        """
        answer = await self._asking.ask(order_status(self._account, sought.cloid))
        found = answer.found
        if found is None and not answer.is_unknown:
            message = f"orderStatus of {sought.cloid} is {answer.status!r}; a newer release may know it"
            raise VenueUnavailable(message, retryable=False)
        if found is None:
            fills = await self._fills.find(sought)
            known = Known(cloid=sought.cloid, state=IntentState.UNKNOWN, fills=fills)
            return known if fills else Absent(cloid=sought.cloid)
        if (found.order.cloid or "").lower() != sought.cloid:
            message = f"the venue was asked for {sought.cloid} and told of {found.order.cloid}"
            raise VenueUnavailable(message, retryable=False)
        return await self._known(found, sought)

    async def _known(self, update: OrderUpdate, sought: Sought) -> Known:
        order = update.order
        placed = Instant(order.timestamp - self._search_back_ms)
        sought = replace(sought, since=placed, oid=order.oid)
        fills = await self._fills.find(sought)
        try:
            state = state_of(update, fills, fills_complete=False)
            if state is IntentState.UNKNOWN and order.reduce_only and await self._ended_long_ago(update):
                fills = await self._fills.find(sought)
                state = state_of(update, fills, fills_complete=True)
        except WireError as exc:
            message = f"the sizes of {sought.cloid} make no sense: {exc}"
            raise VenueUnavailable(message, retryable=False) from exc
        return Known(cloid=sought.cloid, state=state, fills=fills)

    async def _ended_long_ago(self, update: OrderUpdate) -> bool:
        # The venue shrinks a reduce-only order, so what it was asked for does not tell how much executed; then the
        # list of its fills does, read once nothing of them can be missing.
        status = await self._asking.ask(exchange_status())
        return status.time - update.status_timestamp > self._margin_ms
