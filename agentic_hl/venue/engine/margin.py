"""What an account may still do, at mark: equity, margin used, maintenance, what resting orders claim.

Everything counts in parts (see `tiers`) and so compares exactly. A market's margin used is
`max(|szi|, |szi + resting buys|, |szi − resting sells|) · mark / leverage`: assumed, the fact being only that resting
orders count; reduce-only orders and triggers claim nothing. An isolated position has its own margin, so only what
resting orders would add to it is claimed from the rest of the account.
"""

from decimal import Decimal

from agentic_hl.venue.engine.state import Desk, MarketState, State
from agentic_hl.venue.engine.tiers import PARTS, initial_parts, maintenance_parts
from agentic_hl.venue.entities import Account, Order, Position
from agentic_hl.venue.terms import Mode

__all__ = [
    "can_afford_fill",
    "can_afford_order",
    "claimed_parts",
    "collateral",
    "cross_maintenance_parts",
    "cross_notional",
    "cross_used_parts",
    "cross_value",
    "exposure",
    "free_after_claims",
    "isolated_value",
    "locked_parts",
    "most_withdrawable",
]

_ZERO = Decimal(0)
_TENTH_OF_PARTS = PARTS / 10


def collateral(account: Account) -> Decimal:
    """Sum the cash that all cross positions share: of a unified account the spot USDC too."""
    return account.cash + account.spot_usdc if account.mode is Mode.UNIFIED else account.cash


def cross_value(state: State, account: Account) -> Decimal:
    """Work out the equity that all cross positions share."""
    value = collateral(account)
    for asset, position in account.positions.items():
        if position.szi and position.isolated_usd is None:
            value += position.szi * state.markets[asset].mark
    return value


def isolated_value(ms: MarketState, position: Position) -> Decimal:
    """Work out the equity of an isolated position."""
    return (position.isolated_usd or _ZERO) + position.szi * ms.mark


def cross_maintenance_parts(state: State, account: Account) -> Decimal:
    """Sum the maintenance margin of all cross positions."""
    total = _ZERO
    for asset, position in account.positions.items():
        if position.szi and position.isolated_usd is None:
            ms = state.markets[asset]
            total += maintenance_parts(abs(position.szi) * ms.mark, ms.tiers)
    return total


def cross_notional(state: State, account: Account) -> Decimal:
    """Sum the size of all cross positions, in USD."""
    total = _ZERO
    for asset, position in account.positions.items():
        if position.szi and position.isolated_usd is None:
            total += abs(position.szi) * state.markets[asset].mark
    return total


def cross_used_parts(state: State, account: Account) -> Decimal:
    """Sum the initial margin of all cross positions, resting orders left out."""
    total = _ZERO
    for asset, position in account.positions.items():
        if position.szi and position.isolated_usd is None:
            ms = state.markets[asset]
            total += initial_parts(abs(position.szi) * ms.mark, state.leverage(account, ms.market).value)
    return total


def exposure(desk: Desk, asset: int, *, buys: Decimal = _ZERO, sells: Decimal = _ZERO) -> Decimal:
    """Tell the most units that could be held if one side of the resting orders filled, with some more orders."""
    szi = desk.szi(asset)
    resting = desk.resting.get(asset)
    if resting is not None:
        buys, sells = buys + resting[0], sells + resting[1]
    return max(abs(szi), abs(szi + buys), abs(szi - sells))


def claimed_parts(state: State, desk: Desk) -> Decimal:
    """Sum what positions and resting orders claim of the shared equity."""
    account = desk.account
    total = _ZERO
    for asset in {**account.positions, **desk.resting}:
        total += _claim(state, desk, state.markets[asset], exposure(desk, asset))
    return total


def _claim(state: State, desk: Desk, ms: MarketState, units: Decimal) -> Decimal:
    asset = ms.market.index
    position = desk.account.positions.get(asset)
    leverage = state.leverage(desk.account, ms.market)
    if position is not None and position.szi:
        if position.isolated_usd is not None:
            units -= abs(position.szi)
    elif not units:
        return _ZERO
    return initial_parts(units * ms.mark, leverage.value)


def can_afford_order(state: State, desk: Desk, order: Order, replaced: Order | None = None) -> bool:
    """Tell whether the margin suffices for an order besides what is claimed; what enlarges nothing always passes."""
    ms = state.markets[order.asset]
    before = exposure(desk, order.asset)
    buys, sells = (order.sz, _ZERO) if order.is_buy else (_ZERO, order.sz)
    if replaced is not None and not replaced.reduce_only and replaced.trigger is None:
        if replaced.is_buy:
            buys -= replaced.sz
        else:
            sells -= replaced.sz
    after = exposure(desk, order.asset, buys=buys, sells=sells)
    turned = _claim_of_turn(state, desk, ms, order.sz if order.is_buy else -order.sz, ms.mark)
    if after <= before and (turned is None or turned <= 0):
        return True
    claim = max(_claim(state, desk, ms, max(after, before)), turned or _ZERO)
    others = claimed_parts(state, desk) - _claim(state, desk, ms, before)
    return cross_value(state, desk.account) * PARTS >= others + claim


def can_afford_fill(
    state: State, desk: Desk, ms: MarketState, signed: Decimal, px: Decimal, fee: Decimal = _ZERO
) -> bool:
    """Tell whether positions alone would be covered after a fill; one that does not enlarge the position always is.

    Of an isolated position, what is set apart and the fee have to be there in cash.
    """
    account, market = desk.account, ms.market
    position = desk.position(market.index)
    enlarged = abs(position.szi + signed) - abs(position.szi)
    turned = _claim_of_turn(state, desk, ms, signed, px)
    if enlarged <= 0 and (turned is None or turned <= 0):
        return True
    leverage = state.leverage(account, market)
    value = cross_value(state, account)
    used = cross_used_parts(state, account)
    is_isolated = position.isolated_usd is not None if position.szi else not leverage.is_cross
    if is_isolated:
        claim = initial_parts(enlarged * px, leverage.value) if turned is None else turned
        return (value - fee) * PARTS >= used + claim
    value += signed * (ms.mark - px)
    return value * PARTS >= used + initial_parts(enlarged * ms.mark, leverage.value)


def _claim_of_turn(state: State, desk: Desk, ms: MarketState, signed: Decimal, px: Decimal) -> Decimal | None:
    # What turning an isolated position to the other side takes of the rest of the account: the margin of the new one
    # less what the old one gives back; None where nothing is turned.
    position = desk.account.positions.get(ms.market.index)
    if position is None or position.isolated_usd is None or not position.szi:
        return None
    after = position.szi + signed
    if not after or (after > 0) == (position.szi > 0):
        return None
    given_back = position.isolated_usd + position.szi * px
    return initial_parts(abs(after) * px, state.leverage(desk.account, ms.market).value) - given_back * PARTS


def locked_parts(state: State, desk: Desk) -> Decimal:
    """Tell what has to stay in the account: claims, or a tenth of the cross notional if that is more."""
    return max(claimed_parts(state, desk), cross_notional(state, desk.account) * _TENTH_OF_PARTS)


def free_after_claims(state: State, desk: Desk) -> Decimal:
    """Tell the parts that positions and orders leave unclaimed; may be negative."""
    return cross_value(state, desk.account) * PARTS - claimed_parts(state, desk)


def most_withdrawable(state: State, desk: Desk) -> Decimal:
    """Tell the parts that may leave the account.

    Of a unified account not more than its settled USDC less what is held: unrealised profit stays (assumed).
    """
    account = desk.account
    parts = cross_value(state, account) * PARTS - locked_parts(state, desk)
    if account.mode is Mode.UNIFIED:
        settled = collateral(account) + sum(
            (p.entry_ntl for p in account.positions.values() if p.isolated_usd is None), _ZERO
        )
        parts = min(parts, settled * PARTS - claimed_parts(state, desk))
    return max(_ZERO, parts)
