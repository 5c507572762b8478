"""Judging a wish again on a fresh account, because whoever wished took a while to think."""

import msgspec

from agentic_core.domain.account import AccountSnapshot, AccountView
from agentic_core.domain.decision import Approved, Denied, Noop, ProposedAction, Verdict
from agentic_core.domain.figures import Figures
from agentic_core.domain.ids import ClientOrderId, Symbol
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.market import MarketView
from agentic_core.domain.money import Size
from agentic_core.domain.side import Side
from agentic_core.domain.trading import TradingState
from agentic_core.risk import deny, process

__all__ = ["hinges_on_account", "judge_again", "judge_off_leash"]

_TOO_OLD = "R4_STALE_ACCOUNT"


def hinges_on_account(verdict: Verdict) -> bool:
    """Tell whether a fresh look at the account could change a verdict: it opens, or it only calls the account old."""
    match verdict:
        case Approved(plan=plan, withheld=withheld):
            return any(not leg.reduce_only for leg in plan) or (withheld is not None and withheld.rule == _TOO_OLD)
        case Denied(rule=rule):
            return rule == _TOO_OLD
        case Noop():
            return False


def judge_again(
    action: ProposedAction,
    seen: AccountView,
    fresh: AccountSnapshot | None,
    market: MarketView,
    limits: RiskLimits,
    state: TradingState,
) -> Verdict:
    """Return the verdict on the fresh account, or a denial where it is not the one that was seen any more.

    Args:
        action: what is wished.
        seen: what whoever wished it saw.
        fresh: how the account is now; None where it could not be read.
        market: what is visible.
        limits: the caps.
        state: what may be traded.
    """
    denied = deny("R4_NO_ACCOUNT", action, Figures()) if fresh is None else _moved(action, seen, fresh)
    if denied is None:
        return process(action, fresh or seen, market, limits, state)
    return _closing_leg(action, fresh or seen, market, limits, denied)


def judge_off_leash(
    action: ProposedAction, account: AccountView, market: MarketView, limits: RiskLimits, why: str
) -> Verdict:
    """Return the verdict on an open that the skill's leash does not let pass, for this reason."""
    denied = Denied(rule="R3_OFF_LEASH", detail=why, numbers=Figures())
    return _closing_leg(action, account, market, limits, denied)


def _closing_leg(
    action: ProposedAction, account: AccountView, market: MarketView, limits: RiskLimits, denied: Denied
) -> Verdict:
    # What only shrinks a position is never withheld: the closing leg of an opposite open stays.
    closing = process(action, account, market, limits, TradingState.REDUCING)
    return msgspec.structs.replace(closing, withheld=denied) if isinstance(closing, Approved) else denied


def _moved(action: ProposedAction, seen: AccountView, fresh: AccountView) -> Denied | None:
    for symbol in sorted({*seen.positions, *fresh.positions}):
        was, held = seen.position(symbol).size, fresh.position(symbol).size
        if was != held:
            return _deny_moved(action, symbol, Figures(held=held, position_before=was))
    changed = _growing(seen).symmetric_difference(_growing(fresh))
    if changed:
        return _deny_moved(action, min(symbol for _, symbol, _, _ in changed), Figures(unresolved=fresh.unresolved))
    return None


def _growing(account: AccountView) -> set[tuple[ClientOrderId, Symbol, Side, Size]]:
    # An order that only shrinks a position, such as a stop that was set anew, changes nothing a wish relied on.
    orders = (order for order in account.open_intents if not order.reduce_only)
    return {(order.cloid, order.symbol, order.side, order.size) for order in orders}


def _deny_moved(action: ProposedAction, symbol: Symbol, figures: Figures) -> Denied:
    return deny("R3_STATE_MOVED", msgspec.structs.replace(action, symbol=symbol), figures)
