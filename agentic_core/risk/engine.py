"""The pipeline: SHAPE, SCOPE, STATE, FRESHNESS, POSITION, LEVERAGE, RATE, LOSS, VENUE; the first refusal wins.

It is pure and total: the same arguments give the same verdict, and every proposal has one.
"""

from agentic_core.domain.account import AccountView
from agentic_core.domain.decision import ActionKind, Approved, Denied, Noop, PlannedOrder, ProposedAction, Verdict
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.market import MarketView
from agentic_core.domain.money import Size
from agentic_core.domain.side import Side
from agentic_core.domain.trading import TradingState
from agentic_core.risk.figures import Figures, Request, measure, named_sizes
from agentic_core.risk.rules import FIGURE_RULES, REQUEST_RULES

__all__ = ["process"]


def process(
    action: ProposedAction | None, account: AccountView, market: MarketView, limits: RiskLimits, state: TradingState
) -> Verdict:
    """Return what may be done about a proposal."""
    if action is None:
        return Noop()
    if action.kind is ActionKind.CLOSE:
        return _close(action, account)
    request = Request(
        action=action,
        account=account,
        market=market,
        limits=limits,
        state=state,
        instrument=market.instrument(action.symbol),
        mark=market.mark(action.symbol),
    )
    for rule in REQUEST_RULES:
        denied = rule(request)
        if denied is not None:
            return denied
    return _open(request)


def _open(request: Request) -> Verdict:
    side, instrument, mark = request.action.side, request.instrument, request.mark
    assert side is not None, "R1_SIDE_MISSING lets no open without a side pass"
    assert instrument is not None, "R2_UNKNOWN_INSTRUMENT lets no open of an unlisted symbol pass"
    assert mark is not None, "R4_NO_MARK lets no open without a mark pass"
    figures = measure(request, side, instrument, mark.price)
    for rule in FIGURE_RULES:
        denied = rule(figures)
        if denied is not None:
            return denied
    return Approved(plan=_legs(request.action, side, figures), numbers=figures.numbers())


def _legs(action: ProposedAction, side: Side, figures: Figures) -> tuple[PlannedOrder, ...]:
    opening = PlannedOrder(symbol=action.symbol, side=side, size=figures.size, reduce_only=False)
    if not figures.opposing:
        return (opening,)
    closing = PlannedOrder(symbol=action.symbol, side=side, size=figures.opposing, reduce_only=True)
    return (closing, opening)


def _close(action: ProposedAction, account: AccountView) -> Verdict:
    if action.side is not None or action.size is not None or action.size_usd is not None:
        return Denied(
            rule="R1_CLOSE_HAS_SIZE",
            detail="a close takes the whole position and names neither side nor size",
            numbers=named_sizes(action),
        )
    position = account.position(action.symbol)
    if position.size == 0:
        return Noop(reason="nothing_to_close")
    size = Size(abs(position.size))
    order = PlannedOrder(symbol=action.symbol, side=position.closing_side, size=size, reduce_only=True)
    return Approved(plan=(order,), numbers={"held": position.size})
