"""Works out what readers ask for: the figures of an account, the state of a market, what could be traded.

Everything is computed exactly, in fractions where there are divisions, and rounded once at the end (28 digits).
"""

from decimal import Decimal
from fractions import Fraction

from agentic_hl.venue.engine.checks import open_interest
from agentic_hl.venue.engine.funding import premium_now, rate_estimate
from agentic_hl.venue.engine.house import impact_prices, mid_of
from agentic_hl.venue.engine.margin import (
    claimed_parts,
    collateral,
    cross_maintenance_parts,
    cross_notional,
    cross_used_parts,
    cross_value,
    free_after_claims,
    isolated_value,
    most_withdrawable,
)
from agentic_hl.venue.engine.markets import price_at, size_down
from agentic_hl.venue.engine.state import Desk, MarketState, State
from agentic_hl.venue.engine.tiers import PARTS, initial_parts, liquidation_price, maintenance_parts
from agentic_hl.venue.entities import Account, Position
from agentic_hl.venue.exact import figure
from agentic_hl.venue.figures import AssetContext, MarginSummary, PositionFigures, Tradable
from agentic_hl.venue.terms import Mode
from agentic_hl.venue.times import DAY_MS

__all__ = ["context_of", "margin_of", "tradable_by"]

_ZERO = Decimal(0)


def margin_of(state: State, desk: Desk) -> MarginSummary:
    """Work out every figure of an account."""
    account = desk.account
    held = [account.positions[asset] for asset in sorted(account.positions) if account.positions[asset].szi]
    apart = [position for position in held if position.isolated_usd is not None]
    value, notional = cross_value(state, account), cross_notional(state, account)
    used, claimed = cross_used_parts(state, account), claimed_parts(state, desk)
    apart_value = sum((isolated_value(state.markets[p.asset], p) for p in apart), _ZERO)
    apart_notional = sum((abs(p.szi) * state.markets[p.asset].mark for p in apart), _ZERO)
    apart_usd = sum((p.isolated_usd or _ZERO for p in apart), _ZERO)
    raw = collateral(account)
    return MarginSummary(
        account_value=value + apart_value,
        total_ntl_pos=notional + apart_notional,
        total_raw_usd=raw + apart_usd,
        total_margin_used=figure(used + apart_value * PARTS, PARTS),
        cross_account_value=value,
        cross_ntl_pos=notional,
        cross_raw_usd=raw,
        cross_margin_used=figure(used, PARTS),
        cross_maintenance_margin_used=figure(cross_maintenance_parts(state, account), PARTS),
        order_margin=figure(claimed - used, PARTS),
        withdrawable=figure(most_withdrawable(state, desk), PARTS),
        free=figure(value * PARTS - used, PARTS),
        positions=tuple(_position(state, account, position) for position in held),
        usdc_total=_settled(account, held),
        usdc_hold=_held_usdc(account, apart, claimed),
        usdc_entry_ntl=_ZERO,
    )


def context_of(state: State, ms: MarketState) -> AssetContext:
    """Work out the state of a market."""
    before = ms.candles.price_before(state.now - DAY_MS)
    notional, units = ms.candles.day_volume(state.now)
    return AssetContext(
        asset=ms.market.index,
        funding=rate_estimate(ms),
        open_interest=open_interest(state, ms),
        prev_day_px=ms.oracle if before is None else before,
        day_ntl_vlm=notional,
        day_base_vlm=units,
        premium=premium_now(ms),
        oracle_px=ms.oracle,
        mark_px=ms.mark,
        mid_px=mid_of(ms),
        impact_pxs=impact_prices(ms),
    )


def tradable_by(state: State, desk: Desk, ms: MarketState) -> Tradable:
    """Work out what an account could still buy and sell; an open position can be reversed with its own margin."""
    leverage = state.leverage(desk.account, ms.market)
    position = desk.account.positions.get(ms.market.index)
    szi = _ZERO if position is None else position.szi
    free = max(_ZERO, free_after_claims(state, desk))
    unit = initial_parts(ms.mark, leverage.value)
    sizes, usd = [], []
    for closes in (szi < 0, szi > 0):
        parts = free + (2 * abs(szi) * unit if closes else _ZERO)
        sizes.append(size_down(figure(parts, unit), ms.market))
        usd.append(figure(parts, PARTS))
    return Tradable(
        leverage=leverage,
        raw_usd=None if position is None else position.isolated_usd,
        max_szs=(sizes[0], sizes[1]),
        available_usd=(usd[0], usd[1]),
        mark_px=price_at(ms.mark, ms.market),
    )


def _position(state: State, account: Account, position: Position) -> PositionFigures:
    ms = state.markets[position.asset]
    leverage = state.leverage(account, ms.market)
    worth = abs(position.szi) * ms.mark
    profit = position.szi * ms.mark - position.entry_ntl
    initial = initial_parts(abs(position.entry_ntl), leverage.value)
    is_apart = position.isolated_usd is not None
    used = isolated_value(ms, position) * PARTS if is_apart else initial_parts(worth, leverage.value)
    liquidation = _liquidation_price(state, account, ms, position)
    return PositionFigures(
        asset=position.asset,
        szi=position.szi,
        entry_px=figure(position.entry_ntl, position.szi),
        position_value=worth,
        unrealized_pnl=profit,
        return_on_equity=figure(profit * PARTS, initial) if initial else _ZERO,
        liquidation_px=liquidation,
        margin_used=figure(used, PARTS),
        maintenance=figure(maintenance_parts(worth, ms.tiers), PARTS),
        leverage=leverage,
        raw_usd=position.isolated_usd,
        max_leverage=ms.market.max_leverage,
        funding_all_time=position.funding_all_time,
        funding_since_open=position.funding_since_open,
        funding_since_change=position.funding_since_change,
    )


def _liquidation_price(state: State, account: Account, ms: MarketState, position: Position) -> Decimal | None:
    if position.isolated_usd is not None:
        buffer = isolated_value(ms, position) * PARTS
    else:
        own = maintenance_parts(abs(position.szi) * ms.mark, ms.tiers)
        buffer = cross_value(state, account) * PARTS - (cross_maintenance_parts(state, account) - own)
    price = liquidation_price(position.szi, ms.mark, Fraction(buffer) / Fraction(PARTS), ms.tiers)
    return None if price is None else figure(Decimal(price.numerator), Decimal(price.denominator))


def _settled(account: Account, held: list[Position]) -> Decimal:
    if account.mode is not Mode.UNIFIED:
        return account.spot_usdc
    return collateral(account) + sum((p.entry_ntl + (p.isolated_usd or _ZERO) for p in held), _ZERO)


def _held_usdc(account: Account, apart: list[Position], claimed: Decimal) -> Decimal:
    if account.mode is not Mode.UNIFIED:
        return _ZERO
    margin = sum(((p.isolated_usd or _ZERO) + p.entry_ntl for p in apart), _ZERO)
    return figure(claimed + margin * PARTS, PARTS)
