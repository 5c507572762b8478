"""Whether an order may be taken at all, in the order in which this venue asks.

Which of several faults is named first is assumed. So are: that the minimum notional is reckoned at the limit price,
that the reference price of the band is the mark, and that a market order above its notional has an invalid size.
"""

from collections.abc import Callable
from decimal import Decimal

import msgspec

from agentic_hl.venue.engine.book import BookSide
from agentic_hl.venue.engine.margin import can_afford_order, exposure
from agentic_hl.venue.engine.markets import is_price, is_size, max_market_order_notional
from agentic_hl.venue.engine.state import Desk, MarketState, State
from agentic_hl.venue.entities import Order
from agentic_hl.venue.protocol import catalogue
from agentic_hl.venue.protocol.numbers import canonical_text
from agentic_hl.venue.terms import Phase, Tif

__all__ = ["Rejection", "Ticket", "judge", "missed", "open_interest", "post_only_clears", "would_clear"]

_ZERO = Decimal(0)
_OPEN_ORDERS = 1_000
_OPEN_ORDERS_HARD = 5_000
_USD_PER_MORE_ORDER = Decimal(5_000_000)
_LIMIT_ORDER_FACTOR = 10


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """Why an order is refused, and the status it ends with."""

    text: str
    status: str


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """An order on trial."""

    state: State
    desk: Desk
    ms: MarketState
    order: Order
    replaced: Order | None = None
    """The order it would take the place of."""
    entry: Decimal | None = None
    """Of an exit that waits for its parent: the price at which the parent enters; it needs no position yet."""
    was_triggered: bool = False

    @property
    def is_waiting_exit(self) -> bool:
        """Whether it waits for a parent."""
        return self.entry is not None

    @property
    def is_position_tpsl(self) -> bool:
        """Whether its size is the position's, whatever was asked."""
        return self.order.is_position_tpsl


def judge(ticket: Ticket) -> Rejection | None:
    """Ask everything that is asked before an order meets the book; None is no objection."""
    for check in _CHECKS:
        rejection = check(ticket)
        if rejection is not None:
            return rejection
    return None


def would_clear(order: Order, opposite: BookSide) -> bool:
    """Tell whether an order would trade at once."""
    best = opposite.best_px()
    return best is not None and opposite.reaches(best, order.limit_px)


def missed(order: Order) -> Rejection:
    """Say that an order that must not rest found nothing."""
    if order.tif is Tif.FRONTEND_MARKET:
        return _of(order, catalogue.NO_LIQUIDITY, "marketOrderNoLiquidityRejected")
    return _of(order, catalogue.IOC_MISSED, "iocCancelRejected")


def post_only_clears(ticket: Ticket) -> Rejection:
    """Say what an order that must not trade at once would have met."""
    bid, ask = ticket.ms.bids.best_px(), ticket.ms.asks.best_px()
    text = catalogue.post_only_clears(canonical_text(bid or _ZERO), canonical_text(ask or _ZERO))
    return _of(ticket.order, text, "badAloPxRejected")


def open_interest(state: State, ms: MarketState) -> Decimal:
    """Sum the units held long, by whomever."""
    total = max(_ZERO, state.house.szi(ms.market.index))
    for desk in ms.holders.values():
        total += max(_ZERO, desk.szi(ms.market.index))
    return total


def _of(order: Order, text: str, status: str) -> Rejection:
    return Rejection(text=catalogue.of_asset(text, order.asset), status=status)


def _phase(ticket: Ticket) -> Rejection | None:
    phase = ticket.state.phase
    if phase is Phase.HALTED or ticket.ms.market.delisted:
        return Rejection(text=catalogue.HALTED, status="rejected")
    if phase is Phase.POST_ONLY and ticket.order.tif is not Tif.ALO:
        return Rejection(text=catalogue.POST_ONLY_PERIOD, status="rejected")
    return None


def _shape(ticket: Ticket) -> Rejection | None:
    order, market = ticket.order, ticket.ms.market
    if not ticket.is_position_tpsl:
        if not order.orig_sz:
            return _of(order, catalogue.ZERO_SIZE, "rejected")
        if order.orig_sz < 0 or not is_size(order.orig_sz, market):
            return _of(order, catalogue.BAD_SIZE, "rejected")
    if order.limit_px <= 0:
        return _of(order, catalogue.BAD_PRICE, "rejected")
    if not is_price(order.limit_px, market):
        return _of(order, catalogue.TICK, "tickRejected")
    return None


def _trigger(ticket: Ticket) -> Rejection | None:
    order, trigger = ticket.order, ticket.order.trigger
    if trigger is None:
        return None
    if trigger.px <= 0 or not is_price(trigger.px, ticket.ms.market):
        return _of(order, catalogue.BAD_TRIGGER_PRICE, "badTriggerPxRejected")
    from_px = ticket.ms.mark if ticket.entry is None else ticket.entry
    is_above = order.is_buy is (trigger.tpsl == "sl")
    if trigger.px <= from_px if is_above else trigger.px >= from_px:
        return _of(order, catalogue.BAD_TRIGGER_PRICE, "badTriggerPxRejected")
    return None


def _band(ticket: Ticket) -> Rejection | None:
    order, mark = ticket.order, ticket.ms.mark
    if order.trigger is not None:
        return None
    if abs(order.limit_px - mark) > ticket.state.options.price_band * mark:
        return Rejection(text=catalogue.REFERENCE_BAND, status="oracleRejected")
    return None


def _reduces(ticket: Ticket) -> Rejection | None:
    order = ticket.order
    if not order.reduce_only or ticket.is_waiting_exit:
        return None
    szi = ticket.desk.szi(order.asset)
    if not szi or (szi > 0) == order.is_buy:
        return _of(order, catalogue.REDUCE_ONLY, "reduceOnlyRejected")
    return None


def _worth(ticket: Ticket) -> Rejection | None:
    order = ticket.order
    if ticket.is_position_tpsl or order.sz * order.limit_px >= ticket.state.options.minimum_notional:
        return None
    szi = ticket.desk.szi(order.asset)
    is_exit = bool(szi) and (szi < 0) == order.is_buy and order.sz >= abs(szi)
    if is_exit and (order.reduce_only or order.tif in {Tif.IOC, Tif.FRONTEND_MARKET}):
        return None
    return _of(order, catalogue.MIN_NOTIONAL, "minTradeNtlRejected")


def _count(ticket: Ticket) -> Rejection | None:
    order, desk = ticket.order, ticket.desk
    count = len(desk.live)
    if count < _OPEN_ORDERS or ticket.was_triggered or ticket.replaced is not None:
        return None
    more = int(desk.account.volume // _USD_PER_MORE_ORDER)
    is_full = count >= min(_OPEN_ORDERS + more, _OPEN_ORDERS_HARD)
    if is_full or order.reduce_only or order.trigger is not None:
        return Rejection(text=catalogue.TOO_MANY_OPEN, status="tooManyOpenOrdersRejected")
    return None


def _most(ticket: Ticket) -> Rejection | None:
    order = ticket.order
    most = max_market_order_notional(ticket.ms.market)
    if order.tif not in {Tif.IOC, Tif.FRONTEND_MARKET}:
        most *= _LIMIT_ORDER_FACTOR
    if order.sz * order.limit_px > most:
        return _of(order, catalogue.BAD_SIZE, "rejected")
    return None


def _tier(ticket: Ticket) -> Rejection | None:
    order, desk, ms = ticket.order, ticket.desk, ticket.ms
    if order.reduce_only or order.trigger is not None:
        return None
    buys, sells = (order.sz, _ZERO) if order.is_buy else (_ZERO, order.sz)
    after = exposure(desk, order.asset, buys=buys, sells=sells)
    if after <= abs(desk.szi(order.asset)):
        return None
    most = ms.tiers.max_leverage(after * ms.mark)
    if ticket.state.leverage(desk.account, ms.market).value > most:
        return _of(order, catalogue.POSITION_LIMIT, "perpMaxPositionRejected")
    return None


def _interest(ticket: Ticket) -> Rejection | None:
    order, ms, state = ticket.order, ticket.ms, ticket.state
    cap = state.options.oi_caps.get(order.asset)
    if cap is None or order.reduce_only or order.trigger is not None:
        return None
    if open_interest(state, ms) * ms.mark < cap:
        return None
    szi = ticket.desk.szi(order.asset)
    signed = order.sz if order.is_buy else -order.sz
    if abs(szi + signed) > abs(szi):
        flips = bool(szi) and (szi > 0) != order.is_buy
        kind = "Flip" if flips else "Increase"
        return Rejection(text=catalogue.OI_CAPPED, status=f"position{kind}AtOpenInterestCapRejected")
    if order.limit_px > ms.oracle if order.is_buy else order.limit_px < ms.oracle:
        return Rejection(text=catalogue.OI_CAPPED_AGGRESSIVE, status="tooAggressiveAtOpenInterestCapRejected")
    return None


def _margin(ticket: Ticket) -> Rejection | None:
    order = ticket.order
    if order.reduce_only or order.trigger is not None:
        return None
    if can_afford_order(ticket.state, ticket.desk, order, ticket.replaced):
        return None
    return _of(order, catalogue.MARGIN, "perpMarginRejected")


def _post_only(ticket: Ticket) -> Rejection | None:
    order = ticket.order
    if order.tif is Tif.ALO and would_clear(order, ticket.ms.opposite(is_buy=order.is_buy)):
        return post_only_clears(ticket)
    return None


_CHECKS: tuple[Callable[[Ticket], Rejection | None], ...] = (
    _phase,
    _shape,
    _trigger,
    _band,
    _reduces,
    _worth,
    _count,
    _most,
    _tier,
    _interest,
    _margin,
    _post_only,
)
