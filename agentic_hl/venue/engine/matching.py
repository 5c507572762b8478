"""Orders meet: price, then time; at one price orders before the house; the price is the resting side's.

An order never trades with its own account: the resting one ends as `selfTradeCanceled`. A resting order that its
account can no longer afford ends as `marginCanceled`.
"""

from decimal import Decimal

import msgspec

from agentic_hl.venue.engine.book import Quote
from agentic_hl.venue.engine.fees import FEE_WINDOW_DAYS, fee_of, fee_rates
from agentic_hl.venue.engine.margin import can_afford_fill
from agentic_hl.venue.engine.orders import announce, end_order, follow_position, shrink
from agentic_hl.venue.engine.positions import apply_fill
from agentic_hl.venue.engine.state import Desk, MarketState, Role, State
from agentic_hl.venue.entities import Fill, Order, Position, PublicPrint, Traded
from agentic_hl.venue.times import DAY_MS

__all__ = ["Cause", "Party", "execute", "hand_over", "match", "rates_today", "sweep_house"]

_ZERO = Decimal(0)


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """Why somebody trades who did not ask for it."""

    dir: str
    user: str | None = None
    """Who is liquidated; None of an ADL, which is no liquidation of the one who sees it."""
    mark: Decimal = _ZERO
    method: str = "market"


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """One side of an execution."""

    desk: Desk
    oid: int
    cloid: str | None = None
    cause: Cause | None = None
    is_free: bool = False
    """Whether no fee is due."""


def match(state: State, ms: MarketState, desk: Desk, order: Order, cause: Cause | None = None) -> None:
    """Let an order that just came trade with what rests, as far as its limit and its size go."""
    opposite = ms.opposite(is_buy=order.is_buy)
    taker = Party(desk=desk, oid=order.oid, cloid=order.cloid, cause=cause)
    while order.sz:
        best = opposite.best()
        if best is None:
            return
        px = best.px if isinstance(best, Quote) else best.limit_px
        if not opposite.reaches(px, order.limit_px):
            return
        sz = min(order.sz, best.sz)
        signed = sz if order.is_buy else -sz
        if cause is None and _is_isolated(desk, ms) and not _can_pay(state, desk, ms, signed, px):
            return
        if isinstance(best, Quote):
            opposite.take_quote(sz)
            ms.touched += 1
            maker = Party(desk=state.house, oid=0, is_free=True)
        else:
            resting_desk = state.desks[best.user]
            if not _may_fill(state, ms, resting_desk, best, -signed, order.user):
                continue
            maker = Party(desk=resting_desk, oid=best.oid, cloid=best.cloid)
        order.sz -= sz
        order.filled_sz += sz
        order.filled_ntl += sz * px
        execute(state, ms, taker, maker, signed, px)
        if not isinstance(best, Quote):
            _filled(state, state.desks[best.user], best, sz, px)


def sweep_house(state: State, ms: MarketState) -> None:
    """Let the house, which just quoted anew, trade with orders that its quotes cross."""
    for side in (ms.bids, ms.asks):
        other = ms.asks if side.is_bid else ms.bids
        while (order := side.best_order()) is not None:
            quote = other.best_quote()
            if quote is None or not side.reaches(order.limit_px, quote.px):
                break
            desk = state.desks[order.user]
            sz = min(order.sz, quote.sz)
            signed = sz if order.is_buy else -sz
            if not _may_fill(state, ms, desk, order, signed, ""):
                continue
            other.take_quote(sz)
            maker = Party(desk=desk, oid=order.oid, cloid=order.cloid)
            execute(state, ms, Party(desk=state.house, oid=0, is_free=True), maker, -signed, order.limit_px)
            _filled(state, desk, order, sz, order.limit_px)


def execute(state: State, ms: MarketState, taker: Party, maker: Party, signed: Decimal, px: Decimal) -> None:
    """Carry out one execution in the book, for everybody to see; `signed` is what the taker buys."""
    printed = hand_over(state, ms, taker, maker, signed, px)
    ms.prints.append(printed)
    ms.candles.add(state.now, px, printed.sz)
    ms.last_px = px
    state.events.append(printed)


def hand_over(state: State, ms: MarketState, taker: Party, maker: Party, signed: Decimal, px: Decimal) -> PublicPrint:
    """Move units and money between two parties, and tell them."""
    tid = state.next_tid()
    is_buy = signed > 0
    buyer, seller = (taker, maker) if is_buy else (maker, taker)
    names = (buyer.desk.account.address, seller.desk.account.address)
    printed = PublicPrint(
        asset=ms.market.index,
        px=px,
        sz=abs(signed),
        is_buy=is_buy,
        time=state.now,
        tid=tid,
        hash=state.hash,
        buyer=names[0],
        seller=names[1],
    )
    _settle(state, ms, taker, printed, signed)
    _settle(state, ms, maker, printed, -signed)
    return printed


def rates_today(state: State, desk: Desk) -> tuple[Decimal, Decimal]:
    """Tell the taker and the maker rate; volume counts from the fourteen full UTC days before today (assumed)."""
    day = state.now // DAY_MS
    if desk.rates_day != day:
        account = desk.account
        recent = (account.daily.get(past, ()) for past in range(day - FEE_WINDOW_DAYS, day))
        volume = sum((amount for pair in recent for amount in pair), _ZERO)
        desk.rates = fee_rates(state.options.fees, volume, maker_share=account.maker_share, discount=account.discount)
        desk.rates_day = day
    return desk.rates


def _settle(state: State, ms: MarketState, party: Party, printed: PublicPrint, signed: Decimal) -> None:
    desk, market = party.desk, ms.market
    account = desk.account
    position = desk.position(market.index)
    before = position.szi
    crossed = (signed > 0) == printed.is_buy
    notional = printed.sz * printed.px
    fee = _ZERO
    if desk.role is Role.TRADER and not party.is_free:
        fee = fee_of(notional, rates_today(state, desk)[0 if crossed else 1])
        state.fees += fee
        _pay_fee(desk, position, fee, party)
    leverage = state.leverage(account, market)
    is_forced = party.cause is not None and party.cause.user is not None
    closed_pnl = apply_fill(account, position, leverage, signed, printed.px, keeps_margin=is_forced)
    if desk.role is Role.HOUSE:
        return
    if position.szi:
        ms.holders[account.address] = desk
    else:
        ms.holders.pop(account.address, None)
    if desk.role is Role.LIQUIDATOR:
        return
    if not party.is_free:
        _count_volume(state, desk, notional, crossed=crossed)
    state.unsettled[account.address] = desk
    fill = _fill(party, printed, signed, before, closed_pnl, fee)
    account.fills.append(fill)
    state.events.append(Traded(fill=fill, buyer=printed.buyer, seller=printed.seller))


def _pay_fee(desk: Desk, position: Position, fee: Decimal, party: Party) -> None:
    if party.cause is not None and position.isolated_usd is not None:
        position.isolated_usd -= fee
    else:
        desk.account.cash -= fee


def _fill(
    party: Party, printed: PublicPrint, signed: Decimal, before: Decimal, closed_pnl: Decimal, fee: Decimal
) -> Fill:
    cause = party.cause
    is_liquidation = cause is not None and cause.user is not None
    return Fill(
        user=party.desk.account.address,
        asset=printed.asset,
        px=printed.px,
        sz=printed.sz,
        is_buy=signed > 0,
        time=printed.time,
        start_position=before,
        dir=_direction(before, signed) if cause is None else cause.dir,
        closed_pnl=closed_pnl,
        hash=printed.hash,
        oid=party.oid,
        crossed=(signed > 0) == printed.is_buy,
        fee=fee,
        tid=printed.tid,
        cloid=party.cloid,
        liquidated_user=cause.user if cause is not None else None,
        liquidation_mark=cause.mark if cause is not None and is_liquidation else None,
        liquidation_method=cause.method if cause is not None and is_liquidation else None,
    )


def _direction(before: Decimal, signed: Decimal) -> str:
    after = before + signed
    if before and after and (before > 0) != (after > 0):
        return "Long > Short" if before > 0 else "Short > Long"
    is_opening = not before or (before > 0) == (signed > 0)
    is_long = signed > 0 if is_opening else before > 0
    return f"{'Open' if is_opening else 'Close'} {'Long' if is_long else 'Short'}"


def _count_volume(state: State, desk: Desk, notional: Decimal, *, crossed: bool) -> None:
    account = desk.account
    account.volume += notional
    day = state.now // DAY_MS
    amounts = account.daily.get(day)
    if amounts is None:
        amounts = account.daily[day] = [_ZERO, _ZERO]
        for past in [past for past in account.daily if past < day - FEE_WINDOW_DAYS]:
            del account.daily[past]
    amounts[0 if crossed else 1] += notional


def _is_isolated(desk: Desk, ms: MarketState) -> bool:
    leverage = desk.account.leverages.get(ms.market.index)
    return leverage is not None and not leverage.is_cross


def _can_pay(state: State, desk: Desk, ms: MarketState, signed: Decimal, px: Decimal) -> bool:
    return can_afford_fill(state, desk, ms, signed, px, fee_of(abs(signed) * px, rates_today(state, desk)[0]))


def _may_fill(state: State, ms: MarketState, desk: Desk, order: Order, signed: Decimal, taker: str) -> bool:
    if order.user == taker:
        end_order(state, desk, order, "selfTradeCanceled")
        return False
    if order.reduce_only or can_afford_fill(state, desk, ms, signed, order.limit_px):
        return True
    end_order(state, desk, order, "marginCanceled")
    return False


def _filled(state: State, desk: Desk, order: Order, sz: Decimal, px: Decimal) -> None:
    order.filled_sz += sz
    order.filled_ntl += sz * px
    shrink(state, desk, order, order.sz - sz)
    if order.sz:
        announce(state, order, "open")
    else:
        end_order(state, desk, order, "filled")
    follow_position(state, desk, order.asset)
