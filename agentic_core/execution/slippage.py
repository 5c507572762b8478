"""The limit of an immediate order by the book: what its size costs now and a little beyond, never beyond the collar."""

from decimal import Decimal

from msgspec.structs import replace

from agentic_core.domain.instrument import Instrument
from agentic_core.domain.market import Book
from agentic_core.domain.money import ZERO, Price, bps_of
from agentic_core.domain.order import IntentKind, OrderIntent, TimeInForce
from agentic_core.domain.side import Side

__all__ = ["SLACK_BPS", "priced_by_book"]

SLACK_BPS = 10
"""How far the book may move away while an order is on its way."""


def priced_by_book(
    intent: OrderIntent, book: Book | None, instrument: Instrument, slack_bps: int = SLACK_BPS
) -> OrderIntent:
    """Return an opening order with its limit drawn in to what the book asks for its size.

    Only drawn in: where the book is not known, or does not hold the size within the limit, the order stays as it is. An
    order that closes stays too, because a missed exit costs more than a worse price within the collar.

    >>> import msgspec
    >>> from agentic_core.domain.ids import Symbol
    >>> level = {"price": 100, "size": 3}
    >>> book = msgspec.convert({"symbol": "BTC", "bids": [], "asks": [level], "as_of": 0}, Book)
    >>> order = {"cloid": "0x01", "symbol": "BTC", "side": "buy", "size": 2, "limit_price": 101, "reduce_only": False}
    >>> btc = Instrument(symbol=Symbol("BTC"), size_decimals=5, leverage_max=40)
    >>> str(priced_by_book(msgspec.convert(order, OrderIntent), book, btc).limit_price)
    '100.1'
    """
    immediate = intent.kind is IntentKind.ORDER and intent.time_in_force is TimeInForce.IOC
    if book is None or intent.reduce_only or not immediate:
        return intent
    price = _price_of(intent, book)
    if price is None:
        return intent
    buying = intent.side is Side.BUY
    away = bps_of(price, slack_bps)
    limit = instrument.round_price(price + away if buying else price - away, up=buying)
    drawn = Price(min(limit, intent.limit_price) if buying else max(limit, intent.limit_price))
    return replace(intent, limit_price=drawn)


def _price_of(intent: OrderIntent, book: Book) -> Price | None:
    # The worst price among those that fill the size, if they all lie within the limit.
    left = Decimal(intent.size)
    for level in book.asks if intent.side is Side.BUY else book.bids:
        if (level.price - intent.limit_price) * intent.side.sign > ZERO:
            return None
        left -= level.size
        if left <= ZERO:
            return level.price
    return None
