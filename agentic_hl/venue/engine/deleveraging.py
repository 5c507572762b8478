"""Auto-deleveraging: what a bankrupt account has lost beyond its money is given up by those who won it.

The position is closed at the price that brings the account back to nothing (rounded to 6 decimals in its favour, the
dust falls to the liquidator), against the other side in the order of unrealised profit times leverage, highest first;
only who is in profit is asked (assumed), and the house, which stands on the other side of everybody, takes the rest.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from agentic_hl.venue.engine.matching import Cause, Party, hand_over
from agentic_hl.venue.engine.orders import follow_position
from agentic_hl.venue.engine.state import Desk, MarketState, Role, State
from agentic_hl.venue.exact import divided

__all__ = ["deleverage", "unrealized"]

_ZERO = Decimal(0)
_MICRO = Decimal("0.000001")
_DIRECTION = "Auto-Deleveraging"


def deleverage(state: State, ms: MarketState, desk: Desk, cause: Cause, equity: Decimal) -> None:
    """Close a whole position of a bankrupt account, whose equity is negative."""
    asset = ms.market.index
    szi = desk.szi(asset)
    px = _bankruptcy_price(ms.mark, szi, equity)
    oid = state.next_oid()
    for winner in _ranked(state, ms, desk):
        held = desk.szi(asset)
        if not held:
            break
        units = min(abs(held), abs(winner.szi(asset)))
        signed = -units if held > 0 else units
        given_up = Party(desk=winner, oid=state.next_oid(), cause=Cause(dir=_DIRECTION), is_free=True)
        hand_over(state, ms, Party(desk=desk, oid=oid, cause=cause, is_free=True), given_up, signed, px)
        follow_position(state, winner, asset)
    held = desk.szi(asset)
    if held:
        house = Party(desk=state.house, oid=0, is_free=True)
        hand_over(state, ms, Party(desk=desk, oid=oid, cause=cause, is_free=True), house, -held, px)


def unrealized(ms: MarketState, desk: Desk) -> Decimal:
    """Tell the profit of a position at mark."""
    position = desk.account.positions.get(ms.market.index)
    return _ZERO if position is None else position.szi * ms.mark - position.entry_ntl


def _bankruptcy_price(mark: Decimal, szi: Decimal, equity: Decimal) -> Decimal:
    gap = divided(-equity, abs(szi), _MICRO, ROUND_CEILING)
    if szi > 0:
        return mark + gap
    return max(_MICRO, (mark - gap).quantize(_MICRO, rounding=ROUND_FLOOR) if mark > gap else _MICRO)


def _ranked(state: State, ms: MarketState, bankrupt: Desk) -> list[Desk]:
    is_long = bankrupt.szi(ms.market.index) > 0
    winners = [
        desk
        for desk in ms.holders.values()
        if desk is not bankrupt
        and desk.role is Role.TRADER
        and (desk.szi(ms.market.index) > 0) is not is_long
        and unrealized(ms, desk) > 0
    ]

    def rank(desk: Desk) -> Decimal:
        return -unrealized(ms, desk) * state.leverage(desk.account, ms.market).value

    return sorted(winners, key=rank)
