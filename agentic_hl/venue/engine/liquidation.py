"""Accounts that fall below their maintenance margin are sold out.

Below it, positions go to the book at the market, the largest first, until the margin suffices (assumed); of a position
above $100,000 a fifth first, and the whole once 30 s have passed. Below two thirds of it, everything passes to the
liquidator at mark: of a cross account all cross positions with all the money, of an isolated position its own. Below
nothing, the winners are deleveraged. Open orders end as `liquidatedCanceled`: of a cross account all, of an isolated
position those of its market. What an isolated position gets for its parts stays with it until it is closed. Losses
beyond the money that is liable fall to the liquidator.
"""

from decimal import Decimal

from agentic_hl.venue.engine.deleveraging import deleverage, unrealized
from agentic_hl.venue.engine.margin import collateral, cross_maintenance_parts, cross_value, isolated_value
from agentic_hl.venue.engine.markets import size_down
from agentic_hl.venue.engine.matching import Cause, Party, hand_over, match
from agentic_hl.venue.engine.orders import end_order
from agentic_hl.venue.engine.state import Desk, MarketState, Role, State
from agentic_hl.venue.engine.tiers import PARTS, maintenance_parts
from agentic_hl.venue.entities import LedgerMoved, Liquidated, Order, Position
from agentic_hl.venue.protocol.texts import shown
from agentic_hl.venue.terms import Mode, Tif

__all__ = ["settle"]

_ZERO = Decimal(0)
_ANY_PRICE = Decimal("1E+30")
_TWO = Decimal(2)
_THREE_PARTS = 3 * PARTS


def settle(state: State) -> None:
    """Look at everybody whose margin may have changed, until nobody is left."""
    while state.unsettled:
        desk = state.unsettled.pop(next(iter(state.unsettled)))
        if desk.role is not Role.TRADER:
            continue
        for position in list(desk.account.positions.values()):
            if position.szi and position.isolated_usd is not None:
                _look_at_isolated(state, desk, position)
        _look_at_cross(state, desk)


def _look_at_isolated(state: State, desk: Desk, position: Position) -> None:
    ms = state.markets[position.asset]
    equity = isolated_value(ms, position)
    maintenance = maintenance_parts(abs(position.szi) * ms.mark, ms.tiers)
    if equity * PARTS >= maintenance:
        _warm(state, desk, ms)
        return
    state.begin_block()
    _drop_orders(state, desk, ms)
    if equity * _THREE_PARTS < maintenance * _TWO:
        _tell(state, desk, [ms], equity, method="backstop")
        _take_over(state, ms, desk, equity)
        return
    units = _units_to_sell(state, desk, ms)
    if units:
        _tell(state, desk, [ms], equity, method="market")
        _sell_isolated(state, ms, desk, units)


def _sell_isolated(state: State, ms: MarketState, desk: Desk, units: Decimal) -> None:
    account = desk.account
    before = account.cash
    _sell(state, ms, desk, units)
    short = account.cash - before
    if short < 0:  # its own margin did not suffice, and the rest of the account is not liable
        account.cash -= short
        state.liquidator.account.cash += short


def _look_at_cross(state: State, desk: Desk) -> None:
    account = desk.account
    maintenance = cross_maintenance_parts(state, account)
    if not maintenance:
        return
    value = cross_value(state, account)
    if value * PARTS >= maintenance:
        for ms in _cross_markets(state, desk) if state.cooling else ():
            _warm(state, desk, ms)
        return
    markets = _cross_markets(state, desk)
    state.begin_block()
    _drop_orders(state, desk, None)
    if value * _THREE_PARTS < maintenance * _TWO:
        _tell(state, desk, markets, value, method="backstop")
        _take_over_account(state, desk, markets)
        return
    _sell_some(state, desk, markets)
    if not cross_maintenance_parts(state, account) and collateral(account) < 0:
        _seize(state, desk)


def _sell_some(state: State, desk: Desk, markets: list[MarketState]) -> None:
    for ms in markets:
        value = cross_value(state, desk.account)
        if value * PARTS >= cross_maintenance_parts(state, desk.account):
            return
        units = _units_to_sell(state, desk, ms)
        if units:
            _tell(state, desk, [ms], value, method="market")
            _sell(state, ms, desk, units)


def _cross_markets(state: State, desk: Desk) -> list[MarketState]:
    positions = [p for p in desk.account.positions.values() if p.szi and p.isolated_usd is None]

    def rank(position: Position) -> tuple[Decimal, int]:
        return -abs(position.szi) * state.markets[position.asset].mark, position.asset

    return [state.markets[position.asset] for position in sorted(positions, key=rank)]


def _units_to_sell(state: State, desk: Desk, ms: MarketState) -> Decimal:
    held = abs(desk.szi(ms.market.index))
    options = state.options
    key = (desk.account.address, ms.market.index)
    until = state.cooling.get(key)
    if until is not None:
        return held if state.now >= until else _ZERO
    if held * ms.mark <= options.liquidation_partial_usd:
        return held
    state.cooling[key] = state.now + options.liquidation_cooldown_ms
    return size_down(held * options.liquidation_part, ms.market) or held


def _sell(state: State, ms: MarketState, desk: Desk, units: Decimal) -> None:
    is_buy = desk.szi(ms.market.index) < 0
    order = Order(
        oid=state.next_oid(),
        user=desk.account.address,
        asset=ms.market.index,
        is_buy=is_buy,
        limit_px=_ANY_PRICE if is_buy else _ZERO,
        orig_sz=units,
        sz=units,
        reduce_only=True,
        tif=Tif.FRONTEND_MARKET,
        trigger=None,
        cloid=None,
        timestamp=state.now,
    )
    match(state, ms, desk, order, _cause(desk, ms, "market"))


def _take_over(state: State, ms: MarketState, desk: Desk, equity: Decimal) -> None:
    # An isolated position; what it held apart passes with it, whether above or below nothing.
    account = desk.account
    before = account.cash
    cause = _cause(desk, ms, "backstop")
    if equity < 0:
        deleverage(state, ms, desk, cause, equity)
    else:
        _pass_on(state, ms, desk, cause)
    left = account.cash - before
    account.cash -= left
    state.liquidator.account.cash += left
    _warm(state, desk, ms)


def _take_over_account(state: State, desk: Desk, markets: list[MarketState]) -> None:
    for ms in sorted(markets, key=lambda each: unrealized(each, desk)):
        value = cross_value(state, desk.account)
        cause = _cause(desk, ms, "backstop")
        if value < 0:
            deleverage(state, ms, desk, cause, value)
        else:
            _pass_on(state, ms, desk, cause)
        _warm(state, desk, ms)
    _seize(state, desk)


def _pass_on(state: State, ms: MarketState, desk: Desk, cause: Cause) -> None:
    held = desk.szi(ms.market.index)
    mine = Party(desk=desk, oid=state.next_oid(), cause=cause, is_free=True)
    theirs = Party(desk=state.liquidator, oid=0, is_free=True)
    hand_over(state, ms, mine, theirs, -held, ms.mark)


def _seize(state: State, desk: Desk) -> None:
    account, vault = desk.account, state.liquidator.account
    vault.cash += account.cash
    account.cash = _ZERO
    if account.mode is Mode.UNIFIED:
        vault.cash += account.spot_usdc
        account.spot_usdc = _ZERO


def _drop_orders(state: State, desk: Desk, ms: MarketState | None) -> None:
    for order in list(desk.live.values()):
        if order.live and (ms is None or order.asset == ms.market.index):
            end_order(state, desk, order, "liquidatedCanceled")


def _warm(state: State, desk: Desk, ms: MarketState) -> None:
    key = (desk.account.address, ms.market.index)
    until = state.cooling.get(key)
    if until is not None and (state.now >= until or not desk.szi(ms.market.index)):
        del state.cooling[key]


def _cause(desk: Desk, ms: MarketState, method: str) -> Cause:
    position = desk.position(ms.market.index)
    mode = "Cross" if position.isolated_usd is None else "Isolated"
    side = "Long" if position.szi > 0 else "Short"
    return Cause(dir=f"Liquidated {mode} {side}", user=desk.account.address, mark=ms.mark, method=method)


def _tell(state: State, desk: Desk, markets: list[MarketState], value: Decimal, *, method: str) -> None:
    account = desk.account
    held = tuple((ms.market.index, desk.szi(ms.market.index)) for ms in markets)
    notional = sum((abs(szi) * ms.mark for ms, (_, szi) in zip(markets, held, strict=True)), _ZERO)
    is_cross = desk.position(markets[0].market.index).isolated_usd is None
    state.events.append(
        Liquidated(
            lid=state.next_liquidation(),
            user=account.address,
            time=state.now,
            ntl_pos=notional,
            account_value=value,
            positions=held,
            is_cross=is_cross,
            method=method,
        )
    )
    delta: dict[str, object] = {
        "type": "liquidation",
        "liquidatedNtlPos": shown(notional),
        "accountValue": shown(value),
        "leverageType": "Cross" if is_cross else "Isolated",
        "liquidatedPositions": [{"coin": state.markets[asset].market.name, "szi": shown(szi)} for asset, szi in held],
    }
    moved = LedgerMoved(user=account.address, time=state.now, delta=delta)
    account.ledger.append(moved)
    state.events.append(moved)
