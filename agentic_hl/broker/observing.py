"""What became of one intent: its status, and its fills, as of a time of the venue that was read before both."""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from agentic_core.domain.money import ZERO
from agentic_core.domain.order import IntentKind, IntentState, PreparedIntent
from agentic_core.domain.times import Instant
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.broker import Absent, Known, Observation, Searched
from agentic_hl.broker.asking import Asking
from agentic_hl.broker.fill_search import FillSearch, Sought
from agentic_hl.broker.readings import Shown, shown_of
from agentic_hl.broker.terms import BrokerTimes
from agentic_hl.broker.venue_clock import VenueClock
from agentic_hl.rest.queries import order_status
from agentic_hl.wire.addresses import Address
from agentic_hl.wire.messages.fills import WireFill
from agentic_hl.wire.messages.orders import OrderFate, OrderUpdate
from agentic_hl.wire.units import WireError

__all__ = ["Observing"]

_ORDERS: Final = frozenset({IntentKind.ORDER, IntentKind.STOP})


class Observing:
    """Asks for one order after the other; it needs nothing but the intent, so any process may."""

    def __init__(
        self, asking: Asking, fills: FillSearch, venue_clock: VenueClock, account: Address, times: BrokerTimes
    ) -> None:
        """Take where to ask, and how much the venue's lists lag."""
        self._asking: Final = asking
        self._fills: Final = fills
        self._venue_clock: Final = venue_clock
        self._account: Final = account
        self._times: Final = times

    async def observe(self, prepared: PreparedIntent, oid: int | None) -> Observation:
        """Return what the venue knows of an intent; the order's number is given where its answer told it.

        An action without size leaves nothing behind at the venue, so it is absent.

        Raises:
            VenueUnavailable: the venue does not answer, or with something that makes no sense.
        """
        cloid = prepared.intent.cloid
        since = Instant(prepared.prepared_at - self._times.search_back_ms)
        searched = Searched(since=since, read_at=(await self._venue_clock.sync()).venue_time)
        if prepared.intent.kind not in _ORDERS:
            return Absent(cloid=cloid, searched=searched)
        update = await self._status(prepared)
        sought = Sought(cloid=cloid, since=since, oid=oid)
        if update is None:
            return Absent(cloid=cloid, searched=searched, fills=await self._fills.find(sought))
        try:
            return await self._known(update, sought, searched)
        except WireError as exc:
            message = f"the sizes of {cloid} make no sense: {exc}"
            raise VenueUnavailable(message, retryable=False) from exc

    async def _status(self, prepared: PreparedIntent) -> OrderUpdate | None:
        cloid = prepared.intent.cloid
        answer = await self._asking.ask(order_status(self._account, cloid))
        found = answer.found
        if found is None and not answer.is_unknown:
            message = f"orderStatus of {cloid} is {answer.status!r}; a newer release may know it"
            raise VenueUnavailable(message, retryable=False)
        if found is not None and (found.order.cloid or "").lower() != cloid:
            message = f"the venue was asked for {cloid} and told of {found.order.cloid}"
            raise VenueUnavailable(message, retryable=False)
        return found

    async def _known(self, update: OrderUpdate, sought: Sought, searched: Searched) -> Known:
        ended_long_ago = searched.read_at - update.status_timestamp > self._times.margin_ms
        listed = () if _is_untouched(update) else await self._fills.listed(self._start(update, sought))
        fills = self._fills.pick(listed, replace(sought, oid=update.order.oid))
        shown = shown_of(update, fills, fills_complete=ended_long_ago, unclaimed=_has_unclaimed(listed, update))
        return Known(
            cloid=sought.cloid,
            state=shown.state,
            fills=fills,
            searched=searched,
            total=shown.total,
            seen_at=_seen_at(shown, update),
        )

    def _start(self, update: OrderUpdate, sought: Sought) -> Instant:
        # An order has no fill before it was placed, so a stop that rested for weeks needs no search of weeks.
        return max(sought.since, Instant(update.order.timestamp - self._times.search_back_ms))


def _is_untouched(update: OrderUpdate) -> bool:
    # It rests with all it was placed with, so it has no fill: asking for them would cost ten times the weight.
    order = update.order
    if update.fate is not OrderFate.LIVE:
        return False
    return order.waits_for_trigger or (
        order.reduce_only is False and order.remaining_size == order.original_size > ZERO
    )


def _has_unclaimed(listed: Iterable[WireFill], update: OrderUpdate) -> bool:
    order = update.order
    return any(
        not fill.cloid and (fill.coin, fill.side) == (order.coin, order.side) and fill.time >= update.status_timestamp
        for fill in listed
        if fill.oid != order.oid
    )


def _seen_at(shown: Shown, update: OrderUpdate) -> Instant | None:
    return None if shown.state is IntentState.UNKNOWN else Instant(update.status_timestamp)
