"""From approved legs to order intents with their prices and client order ids."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from agentic_core.domain.decision import PlannedOrder
from agentic_core.domain.ids import AccountKey, Symbol, client_order_id
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.market import Mark, MarketView
from agentic_core.domain.money import Price, bps_of
from agentic_core.domain.order import OrderIntent
from agentic_core.domain.side import Side
from agentic_core.errors import UsageError

__all__ = ["limit_price", "plan_intents"]

_NO_PRICES: Mapping[Symbol, Mark] = {}


def limit_price(instrument: Instrument, side: Side, mark: Decimal, collar_bps: int) -> Price:
    """Return the worst acceptable price: the mark moved by the collar, rounded so that it stays inside it."""
    room = bps_of(mark, collar_bps)
    if side is Side.BUY:
        return instrument.round_price(mark + room, up=False)
    return instrument.round_price(mark - room, up=True)


def plan_intents(
    plan: Sequence[PlannedOrder],
    account: AccountKey,
    tick: str,
    market: MarketView,
    collar_bps: int,
    prices: Mapping[Symbol, Mark] = _NO_PRICES,
) -> tuple[OrderIntent, ...]:
    """Turn the legs of an approved action into order intents; `tick` is the digest of the turn.

    Args:
        plan: the legs.
        account: what is traded.
        tick: the digest of the turn.
        market: where prices and instruments are found.
        collar_bps: how far from its price an order may execute.
        prices: fetched for legs that close without a young mark; they come before the marks.

    Raises:
        UsageError: a leg's symbol has no price.
    """
    intents = []
    for leg, order in enumerate(plan):
        mark = prices.get(order.symbol) or market.mark(order.symbol)
        if mark is None:
            message = f"{order.symbol} has no mark; an order cannot be priced without one"
            raise UsageError(message)
        limit = order.limit_price
        if limit is None:
            instrument = market.instrument(order.symbol) or Instrument.generic(order.symbol)
            limit = limit_price(instrument, order.side, mark.price, collar_bps)
        intent = OrderIntent(
            cloid=client_order_id(account, tick, leg=leg, attempt=0),
            symbol=order.symbol,
            side=order.side,
            size=order.size,
            limit_price=limit,
            reduce_only=order.reduce_only,
            leg=leg,
            position_before=order.position_before,
        )
        intents.append(intent)
    return tuple(intents)
