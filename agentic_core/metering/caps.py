"""What a deployment may still spend on chat models; what is unknown never counts as zero."""

from decimal import ROUND_UP, Decimal

from agentic_core.domain.chat import ChatPurpose, CostCaps, CostStanding
from agentic_core.domain.money import Usd, bps_of, plain

__all__ = ["MICROCENT", "UNKNOWN_COST", "is_credible", "refusal", "whole"]

MICROCENT = Decimal("0.00000001")
"""The smallest amount that is counted, in US dollars."""

UNKNOWN_COST = "the cost of the call is unknown"

_DIGITS_MAX = 12
"""Of dollars: no call costs a trillion, and sums stay exact with all their digits."""


def whole(amount: Usd) -> Usd:
    """Round an amount up to a microcent: what is counted is never less than what is owed.

    >>> whole(Usd(Decimal("0.123456781")))
    Decimal('0.12345679')
    """
    return Usd(amount.quantize(MICROCENT, rounding=ROUND_UP))


def is_credible(amount: Usd) -> bool:
    """Return whether an amount can be a cost at all; one that cannot is unknown."""
    return amount.is_finite() and amount >= 0 and amount.adjusted() < _DIGITS_MAX


def refusal(standing: CostStanding, caps: CostCaps, purpose: ChatPurpose, bound: Usd | None) -> str | None:
    """Return why a call may not be made that costs at most `bound`, or None where it may.

    Only a call for open positions reaches into the protected share of the month and of the day; a repair stays within
    the share of repairs besides.
    """
    if bound is None or not is_credible(bound):
        return UNKNOWN_COST
    held = whole(bound)
    committed = Usd(standing.month_settled + standing.month_held + held)
    reason = _above(committed, caps.month_usd, caps, purpose, "this month")
    if reason is None and caps.day_usd is not None:
        committed = Usd(standing.day_settled + standing.day_held + held)
        reason = _above(committed, caps.day_usd, caps, purpose, "today")
    if reason is None and purpose is ChatPurpose.REPAIR:
        reason = _repairs_above(Usd(standing.repair_committed + held), caps)
    return reason


def _above(committed: Usd, cap: Usd, caps: CostCaps, purpose: ChatPurpose, span: str) -> str | None:
    protected = Decimal(0) if purpose is ChatPurpose.POSITION else bps_of(cap, caps.protected_bps)
    if committed <= cap - protected:
        return None
    kept = f", of which {plain(protected)} are kept for open positions" if committed <= cap else ""
    return f"{plain(committed)} USD would be committed {span}, the cap is {plain(cap)}{kept}"


def _repairs_above(committed: Usd, caps: CostCaps) -> str | None:
    share = bps_of(caps.month_usd, caps.repair_bps)
    if committed <= share:
        return None
    return f"{plain(committed)} USD would be committed to repairs this month, their share of the cap is {plain(share)}"
