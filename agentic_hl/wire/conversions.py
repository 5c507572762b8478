"""From the venue's messages to the values of the core.

Every function returns the value or `Unreadable` with the reason; none raises on what the venue wrote.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import wraps
from itertools import pairwise
from types import MappingProxyType
from typing import ParamSpec, TypeVar

from agentic_core.domain.fees import FeeSchedule
from agentic_core.domain.fill import Fill, FillKind, Liquidity
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ids import ClientOrderId, Symbol
from agentic_core.domain.market import Book, Candle, Level, Mark, MarkSource
from agentic_core.domain.money import ZERO, Price, Size, Usd
from agentic_core.domain.order import OpenIntent
from agentic_core.domain.position import Position
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant, Interval
from agentic_hl.wire.messages.account import WirePosition
from agentic_hl.wire.messages.fees import UserFees
from agentic_hl.wire.messages.fills import FundingDelta, WireFill
from agentic_hl.wire.messages.listings import Meta
from agentic_hl.wire.messages.market import (
    AssetContextMark,
    BestQuote,
    FundingRate,
    WireBook,
    WireCandle,
    WireLevel,
)
from agentic_hl.wire.messages.orders import WireOrder
from agentic_hl.wire.messages.reading import Unreadable
from agentic_hl.wire.units import WireError

__all__ = [
    "book_of",
    "candle_of",
    "candles_of",
    "fees_of",
    "fill_id_of",
    "fill_of",
    "fills_of",
    "funding_of",
    "funding_rates_of",
    "interval_of",
    "is_closed",
    "mark_of",
    "marks_of",
    "open_intent_of",
    "position_of",
    "quote_of",
    "side_of",
]

_P = ParamSpec("_P")
_R = TypeVar("_R")

_SIDES: Mapping[str, Side] = MappingProxyType({"B": Side.BUY, "A": Side.SELL})
_INTERVALS: Mapping[str, Interval] = MappingProxyType({interval.value: interval for interval in Interval})
_DOLLAR = "USDC"
_LIQUIDATED = "Liquidated"
_ADL = "Auto-Deleveraging"


def _readable(convert: Callable[_P, _R]) -> Callable[_P, _R | Unreadable]:
    @wraps(convert)
    def converted(*args: _P.args, **kwargs: _P.kwargs) -> _R | Unreadable:
        try:
            return convert(*args, **kwargs)
        except WireError as exc:
            return Unreadable(cause=str(exc), what=convert.__name__.removesuffix("_of"))

    return converted


def side_of(text: str) -> Side | None:
    """Return the side of `B` or `A`; None for anything else."""
    return _SIDES.get(text)


def interval_of(text: str) -> Interval | None:
    """Return the interval of the venue's spelling; None for those that have no fixed length here (3d, 1w, 1M)."""
    return _INTERVALS.get(text)


def is_closed(candle: WireCandle, now: Instant) -> bool:
    """Tell whether a candle had closed at an instant of the venue's clock."""
    return candle.close_time < now


@_readable
def candle_of(candle: WireCandle) -> Candle:
    """Return a candle; whether it has closed is for `is_closed` to tell."""
    low, high = candle.low, candle.high
    inside = 0 < low <= min(candle.open, candle.close) and max(candle.open, candle.close) <= high
    if not inside or candle.volume < 0:
        message = f"candle {candle.coin} {candle.interval} at {candle.open_time} contradicts itself"
        raise WireError(message)
    return Candle(
        open_time=Instant(candle.open_time),
        open=Price(candle.open),
        high=Price(high),
        low=Price(low),
        close=Price(candle.close),
        volume=candle.volume,
    )


def candles_of(candles: Iterable[WireCandle]) -> tuple[Candle, ...] | Unreadable:
    """Return candles in the order given; one that cannot be read spoils the list."""
    return _all(candle_of(candle) for candle in candles)


@_readable
def book_of(book: WireBook) -> Book:
    """Return a book, best prices first; one whose prices are out of order or crossed is refused."""
    bids, asks = _levels(book.bids), _levels(book.asks)
    prices = [level.price for level in (*reversed(bids), *asks)]
    if any(low >= high for low, high in pairwise(prices)):
        message = f"the book of {book.coin} at {book.time} is crossed or out of order"
        raise WireError(message)
    return Book(symbol=Symbol(book.coin), bids=bids, asks=asks, as_of=Instant(book.time))


@_readable
def quote_of(quote: BestQuote) -> Book:
    """Return a best bid and ask as a book of at most one level a side."""
    bids = _levels(() if quote.bid is None else (quote.bid,))
    asks = _levels(() if quote.ask is None else (quote.ask,))
    if bids and asks and bids[0].price >= asks[0].price:
        message = f"the quote of {quote.coin} at {quote.time} is crossed"
        raise WireError(message)
    return Book(symbol=Symbol(quote.coin), bids=bids, asks=asks, as_of=Instant(quote.time))


@_readable
def mark_of(coin: str, context: AssetContextMark, as_of: Instant) -> Mark:
    """Return the mark of a context; the context carries no time, so the caller says when it was received."""
    return Mark(symbol=Symbol(coin), price=_price(context.mark_price), as_of=as_of, source=MarkSource.VENUE)


def marks_of(meta: Meta, contexts: Sequence[AssetContextMark], as_of: Instant) -> dict[Symbol, Mark] | Unreadable:
    """Return the marks of a dex by symbol; delisted contracts, which have no market, are left out."""
    if len(meta.universe) != len(contexts):
        cause = f"{len(contexts)} contexts for {len(meta.universe)} listings; the listings are out of date"
        return Unreadable(cause=cause, what="marks")
    pairs = [pair for pair in zip(meta.universe, contexts, strict=True) if not pair[0].delisted]
    marks = _all(mark_of(listing.name, context, as_of) for listing, context in pairs)
    return marks if isinstance(marks, Unreadable) else {mark.symbol: mark for mark in marks}


def fill_id_of(fill: WireFill) -> str:
    """Return what names a fill within the account: coin, execution, order; and the time where no two sides met."""
    named = f"{fill.coin}:{fill.tid}:{fill.oid}"
    return named if fill.tid else f"{named}:{fill.time}"


@_readable
def fill_of(fill: WireFill, *, user: str = "", cloid: ClientOrderId | None = None) -> Fill:
    """Return a fill.

    Args:
        fill: As the venue wrote it.
        user: The account, lower-case; tells its own liquidation from one it took the other side of.
        cloid: The client order id known to belong to the order's number, where the fill itself names none.
    """
    named = ClientOrderId(fill.cloid) if fill.cloid else cloid
    fee = fill.fee_paid
    if fee and fill.fee_token != _DOLLAR:
        message = f"the fee of {fill_id_of(fill)} is in {fill.fee_token}, not in {_DOLLAR}"
        raise WireError(message)
    return Fill(
        fill_id=fill_id_of(fill),
        cloid=named,
        symbol=Symbol(fill.coin),
        side=_side(fill.side),
        size=_size(fill.size),
        price=_price(fill.price),
        fee=Usd(fee),
        liquidity=Liquidity.TAKER if fill.crossed else Liquidity.MAKER,
        time=Instant(fill.time),
        closed_pnl=Usd(fill.closed_profit),
        kind=_kind(fill, user, named),
    )


def fills_of(fills: Iterable[WireFill], *, user: str = "") -> tuple[Fill, ...] | Unreadable:
    """Return fills in the order given; one that cannot be read spoils the list."""
    return _all(fill_of(fill, user=user) for fill in fills)


@_readable
def funding_of(delta: FundingDelta, time: Instant | None = None) -> FundingPayment:
    """Return a settlement of funding; answers write its time beside it, which the caller then hands over."""
    at = delta.time if time is None else time
    if at is None:
        message = f"the funding of {delta.coin} has no time"
        raise WireError(message)
    return FundingPayment(
        symbol=Symbol(delta.coin),
        time=Instant(at),
        size=Size(delta.size),
        rate=delta.rate,
        amount=Usd(delta.received),
    )


@_readable
def funding_rates_of(rates: Iterable[FundingRate]) -> dict[Instant, Decimal]:
    """Return settled hourly rates by their time."""
    return {Instant(rate.time): rate.rate for rate in rates}


@_readable
def position_of(position: WirePosition) -> Position:
    """Return a holding, flat where a closed position lingers."""
    size, entry = position.size, position.entry_price
    if not size:
        return Position.flat(Symbol(position.coin))
    if entry is None:
        message = f"the position in {position.coin} has no entry price"
        raise WireError(message)
    return Position(symbol=Symbol(position.coin), size=Size(size), entry_cost=Usd(abs(size) * _price(entry)))


@_readable
def open_intent_of(order: WireOrder) -> OpenIntent:
    """Return what a resting order may still execute; one without client order id is not ours and refused."""
    if not order.cloid:
        message = f"order {order.oid} in {order.coin} has no client order id"
        raise WireError(message)
    return OpenIntent(
        cloid=ClientOrderId(order.cloid),
        symbol=Symbol(order.coin),
        side=_side(order.side),
        size=Size(order.remaining_size),
        limit_price=_price(order.limit_price),
        reduce_only=bool(order.reduce_only),
        resting=True,
    )


@_readable
def fees_of(fees: UserFees) -> FeeSchedule:
    """Return what an account pays on perpetuals, without referral discount, so that a cost is never understated.

    Assumed (W-9): the discount lowers what the answer says and never raises it.
    """
    return FeeSchedule(taker_rate=fees.taker_rate, maker_rate=fees.maker_rate)


def _all(values: Iterable[_R | Unreadable]) -> tuple[_R, ...] | Unreadable:
    found: list[_R] = []
    for value in values:
        if isinstance(value, Unreadable):
            return value
        found.append(value)
    return tuple(found)


def _levels(levels: Iterable[WireLevel]) -> tuple[Level, ...]:
    return tuple(Level(price=_price(level.price), size=_size(level.size)) for level in levels)


def _side(text: str) -> Side:
    side = _SIDES.get(text)
    if side is None:
        message = f"side {text!r} is neither B nor A"
        raise WireError(message)
    return side


def _price(value: Decimal) -> Price:
    if value <= ZERO:
        message = f"{value} is no price"
        raise WireError(message)
    return Price(value)


def _size(value: Decimal) -> Size:
    if value <= ZERO:
        message = f"{value} is no size"
        raise WireError(message)
    return Size(value)


def _kind(fill: WireFill, user: str, cloid: ClientOrderId | None) -> FillKind:
    # Both sides of a liquidation carry it; whose it was is told as W-8 assumes.
    if fill.dir == _ADL:
        return FillKind.ADL
    victim = fill.liquidation.liquidated_user if fill.liquidation else None
    if fill.dir.startswith(_LIQUIDATED) or (victim is not None and user and victim.lower() == user):
        return FillKind.LIQUIDATION
    return FillKind.EXTERNAL if cloid is None else FillKind.ORDER
