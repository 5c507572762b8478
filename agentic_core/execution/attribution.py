"""Whose an execution or an order on the account is, and how a second writer gives itself away.

An account has one writer by right: the holder of its trading lease. What others do there is taken as it comes; that
somebody else writes orders by program is another matter: then no limit of ours bounds what the account can lose.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from agentic_core.domain.account_events import OrderTold, ToldStatus
from agentic_core.domain.fill import Fill, FillKind
from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.money import ZERO, Size
from agentic_core.domain.order import OrderIntent
from agentic_core.execution.evidence import OrderSeen, OrderStatus
from agentic_core.execution.life import Life

__all__ = [
    "LeaseLost",
    "Owner",
    "Rightful",
    "SecondWriter",
    "Standing",
    "as_foreign",
    "evidence_told",
    "owner_of",
    "standing_of",
]


class Owner(StrEnum):
    """Who caused something on the account."""

    OURS = "ours"
    """An intent of the account, of this runner or of one before it; a resting stop fills under its own intent."""
    VENUE = "venue"
    """The venue by itself: a liquidation or an auto-deleveraging."""
    USER = "user"
    """Nobody's program: a person by hand, or the venue where it says no more than that it happened (a settlement)."""
    OTHER_PROGRAM = "other_program"
    """Somebody who names orders as programs do, with a name that is none of ours."""


_BY_VENUE = frozenset({FillKind.LIQUIDATION, FillKind.ADL})


class Rightful(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """It may be there."""

    owner: Owner


class SecondWriter(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Somebody writes orders on the account who has no right to."""

    owner: Owner
    cloid: ClientOrderId
    how: str
    """What gives it away, in words for people."""


class LeaseLost(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An intent of a later lease is there, so it is we who have no right to write any more."""

    cloid: ClientOrderId
    epoch: int
    """Of that lease."""


Standing: TypeAlias = Rightful | SecondWriter | LeaseLost


def owner_of(cloid: ClientOrderId | None, kind: FillKind | None, *, is_known: bool) -> Owner:
    """Say who caused a fill or an order.

    Args:
        cloid: the name it bears.
        kind: of a fill, what the venue calls it; None for an order.
        is_known: whether the account has an intent of that name.

    >>> owner_of(ClientOrderId("0x01"), FillKind.ORDER, is_known=False)
    <Owner.OTHER_PROGRAM: 'other_program'>
    >>> owner_of(None, FillKind.LIQUIDATION, is_known=False)
    <Owner.VENUE: 'venue'>
    """
    if is_known:
        return Owner.OURS
    if kind in _BY_VENUE:
        return Owner.VENUE
    return Owner.USER if cloid is None else Owner.OTHER_PROGRAM


def standing_of(
    cloid: ClientOrderId | None, known: Life | None, *, epoch: int, kind: FillKind | None = None
) -> Standing:
    """Say whether something seen at the venue may be there.

    Whoever sends an intent first makes durable that it begins to. So one that is there without a send on record was
    sent by somebody who writes past the store.

    Args:
        cloid: the name it bears at the venue.
        known: what is known of the account's intent of that name; None where it has none.
        epoch: of the lease we hold.
        kind: of a fill, what the venue calls it; None for an order.

    >>> standing_of(ClientOrderId("0x01"), None, epoch=7).how
    'no intent of this account bears that name'
    """
    owner = owner_of(cloid, kind, is_known=known is not None)
    if cloid is None or owner is Owner.VENUE:
        return Rightful(owner=owner)
    if known is None:
        return SecondWriter(owner=owner, cloid=cloid, how="no intent of this account bears that name")
    if known.epoch > epoch:
        return LeaseLost(cloid=cloid, epoch=known.epoch)
    if known.sends == 0:
        return SecondWriter(owner=owner, cloid=cloid, how=f"it is an intent of ours, {known.state} and never sent")
    return Rightful(owner=owner)


def as_foreign(fill: Fill) -> Fill:
    """Return a fill that no intent of ours caused under the kind it is recorded with.

    >>> row = {"fill_id": "BTC:1:1", "cloid": "0x01", "symbol": "BTC", "side": "buy", "size": 1, "price": 9, "fee": 0}
    >>> row |= {"liquidity": "taker", "time": 0, "closed_pnl": 0, "kind": "order"}
    >>> as_foreign(msgspec.convert(row, Fill)).kind
    <FillKind.EXTERNAL: 'external'>
    """
    return replace(fill, kind=FillKind.EXTERNAL) if fill.kind is FillKind.ORDER else fill


def evidence_told(told: OrderTold, intent: OrderIntent) -> OrderSeen | None:
    """Return what the telling of an order of ours is evidence of; None where it has to be asked for.

    What did not execute of a reduce-only order may have been cut off by the venue, so there the difference to its size
    proves nothing: its fills tell. Where it ended with less left than it began with, either may be so.
    """
    status = _STATUSES.get(told.status)
    is_clipped = intent.reduce_only or told.reduce_only
    if status is None or _is_doubtful(told, is_clipped=is_clipped):
        return None
    executed = Size(ZERO) if is_clipped else Size(told.size - told.left)
    return OrderSeen(status=status, filled=executed, seen_at=told.at)


_STATUSES: Mapping[ToldStatus, OrderStatus] = {
    ToldStatus.OPEN: OrderStatus.RESTING,
    ToldStatus.TRIGGERED: OrderStatus.RESTING,
    ToldStatus.FILLED: OrderStatus.FILLED,
    ToldStatus.CANCELED: OrderStatus.CANCELED,
    ToldStatus.REJECTED: OrderStatus.REJECTED,
}
_ENDS = frozenset({ToldStatus.CANCELED, ToldStatus.REJECTED})


def _is_doubtful(told: OrderTold, *, is_clipped: bool) -> bool:
    if is_clipped:
        return told.status in _ENDS and told.left < told.size
    return told.status is ToldStatus.FILLED and told.left > ZERO
