"""What happened, as frames for whoever follows it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from agentic_hl.venue.channels import Subscription
from agentic_hl.venue.entities import (
    Event,
    Fill,
    FundingPaid,
    LedgerMoved,
    Liquidated,
    NonUserCancel,
    OrderChanged,
    PublicPrint,
    Traded,
)
from agentic_hl.venue.questions.order_payloads import (
    Names,
    aggregated,
    fill_payload,
    frontend_order,
    order_update,
)
from agentic_hl.venue.questions.payloads import (
    funding_payload,
    ledger_payload,
    liquidation_payload,
    print_payload,
)

__all__ = ["Push", "pushes_of", "touched_by"]

_Happened = TypeVar("_Happened", bound=Event)


class Push(msgspec.Struct, frozen=True, kw_only=True):
    """A frame for everyone who follows a channel of a user, or of a coin."""

    kind: str
    user: str | None = None
    coin: str | None = None
    aggregated: bool | None = None
    """Of fills: only for subscriptions that asked for it so."""
    payload: object

    def fits(self, subscription: Subscription) -> bool:
        """Tell whether a subscription of this kind is to get it."""
        if self.aggregated is not None and subscription.echo.get("aggregateByTime") is not self.aggregated:
            return False
        return subscription.user == self.user and subscription.coin == self.coin


def touched_by(events: Iterable[Event]) -> set[str]:
    """Return the users whose state is another now."""
    return {user for event in events if (user := _user_of(event)) is not None}


def pushes_of(events: Sequence[Event], names: Names) -> list[Push]:
    """Return the frames of one block's events, channel by channel."""
    return [
        *_order_pushes(_by_user(events, OrderChanged), names),
        *_prints(events, names),
        *_fill_pushes(_by_user(events, Traded), names),
        *_cancel_pushes(_by_user(events, NonUserCancel), names),
        *(push for event in events for push in _single(event, names)),
    ]


def _user_of(event: Event) -> str | None:
    match event:
        case PublicPrint():
            return None
        case Traded(fill=fill):
            return fill.user
        case _:
            return event.user


def _by_user(events: Iterable[Event], kind: type[_Happened]) -> dict[str, list[_Happened]]:
    found: dict[str, list[_Happened]] = {}
    for event in events:
        if isinstance(event, kind):
            found.setdefault(_user_of(event) or "", []).append(event)
    return found


def _order_pushes(changes: Mapping[str, list[OrderChanged]], names: Names) -> Iterable[Push]:
    for user, changed in changes.items():
        updates = [order_update(event, names) for event in changed]
        yield Push(kind="orderUpdates", user=user, payload=updates)
        history = [
            {"order": frontend_order(event.order, names), "status": event.status, "statusTimestamp": event.time}
            for event in changed
        ]
        yield Push(kind="userHistoricalOrders", user=user, payload={"user": user, "orderHistory": history})


def _prints(events: Sequence[Event], names: Names) -> Iterable[Push]:
    by_coin: dict[str, list[object]] = {}
    for event in events:
        if isinstance(event, PublicPrint):
            by_coin.setdefault(names[event.asset], []).append(print_payload(event, names))
    for coin, printed in by_coin.items():
        yield Push(kind="trades", coin=coin, payload=printed)


def _fill_pushes(traded: Mapping[str, list[Traded]], names: Names) -> Iterable[Push]:
    for user, events in traded.items():
        fills = [event.fill for event in events]
        for together in (False, True):
            shown = _shown(aggregated(fills) if together else fills, names)
            yield Push(kind="userFills", user=user, aggregated=together, payload={"user": user, "fills": shown})
        yield Push(kind="userEvents", user=user, payload={"fills": _shown(fills, names)})


def _shown(fills: Iterable[Fill], names: Names) -> list[object]:
    return [fill_payload(fill, names) for fill in fills]


def _cancel_pushes(cancelled: Mapping[str, list[NonUserCancel]], names: Names) -> Iterable[Push]:
    for user, events in cancelled.items():
        listed = [{"coin": names[event.asset], "oid": event.oid} for event in events]
        yield Push(kind="userEvents", user=user, payload={"nonUserCancel": listed})


def _single(event: Event, names: Names) -> Iterable[Push]:
    match event:
        case FundingPaid(user=user):
            paid = funding_payload(event, names)
            yield Push(kind="userEvents", user=user, payload={"funding": paid})
            yield Push(kind="userFundings", user=user, payload={"user": user, "fundings": [paid]})
        case LedgerMoved(user=user):
            moved = {"user": user, "nonFundingLedgerUpdates": [ledger_payload(event)]}
            yield Push(kind="userNonFundingLedgerUpdates", user=user, payload=moved)
        case Liquidated(user=user):
            yield Push(kind="userEvents", user=user, payload={"liquidation": liquidation_payload(event)})
        case _:
            return
