"""The venue's action for each kind of intent."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import assert_never

from agentic_core.domain.money import Price, Size
from agentic_core.domain.order import IntentKind, OrderIntent, PreparedIntent, TimeInForce, Trigger, TriggerKind
from agentic_core.domain.side import Side
from agentic_core.errors import UsageError
from agentic_hl.wire.actions import (
    ALO,
    GTC,
    IOC,
    Cancel,
    CancelByCloid,
    CancelCloidLine,
    CancelLine,
    Grouping,
    L1Action,
    OrderLine,
    OrderTerms,
    PlaceOrders,
    Tpsl,
    UpdateLeverage,
    trigger,
)
from agentic_hl.wire.names import Asset, Universe
from agentic_hl.wire.units import Rounding, WireError, price_text, size_text

__all__ = ["action_of", "check_sendable", "opens"]

_TERMS: Mapping[TimeInForce, OrderTerms] = MappingProxyType(
    {TimeInForce.IOC: IOC, TimeInForce.GTC: GTC, TimeInForce.POST_ONLY: ALO}
)
_EXITS: Mapping[TriggerKind, Tpsl] = MappingProxyType(
    {TriggerKind.STOP: Tpsl.STOP_LOSS, TriggerKind.TAKE_PROFIT: Tpsl.TAKE_PROFIT}
)
_WHOLE_POSITION = "0"


def check_sendable(prepared: PreparedIntent) -> None:
    """Refuse an intent that lacks what its kind needs, before anything is done about it.

    Raises:
        UsageError: something is missing, or contradicts its kind.
    """
    intent = prepared.intent
    if prepared.nonce is None or prepared.expires_at is None:
        message = f"{intent.cloid} has nonce {prepared.nonce} and expiry {prepared.expires_at}; it needs both"
        raise UsageError(message)
    lacking = _lacking(intent)
    if lacking is not None:
        message = f"{intent.cloid} is a {intent.kind} and {lacking}"
        raise UsageError(message)


def action_of(intent: OrderIntent, universe: Universe) -> L1Action:
    """Return the action that does what a checked intent is for.

    Raises:
        InputError: its symbol cannot be traded.
        WireError: its price or size is not legal at the venue.
    """
    asset = universe.perp(intent.symbol)
    match intent.kind:
        case IntentKind.ORDER | IntentKind.STOP:
            return _placing(intent, asset)
        case IntentKind.CANCEL:
            return _cancelling(intent, asset)
        case IntentKind.LEVERAGE:
            return UpdateLeverage(asset=asset.id, is_cross=not intent.isolated, leverage=intent.leverage or 0)
        case IntentKind.NOOP:
            raise UsageError(f"{intent.cloid} is a {intent.kind} and {_lacking(intent)}")
        case _:
            assert_never(intent.kind)


def opens(intent: OrderIntent) -> bool:
    """Tell whether an intent may lead into a position, or changes what carries one."""
    if intent.kind is IntentKind.ORDER:
        return not intent.reduce_only
    return intent.kind is IntentKind.LEVERAGE


def _lacking(intent: OrderIntent) -> str | None:
    match intent.kind:
        case IntentKind.ORDER:
            return None if intent.trigger is None else "has a trigger; make it a stop"
        case IntentKind.STOP:
            return None if intent.trigger is not None and intent.reduce_only else "needs a trigger and may only reduce"
        case IntentKind.CANCEL:
            return None if (intent.target is None) is not (intent.target_order is None) else "needs one target"
        case IntentKind.LEVERAGE:
            return "names no leverage" if intent.leverage is None else None
        case IntentKind.NOOP:
            return "is not sent for its own sake; burn the intent it is for"
        case _:
            assert_never(intent.kind)


def _cancelling(intent: OrderIntent, asset: Asset) -> L1Action:
    if intent.target_order is None:
        return CancelByCloid(cancels=(CancelCloidLine(asset=asset.id, cloid=intent.target or ""),))
    if not intent.target_order.isdecimal():
        raise WireError(f"an order of the venue has a number, and {intent.target_order!r} is none")
    return Cancel(cancels=(CancelLine(asset=asset.id, oid=int(intent.target_order)),))


def _placing(intent: OrderIntent, asset: Asset) -> PlaceOrders:
    follows_position = intent.trigger is not None and intent.trigger.position_sized
    line = OrderLine(
        asset=asset.id,
        is_buy=intent.side is Side.BUY,
        limit_price=_price(intent.limit_price, asset),
        size=_size(intent.size, asset, follows_position=follows_position),
        reduce_only=intent.reduce_only,
        terms=_TERMS[intent.time_in_force] if intent.trigger is None else _exit(intent.trigger, asset),
        cloid=intent.cloid,
    )
    return PlaceOrders(orders=(line,), grouping=Grouping.POSITION_TPSL if follows_position else Grouping.NONE)


def _exit(fires: Trigger, asset: Asset) -> OrderTerms:
    return trigger(_price(fires.price, asset), _EXITS[fires.kind], is_market=True)


def _price(price: Price, asset: Asset) -> str:
    return price_text(price, asset.size_decimals, Rounding.EXACT)


def _size(size: Size, asset: Asset, *, follows_position: bool) -> str:
    if follows_position and not size:
        return _WHOLE_POSITION
    return size_text(size, asset.size_decimals, Rounding.EXACT)
