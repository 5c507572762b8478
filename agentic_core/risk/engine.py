"""The risk engine: what may be done about a proposal, decided by arithmetic alone.

It is pure and total: the same arguments give the same verdict, and every proposal has one. An order that only shrinks a
position is never refused for what it risks.
"""

import msgspec

from agentic_core.domain.account import AccountView
from agentic_core.domain.decision import ActionKind, Approved, Denied, Noop, ProposedAction, Verdict
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.market import MarketView
from agentic_core.domain.trading import TradingState
from agentic_core.risk.closing import close
from agentic_core.risk.facts import Facts, gather
from agentic_core.risk.pipeline import closing_leg, judge, named_figures
from agentic_core.risk.plain import approve_plain
from agentic_core.risk.rules import deny
from agentic_core.risk.stages import close_misshapen
from agentic_core.risk.why_not import why_not, why_not_close

__all__ = ["process"]

_CLOSE = ActionKind.CLOSE
_WHOLE = frozenset({"R1", "R2"})
"""Stages that refuse an opposite open with its closing leg: it is not understood, or it is about the wrong symbol."""


def process(
    action: ProposedAction | None, account: AccountView, market: MarketView, limits: RiskLimits, state: TradingState
) -> Verdict:
    """Return what may be done about a proposal."""
    if action is None:
        return Noop()
    if action.kind is _CLOSE:
        rule = close_misshapen(action)
        if rule is None:
            return close(action, account, market)
        denied = deny(rule, action, named_figures(action))
        return msgspec.structs.replace(denied, changes=why_not_close(action))
    plain = approve_plain(action, account, market, limits, state)
    if plain is not None:
        return plain
    facts = gather(action, account, market, limits, state)
    verdict = judge(facts)
    return verdict if isinstance(verdict, Approved) else _refused(facts, verdict)


def _refused(facts: Facts, denied: Denied) -> Verdict:
    explained = msgspec.structs.replace(denied, changes=why_not(facts, denied))
    closing = None if denied.rule[:2] in _WHOLE else closing_leg(facts)
    if closing is None:
        return explained
    return Approved(plan=(closing,), numbers=denied.numbers, withheld=explained)
