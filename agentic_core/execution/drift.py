"""Whether what we believe of the account is what the venue shows of it, field by field.

What was read may be older than what was heard, and what is under way may be in one of the two and not yet in the other.
So a difference counts only where the reading is newer than all that was applied, and nothing is under way there.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeAlias

import msgspec

from agentic_core.domain.fill import Fill
from agentic_core.domain.ids import ClientOrderId, Symbol
from agentic_core.domain.money import ZERO, Size, plain
from agentic_core.domain.order import IntentKind, IntentState
from agentic_core.domain.position import Position
from agentic_core.domain.times import Instant
from agentic_core.execution.life import Life
from agentic_core.ports.account_reads import OrdersRead, RestingOrder

__all__ = [
    "Aligned",
    "Believed",
    "Difference",
    "Drift",
    "Drifted",
    "Observed",
    "Weight",
    "find_drift",
    "newest_times",
    "persisting",
    "sizes_of",
    "under_way",
]


class Weight(StrEnum):
    """Whether a difference counts."""

    COUNTS = "counts"
    """The reading wins."""
    UNDER_WAY = "under_way"
    """An order in the symbol may have executed in the one and not yet in the other."""
    TOO_OLD = "too_old"
    """The reading is not newer than what was applied."""


class Difference(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One field in which the two differ."""

    field: str
    """Such as `BTC.size` or `order.0x….state`."""
    symbol: Symbol
    believed: str
    observed: str
    weight: Weight = Weight.COUNTS
    cloid: ClientOrderId | None = None
    """Of an order; None where it is about a position."""


class Aligned(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Nothing differs that counts."""

    open: tuple[Difference, ...] = ()
    """What cannot be judged yet."""


class Drifted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What we believe is not so."""

    fields: tuple[Difference, ...]
    open: tuple[Difference, ...] = ()
    """What cannot be judged yet."""


Drift: TypeAlias = Aligned | Drifted


class Believed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What we think is so."""

    sizes: Mapping[Symbol, Size]
    """Signed units held, folded from the fills of the ledger."""
    lives: Mapping[ClientOrderId, Life]
    """Intents of which nothing was learned while the venue was read."""
    moving: frozenset[Symbol] = frozenset()
    """Symbols in which something is under way, or was while the venue was read."""
    applied_at: Mapping[Symbol, Instant] = {}
    """Venue time of the newest thing applied, by symbol."""


class Observed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the venue shows."""

    as_of: Instant
    """Venue time of the positions."""
    positions: Mapping[Symbol, Position]
    orders: OrdersRead


def find_drift(believed: Believed, observed: Observed) -> Drift:
    """Compare what we believe with what the venue shows: sizes, and our orders that rest.

    Orders that bear none of our names are left to attribution, and equity to whoever values it: the venue alone knows.

    >>> believed = Believed(sizes={Symbol("BTC"): Size(ZERO + 2)}, lives={}, applied_at={Symbol("BTC"): Instant(5)})
    >>> nothing = OrdersRead(read_at=Instant(9), orders=())
    >>> found = find_drift(believed, Observed(as_of=Instant(9), positions={}, orders=nothing)).fields
    >>> [(each.field, each.believed, each.observed) for each in found]
    [('BTC.size', '2', '0')]
    >>> find_drift(believed, Observed(as_of=Instant(5), positions={}, orders=nothing)).open[0].weight
    <Weight.TOO_OLD: 'too_old'>
    """
    found = (*_sizes(believed, observed), *_orders(believed, observed.orders))
    fields = tuple(each for each in found if each.weight is Weight.COUNTS)
    rest = tuple(each for each in found if each.weight is not Weight.COUNTS)
    return Drifted(fields=fields, open=rest) if fields else Aligned(open=rest)


def persisting(first: Drift, second: Drift) -> Drift:
    """Return what two looks some time apart agree on; the rest stays open.

    A list may lag behind a position for a moment, so that one look alone proves no difference.
    """
    if isinstance(second, Aligned):
        return second
    before = first.fields if isinstance(first, Drifted) else ()
    fields = tuple(each for each in second.fields if each in before)
    rest = (*second.open, *(each for each in second.fields if each not in before))
    return Drifted(fields=fields, open=rest) if fields else Aligned(open=rest)


def sizes_of(fills: Iterable[Fill]) -> dict[Symbol, Size]:
    """Fold fills into signed sizes; symbols that ended flat are kept."""
    sizes: dict[Symbol, Size] = {}
    for fill in fills:
        sizes[fill.symbol] = Size(sizes.get(fill.symbol, ZERO) + fill.signed_size)
    return sizes


def newest_times(fills: Iterable[Fill]) -> dict[Symbol, Instant]:
    """Return when each symbol was last filled."""
    newest: dict[Symbol, Instant] = {}
    for fill in fills:
        newest[fill.symbol] = max(fill.time, newest.get(fill.symbol, fill.time))
    return newest


def under_way(lives: Iterable[Life]) -> frozenset[Symbol]:
    """Return the symbols in which the position and the ledger may differ with good reason."""
    return frozenset(life.intent.symbol for life in lives if life.intent.kind in _ORDERS and _may_differ(life))


_ORDERS = frozenset({IntentKind.ORDER, IntentKind.STOP})


def _may_differ(life: Life) -> bool:
    was_sent = life.is_unresolved and life.sends > 0
    return was_sent or life.uncounted or life.filled > life.booked


def _sizes(believed: Believed, observed: Observed) -> Iterable[Difference]:
    for symbol in sorted({*believed.sizes, *observed.positions}):
        held = believed.sizes.get(symbol, Size(ZERO))
        position = observed.positions.get(symbol)
        shown = Size(ZERO) if position is None else position.size
        if held != shown:
            yield Difference(
                field=f"{symbol}.size",
                symbol=symbol,
                believed=plain(held),
                observed=plain(shown),
                weight=_weight(believed, symbol, observed.as_of),
            )


def _orders(believed: Believed, read: OrdersRead) -> Iterable[Difference]:
    shown = {order.cloid: order for order in read.orders if order.cloid is not None}
    for cloid, life in sorted(believed.lives.items()):
        symbol = life.intent.symbol
        if life.intent.kind not in _ORDERS:
            continue
        for name, ours, theirs in _fields(life, shown.get(cloid)):
            yield Difference(
                field=f"order.{cloid}.{name}",
                symbol=symbol,
                believed=ours,
                observed=theirs,
                weight=_weight(believed, symbol, read.read_at),
                cloid=cloid,
            )


def _fields(life: Life, order: RestingOrder | None) -> Iterable[tuple[str, str, str]]:
    rests = life.state is IntentState.RESTING
    if order is None:
        if rests:
            yield "state", life.state.value, "absent"
        return
    if not rests:
        yield "state", life.state.value, IntentState.RESTING.value
        return
    left = life.intent.size - life.filled
    if not life.intent.reduce_only and order.size != left:  # a reduce-only one is clipped to the position
        yield "left", plain(left), plain(order.size)


def _weight(believed: Believed, symbol: Symbol, read_at: Instant) -> Weight:
    if symbol in believed.moving:
        return Weight.UNDER_WAY
    applied_at = believed.applied_at.get(symbol)
    return Weight.TOO_OLD if applied_at is not None and read_at <= applied_at else Weight.COUNTS
