"""The ladder of a close: its own fresh price, wider collars, post-only while nothing else is taken, then a human."""

from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.instrument import VENUE_ORDER_USD_MIN
from agentic_core.domain.money import ZERO, Price, Size, plain
from agentic_core.domain.order import TimeInForce
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant
from agentic_core.errors import IllegalTransition
from agentic_core.execution.close_moves import CLOSE_MOVES, CloseOutcome, CloseState
from agentic_core.execution.close_pricing import CloseView, close_size, peg_price, sized_at, taking_price

__all__ = [
    "AwaitOutcome",
    "CloseLadder",
    "CloseRules",
    "CloseStep",
    "Closed",
    "LiveOrder",
    "LookAgain",
    "PageHuman",
    "PlaceClose",
    "RecallOrder",
    "next_close_step",
    "placed",
    "take_close_outcome",
]


class CloseRules(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How far and for how long a close goes by itself."""

    widths: tuple[int, ...] = (1, 2, 4, 8)
    """The collars to try, as multiples of the first."""
    collar_bps_max: int = 1_000
    """No collar is wider."""
    view_age_ms_max: int = 2_000
    repeg_ms: int = 5_000
    """How long a post-only order rests before it is taken back and priced anew."""
    pause_ms: int = 1_000
    """How long to wait after a refusal that a new price alone does not cure."""
    refusals_max: int = 5
    orders_max: int = 100
    """How many orders it may take; each costs a request of the address."""
    deadline_ms: int = 120_000
    """How long after its start a close that has not ended pages a human."""


_RULES = CloseRules()


class LiveOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The one order of the ladder that may still execute."""

    cloid: ClientOrderId
    size: Size
    placed_at: Instant
    rests: bool = False
    executed: Size = Size(ZERO)
    """Units known to have executed so far."""


class CloseLadder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One close under way; `next_close_step` says what comes next."""

    side: Side
    wanted: Size | None
    """Units to close; None is the whole position, however large it is found."""
    collar_bps: int
    begun_at: Instant
    rules: CloseRules = _RULES
    state: CloseState = CloseState.TAKING
    rung: int = 0
    orders: int = 0
    """Orders placed, which is also the attempt of the next."""
    refusals: int = 0
    closed: Size = Size(ZERO)
    """Units known to have executed, the live order's included."""
    live: LiveOrder | None = None
    wait_until: Instant | None = None
    """Nothing is sent and no view counts that is older than this."""

    @property
    def deadline(self) -> Instant:
        """When it pages a human, unless it ended before."""
        return Instant(self.begun_at + self.rules.deadline_ms)


class LookAgain(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Read mark, book and position, at or after a moment."""

    at: Instant


class PlaceClose(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Make this reduce-only order durable, tell `placed`, and only then send it."""

    side: Side
    size: Size
    limit_price: Price
    time_in_force: TimeInForce
    attempt: int


class AwaitOutcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Find out what became of the order that is out; send nothing else."""

    cloid: ClientOrderId
    until: Instant
    """When to ask again at the latest."""


class RecallOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Cancel the resting order, unless a cancel is under way, and find out how it ended."""

    cloid: ClientOrderId


class Closed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Nothing is left to do; begin the proof that it is flat."""


class PageHuman(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Call a human: the ladder sends nothing more."""

    detail: str
    live: ClientOrderId | None
    """An order that may still execute; find out how it ends, and cancel it if it rests."""


CloseStep: TypeAlias = LookAgain | PlaceClose | AwaitOutcome | RecallOrder | Closed | PageHuman


def next_close_step(ladder: CloseLadder, view: CloseView | None, now: Instant) -> CloseStep:
    """Say what a close does next.

    Args:
        ladder: how far it has come.
        view: the newest own read of the symbol; None where there is none. Marks of a stream do not count.
        now: by the clock that dates the views.
    """
    if ladder.state is CloseState.CLOSED:
        return Closed()
    if (reason := _page_reason(ladder, now)) is not None:
        detail = f"{reason}; {plain(ladder.closed)} units are closed"
        return PageHuman(detail=detail, live=None if ladder.live is None else ladder.live.cloid)
    if ladder.live is not None:
        return _follow(ladder, ladder.live, now)
    due = ladder.begun_at if ladder.wait_until is None else ladder.wait_until
    if view is None or view.read_at < due or now - view.read_at > ladder.rules.view_age_ms_max:
        return LookAgain(at=max(now, due))
    return _place(ladder, view)


def placed(ladder: CloseLadder, order: PlaceClose, cloid: ClientOrderId, now: Instant) -> CloseLadder:
    """Note that an order is durable and about to be sent.

    Raises:
        IllegalTransition: another order is out, or the ladder has ended.
    """
    if ladder.live is not None or ladder.state in {CloseState.CLOSED, CloseState.PAGED}:
        other = "no order" if ladder.live is None else ladder.live.cloid
        message = f"{cloid} cannot be placed: the close is {ladder.state} and {other} is out; ask `next_close_step`"
        raise IllegalTransition(message)
    live = LiveOrder(cloid=cloid, size=order.size, placed_at=now)
    return replace(ladder, live=live, orders=ladder.orders + 1)


def take_close_outcome(
    ladder: CloseLadder, cloid: ClientOrderId, outcome: CloseOutcome, executed: Size, now: Instant
) -> CloseLadder:
    """Take in what became of an order; news of any but the one that is out changes nothing.

    Args:
        ladder: how far the close has come.
        cloid: the order.
        outcome: what became of it.
        executed: all units of it known to have executed; never counts for less than before, nor more than ordered.
        now: by the clock that dates the views.
    """
    live = ladder.live
    if live is None or live.cloid != cloid:
        return ladder
    move = CLOSE_MOVES[ladder.state, outcome]
    total = Size(max(live.executed, min(executed, live.size)))
    after = replace(
        ladder,
        state=move.to,
        rung=ladder.rung + move.widens,
        refusals=ladder.refusals + move.counts,
        closed=Size(ladder.closed + total - live.executed),
        live=None if move.ends else _still_out(live, outcome, total),
        wait_until=Instant(now + ladder.rules.pause_ms) if move.pauses else now,
    )
    hopeless = after.state is not CloseState.CLOSED and _spent(after) is not None
    return replace(after, state=CloseState.PAGED) if hopeless else after


def _still_out(live: LiveOrder, outcome: CloseOutcome, executed: Size) -> LiveOrder:
    return replace(live, executed=executed, rests=live.rests or outcome is CloseOutcome.RESTS)


def _spent(ladder: CloseLadder) -> str | None:
    # Why nothing more can be tried; time aside.
    rules = ladder.rules
    if ladder.rung >= len(rules.widths):
        return "the widest collar matched too little"
    if ladder.refusals >= rules.refusals_max:
        return f"the venue refused {ladder.refusals} orders"
    if ladder.orders >= rules.orders_max and ladder.live is None:
        return f"{ladder.orders} orders were not enough"
    return None


def _page_reason(ladder: CloseLadder, now: Instant) -> str | None:
    late = f"it took longer than {ladder.rules.deadline_ms} ms" if now >= ladder.deadline else None
    return _spent(ladder) or late


def _follow(ladder: CloseLadder, live: LiveOrder, now: Instant) -> CloseStep:
    repeg_at = Instant(live.placed_at + ladder.rules.repeg_ms)
    if live.rests and now >= repeg_at:
        return RecallOrder(cloid=live.cloid)
    until = min(repeg_at if live.rests else ladder.deadline, ladder.deadline)
    return AwaitOutcome(cloid=live.cloid, until=until)


def _place(ladder: CloseLadder, view: CloseView) -> CloseStep:
    rules, pegging = ladder.rules, ladder.state is CloseState.PEGGING
    collar_bps = min(ladder.collar_bps * rules.widths[ladder.rung], rules.collar_bps_max)
    price = peg_price(view, ladder.side, collar_bps) if pegging else taking_price(view, ladder.side, collar_bps)
    held = view.held_against(ladder.side)
    left = held if ladder.wanted is None else Size(min(ladder.wanted - ladder.closed, held))
    valued = sized_at(view, price)
    done = ladder.closed > ZERO and left * valued < VENUE_ORDER_USD_MIN <= (held - left) * valued
    if left <= ZERO or done:
        return Closed()
    return PlaceClose(
        side=ladder.side,
        size=close_size(left, held, valued, view.instrument),
        limit_price=price,
        time_in_force=TimeInForce.POST_ONLY if pegging else TimeInForce.IOC,
        attempt=ladder.orders,
    )
