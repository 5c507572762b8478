"""What an account sets beside its orders: leverage, isolated margin, the dead-man switch."""

from decimal import Decimal

from agentic_hl.venue.engine.margin import (
    claimed_parts,
    cross_value,
    free_after_claims,
    isolated_value,
)
from agentic_hl.venue.engine.state import Desk, MarketState, State
from agentic_hl.venue.engine.tiers import PARTS, initial_parts
from agentic_hl.venue.entities import Leverage, Position
from agentic_hl.venue.protocol import catalogue
from agentic_hl.venue.terms import Refused
from agentic_hl.venue.times import DAY_MS

__all__ = ["adjust_isolated_margin", "set_leverage", "set_scheduled_cancel"]

_CROSS_MARGIN_SHORT = "Cross margin account does not have sufficient margin available to decrease leverage."
_ISOLATED_ADVICE = " Add margin to the position or reduce it."
_CROSS_ADVICE = " Deposit more collateral or reduce positions."
_NO_ISOLATED_POSITION = "No isolated position to adjust margin of."
_MARGIN_STAYS = "Margin cannot be removed from a position in this asset."
_MARGIN_LACKS = "Insufficient margin available to adjust isolated margin."
_SOON_MS = 5_000
_FIRINGS_PER_DAY = 10
_TENTH = Decimal("0.1")


def set_leverage(state: State, desk: Desk, ms: MarketState, wanted: Leverage) -> None:
    """Set margin mode and leverage; raising is free, lowering needs the margin.

    Raises:
        Refused: with the venue's text; how texts about lacking margin end is assumed.
    """
    market, account = ms.market, desk.account
    if not 1 <= wanted.value <= market.max_leverage:
        raise Refused(catalogue.INVALID_LEVERAGE)
    if wanted.is_cross and (market.only_isolated or market.margin_mode == "noCross"):
        raise Refused(catalogue.CROSS_NOT_ALLOWED)
    current = state.leverage(account, market)
    position = account.positions.get(market.index)
    is_open = position is not None and bool(position.szi)
    if is_open and wanted.is_cross is not current.is_cross:
        raise Refused(catalogue.LEVERAGE_TYPE_OPEN)
    claimed = claimed_parts(state, desk)
    account.leverages[market.index] = wanted
    if wanted.value < current.value and not _has_margin(state, desk, ms, position if is_open else None, claimed):
        account.leverages[market.index] = current
        if wanted.is_cross:
            raise Refused(_CROSS_MARGIN_SHORT + _CROSS_ADVICE)
        raise Refused(catalogue.ISOLATED_MARGIN_SHORT + _ISOLATED_ADVICE)


def adjust_isolated_margin(state: State, desk: Desk, ms: MarketState, usd: Decimal) -> None:
    """Put cash beside an isolated position, or take some back as far as max(initial margin, 10 %) stays.

    Raises:
        Refused: there is no such position, or the money is not there (texts assumed).
    """
    account = desk.account
    position = account.positions.get(ms.market.index)
    if position is None or position.isolated_usd is None or not position.szi:
        raise Refused(_NO_ISOLATED_POSITION)
    if usd >= 0:
        if usd * PARTS > free_after_claims(state, desk):
            raise Refused(_MARGIN_LACKS)
    elif ms.market.margin_mode == "strictIsolated" or ms.market.only_isolated:
        raise Refused(_MARGIN_STAYS)
    else:
        notional = abs(position.szi) * ms.mark
        needed = initial_parts(notional, state.leverage(account, ms.market).value)
        if (isolated_value(ms, position) + usd) * PARTS < max(needed, notional * _TENTH * PARTS):
            raise Refused(_MARGIN_LACKS)
    account.cash -= usd
    position.isolated_usd += usd
    state.unsettled[account.address] = desk


def set_scheduled_cancel(state: State, desk: Desk, time: int | None) -> None:
    """Set or unset the moment at which all orders are cancelled.

    Raises:
        Refused: too little volume, too soon, or fired too often today.
    """
    account = desk.account
    if time is not None:
        required = state.options.schedule_volume
        if account.volume < required:
            raise Refused(catalogue.schedule_volume(required, account.volume))
        if time < state.now + _SOON_MS:
            raise Refused(catalogue.SCHEDULE_TOO_SOON)
        fired_today = account.scheduled_cancel_day == state.now // DAY_MS
        if fired_today and account.scheduled_cancels_fired >= _FIRINGS_PER_DAY:
            raise Refused(catalogue.SCHEDULE_TOO_MANY)
        state.scheduled[account.address] = time
    else:
        state.scheduled.pop(account.address, None)
    account.scheduled_cancel = time


def _has_margin(state: State, desk: Desk, ms: MarketState, position: Position | None, before: Decimal) -> bool:
    if position is not None and position.isolated_usd is not None:
        needed = initial_parts(abs(position.szi) * ms.mark, state.leverage(desk.account, ms.market).value)
        if isolated_value(ms, position) * PARTS < needed:
            return False
    claimed = claimed_parts(state, desk)  # where no more is claimed than before, nothing has to be there
    return claimed <= before or cross_value(state, desk.account) * PARTS >= claimed
