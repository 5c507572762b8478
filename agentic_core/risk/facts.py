"""What the pipeline knows about one open: read once from the views, so that a hypothetical is a changed copy."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from agentic_core.domain.account import AccountView
from agentic_core.domain.decision import ProposedAction
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.market import MarketView, MarkSource
from agentic_core.domain.money import ZERO, Size, Usd
from agentic_core.domain.order import OpenIntent
from agentic_core.domain.position import Position
from agentic_core.domain.side import Side
from agentic_core.domain.times import MINUTE_MS
from agentic_core.domain.trading import TradingState

__all__ = ["Facts", "gather"]

_BUY = Side.BUY
_VENUE = MarkSource.VENUE
_FLAT = Size(ZERO)


class Facts(msgspec.Struct, frozen=True, gc=False):
    """An open with everything its verdict depends on.

    Made by place, because naming the fields costs five times as much as making it.
    """

    action: ProposedAction
    limits: RiskLimits
    state: TradingState
    instrument: Instrument | None
    mark: Decimal | None
    mark_age_ms: int
    """Of the view against the mark; below zero where the mark is ahead."""
    venue_mark: bool
    """Whether the mark is the venue's own."""
    account_age_ms: int
    unresolved: int
    equity: Decimal
    held: Size
    """Signed units of the symbol."""
    buys: Decimal
    """Units that open orders may still buy of the symbol, reducing ones left out."""
    sells: Decimal
    elsewhere_usd: Decimal
    """Notional of all other symbols, their open orders counted worst-side."""
    elsewhere_maintenance: Decimal
    """Maintenance margin of all other positions; zero unless the limits name a stop."""
    orders: int
    """Orders of the UTC day so far."""
    minute_orders: int
    baseline: Decimal
    peak: Decimal


def gather(
    action: ProposedAction, account: AccountView, market: MarketView, limits: RiskLimits, state: TradingState
) -> Facts:
    """Read what an open depends on."""
    symbol, now = action.symbol, market.as_of
    mark = market.mark(symbol)
    price = mark.price if mark is not None else None
    position = account.positions.get(symbol)
    held = position.size if position is not None else _FLAT
    elsewhere: Decimal = account.exposure()
    if position is not None and price is not None:
        # Below zero only where the exposure was frozen at an older mark.
        elsewhere = max(elsewhere - abs(held) * price, ZERO)
    buys = sells = ZERO
    if account.open_intents:
        buys, sells = _still_open(account.open_intents, symbol)
        elsewhere += _still_open_elsewhere(account, market, symbol)
    day = account.day
    return Facts(
        action,
        limits,
        state,
        market.instrument(symbol),
        price,
        now - mark.as_of if mark is not None else 0,
        mark is not None and mark.source is _VENUE,
        now - account.as_of,
        account.unresolved,
        account.equity,
        held,
        buys,
        sells,
        elsewhere,
        ZERO if limits.stop_bps is None else _maintenance(account.positions.values(), market, symbol),
        day.orders,
        day.minute_orders if now // MINUTE_MS == day.minute else 0,
        day.baseline,
        account.peak,
    )


def _still_open(intents: Iterable[OpenIntent], symbol: Symbol) -> tuple[Decimal, Decimal]:
    # A reducing order cannot grow the position, and counting on its fill would not be the worst case.
    buys = sells = ZERO
    for intent in intents:
        if intent.symbol == symbol and not intent.reduce_only:
            if intent.side is _BUY:
                buys += intent.size
            else:
                sells += intent.size
    return buys, sells


def _still_open_elsewhere(account: AccountView, market: MarketView, symbol: Symbol) -> Decimal:
    # How much larger the other symbols become if every open order on their worse side fills.
    total = ZERO
    for other in {intent.symbol for intent in account.open_intents} - {symbol}:
        buys, sells = _still_open(account.open_intents, other)
        held = account.position(other).size
        grown = max(abs(held + buys), abs(held - sells)) - abs(held)
        mark = market.mark(other)
        price = mark.price if mark is not None else _dearest(account.open_intents, other)
        total += grown * price
    return total


def _dearest(intents: Iterable[OpenIntent], symbol: Symbol) -> Decimal:
    return max(intent.limit_price for intent in intents if intent.symbol == symbol)


def _maintenance(positions: Iterable[Position], market: MarketView, symbol: Symbol) -> Usd:
    total = ZERO
    for held in positions:
        mark = market.mark(held.symbol)
        if held.symbol != symbol and mark is not None:
            rules = market.instrument(held.symbol) or Instrument.generic(held.symbol)
            total += rules.maintenance(held.notional(mark.price))
    return Usd(total)
