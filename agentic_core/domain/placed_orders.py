"""Orders at a venue as people look them up: what follows from an intent and its fills, and from nothing else.

The same facts give the same order, in whatever sequence and however often they came. Table `mainnet_orders` holds the
result.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from typing import Protocol

import msgspec

from agentic_core.domain.fill import Fill
from agentic_core.domain.ids import AccountKey, ClientOrderId, DeploymentId, Symbol
from agentic_core.domain.money import ZERO, Price, Size, Usd
from agentic_core.domain.order import IntentKind, IntentState
from agentic_core.domain.records import IntentRecord
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant

__all__ = ["OrderFacts", "PlacedOrder", "PlacedStatus", "average_price", "is_placed_at_venue", "place", "placed_status"]

_PLACED_KINDS = frozenset({IntentKind.ORDER, IntentKind.STOP})
_EXECUTED_ALL = frozenset({"executed_all", "called_filled", "overfilled"})
_SEEN_DEAD = frozenset({"ended_empty", "ended_rejected"})
_EXACT = Context(prec=120)
_PRICE_STEP = Decimal("1e-18")


class PlacedStatus(StrEnum):
    """What became of an order, in the stored spelling."""

    PLACED = "placed"
    PARTIALLY_FILLED = "partially_filled"
    """It may go on, or it ended with a part: then it is settled."""
    FILLED = "filled"
    """All of it executed, or all that the venue had to fill of it."""
    CANCELLED = "cancelled"
    """It ended with nothing executed."""
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class OrderFacts(Protocol):
    """What has to be known of an intent; an `IntentRecord` is one."""

    @property
    def state(self) -> IntentState:
        """How far it has come."""

    @property
    def filled(self) -> Size:
        """Units known to have executed."""

    @property
    def sends(self) -> int:
        """Sends that began."""

    @property
    def uncounted(self) -> bool:
        """Whether the venue calls it filled, and how much that was is open."""

    @property
    def ended_by(self) -> str | None:
        """The finding that ended it, by its name."""


class PlacedOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One row of `mainnet_orders`."""

    cloid: ClientOrderId
    deployment_id: DeploymentId
    account_key: AccountKey
    symbol: Symbol
    side: Side
    kind: IntentKind
    reduce_only: bool
    status: PlacedStatus
    size_base: Size
    filled_size_base: Size
    """Units in fills."""
    avg_fill_price: Price | None
    """Of those units, weighted by size; None before the first."""
    fee_usd: Usd
    limit_price: Price
    venue_order_id: str | None
    placed_at: Instant
    """When it was written down to be sent."""
    settled_at: Instant | None


def is_placed_at_venue(account: AccountKey, kind: IntentKind) -> bool:
    """Tell whether an intent is an order that a venue gets: not a command, and not on paper."""
    return not account.startswith("paper:") and kind in _PLACED_KINDS


def placed_status(facts: OrderFacts, size: Size, units: Decimal, venue_order_id: str | None) -> PlacedStatus | None:
    """Say what an order is; None where nothing of it was sent, as far as is known.

    Args:
        facts: what is known of the intent.
        size: what it asked for.
        units: what the fills of it add up to.
        venue_order_id: the venue's number of it, where that was kept.
    """
    if units == ZERO and _was_kept_back(facts, venue_order_id):
        return None
    if units >= size or _is_all_there_was(facts, units):
        return PlacedStatus.FILLED
    if facts.state is IntentState.UNKNOWN:
        return PlacedStatus.UNKNOWN
    if units > ZERO:
        return PlacedStatus.PARTIALLY_FILLED
    if facts.state is IntentState.REJECTED:
        return PlacedStatus.REJECTED
    return PlacedStatus.CANCELLED if facts.state is IntentState.DEAD else PlacedStatus.PLACED


def place(
    record: IntentRecord,
    fills: Iterable[Fill],
    *,
    deployment: DeploymentId,
    venue_order_id: str | None,
    settled_at: Instant | None,
) -> PlacedOrder | None:
    """Return an order at a venue as its intent and its fills show it; None where nothing of it was sent."""
    intent, account = record.prepared.intent, record.prepared.fence.account
    executed = tuple(fills)
    units = Size(sum((fill.size for fill in executed), ZERO))
    status = placed_status(record, intent.size, units, venue_order_id)
    if status is None or not is_placed_at_venue(account, intent.kind):
        return None
    newest = max((fill.time for fill in executed), default=None) if units >= intent.size else None
    is_open = status in {PlacedStatus.PLACED, PlacedStatus.UNKNOWN}
    return PlacedOrder(
        cloid=intent.cloid,
        deployment_id=deployment,
        account_key=account,
        symbol=intent.symbol,
        side=intent.side,
        kind=intent.kind,
        reduce_only=intent.reduce_only,
        status=status,
        size_base=intent.size,
        filled_size_base=units,
        avg_fill_price=average_price((fill.size, fill.price) for fill in executed),
        fee_usd=Usd(sum((fill.fee for fill in executed), ZERO)),
        limit_price=intent.limit_price,
        venue_order_id=venue_order_id,
        placed_at=record.prepared.prepared_at,
        settled_at=None if is_open else newest if settled_at is None else settled_at,
    )


def average_price(executed: Iterable[tuple[Decimal, Decimal]]) -> Price | None:
    """Return the price of executed sizes, weighted by them and rounded to 18 decimals; None where there are none.

    >>> average_price([(Decimal(1), Decimal(100)), (Decimal(2), Decimal(101))])
    Decimal('100.666666666666666667')
    """
    units = notional = ZERO
    for size, price in executed:
        units = _EXACT.add(units, size)
        notional = _EXACT.add(notional, _EXACT.multiply(size, price))
    if units == ZERO:
        return None
    price = _EXACT.divide(notional, units)
    return Price(price.quantize(_PRICE_STEP, rounding=ROUND_HALF_UP, context=_EXACT))


def _was_kept_back(facts: OrderFacts, venue_order_id: str | None) -> bool:
    if facts.state is IntentState.PREPARED:
        return True
    if facts.state is not IntentState.DEAD:
        return False
    is_seen = facts.sends > 0 or venue_order_id is not None or facts.ended_by in _SEEN_DEAD
    return facts.ended_by == "withdrawn" or not is_seen


def _is_all_there_was(facts: OrderFacts, units: Decimal) -> bool:
    # The venue clips what only reduces, so that its word stands for less than the size.
    if units == ZERO or units < facts.filled or facts.uncounted:
        return False
    is_booked = facts.state is IntentState.BOOKED and facts.ended_by in _EXECUTED_ALL
    return facts.state is IntentState.FILLED or is_booked
