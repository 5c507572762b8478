"""Intents that rest, cancel or set something, and what a broker made of them."""

from decimal import Decimal

from msgspec.structs import replace

from agentic_core.domain import (
    Accepted,
    ClientOrderId,
    IntentKind,
    IntentState,
    OrderIntent,
    Price,
    Rejected,
    Side,
    TimeInForce,
    Trigger,
    TriggerKind,
)
from agentic_core.ports.broker import Known
from tests.support.broker_desks import BrokerDesk
from tests.support.hyperliquid_desk import sendable
from tests.support.markets import BTC, order

__all__ = ["cancel_of", "enter", "exit_at", "held", "leverage_of", "limit", "refused", "seen", "taken"]

D = Decimal


def limit(number: int, side: Side, size: str, price: str, tif: TimeInForce) -> OrderIntent:
    """Return an order that may rest."""
    return replace(order(number, side, size, price), time_in_force=tif)


def exit_at(
    number: int, price: str, *, side: Side = Side.SELL, kind: TriggerKind = TriggerKind.STOP, size: str | None = "2"
) -> OrderIntent:
    """Return an exit that fires at a mark; without a size it covers the whole position."""
    worst = D(price) * (D("0.9") if side is Side.SELL else D("1.1"))
    trigger = Trigger(kind=kind, price=Price(D(price)), position_sized=size is None)
    intent = order(number, side, size or "0", worst, reduce_only=True)
    return replace(intent, kind=IntentKind.STOP, trigger=trigger)


def cancel_of(number: int, target: ClientOrderId) -> OrderIntent:
    """Return the cancel of an order."""
    intent = order(number, Side.BUY, "0", "0")
    return replace(intent, kind=IntentKind.CANCEL, target=target)


def leverage_of(number: int, leverage: int, *, isolated: bool = False) -> OrderIntent:
    """Return what sets BTC."""
    intent = order(number, Side.BUY, "0", "0")
    return replace(intent, kind=IntentKind.LEVERAGE, leverage=leverage, isolated=isolated)


async def taken(venue: BrokerDesk, intent: OrderIntent, state: IntentState) -> OrderIntent:
    """Send what the venue takes, and return it."""
    outcome = await venue.broker.send(sendable(intent))
    assert isinstance(outcome, Accepted), outcome
    assert (outcome.cloid, outcome.state) == (intent.cloid, state)
    return intent


async def refused(venue: BrokerDesk, intent: OrderIntent) -> None:
    """Send what the venue refuses."""
    outcome = await venue.broker.send(sendable(intent))
    assert isinstance(outcome, Rejected), outcome
    assert outcome.reason


async def seen(venue: BrokerDesk, intent: OrderIntent) -> tuple[IntentState, Decimal]:
    """Return what the venue knows of an order, and the units its fills sum up to."""
    known = await venue.broker.observe(sendable(intent))
    assert isinstance(known, Known), known
    units = sum((fill.size for fill in known.fills), D(0))
    assert known.total in {None, units}
    assert {(fill.cloid, fill.side) for fill in known.fills} <= {(intent.cloid, intent.side)}
    return known.state, units


async def held(venue: BrokerDesk) -> Decimal:
    """Return the signed units of BTC that the account holds."""
    return (await venue.broker.account()).position(BTC).size


async def enter(venue: BrokerDesk, side: Side = Side.BUY, number: int = 0) -> None:
    """Hold two units more."""
    await taken(venue, order(number, side, "2", str(100 + side.sign)), IntentState.FILLED)
