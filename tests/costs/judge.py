"""Whether what is spent and held stays under its caps, added up again call by call."""

from collections.abc import Callable, Iterable

from agentic_core.domain import Instant, Usd, bps_of, to_datetime
from agentic_core.domain.chat import CallRecord, ChatPurpose, CostCaps, CostStanding
from agentic_core.domain.money import ZERO

__all__ = ["above_caps", "committed", "wrong_grant", "wrong_refusal", "wrong_standing"]

_Counts = Callable[[CallRecord], bool]


def committed(calls: Iterable[CallRecord], counts: _Counts = lambda call: True) -> Usd:
    """Return what calls cost, or can cost while they are held."""
    return Usd(
        sum((call.bound_usd if call.cost_usd is None else call.cost_usd for call in calls if counts(call)), ZERO)
    )


def above_caps(calls: Iterable[CallRecord], caps: CostCaps) -> str | None:
    """Name a month or a day that has more than its cap."""
    months, days = dict[str, Usd](), dict[str, Usd]()
    for call in calls:
        day = to_datetime(call.at).date().isoformat()
        for span, sums in ((day[:7], months), (day, days)):
            sums[span] = Usd(sums.get(span, ZERO) + committed([call]))
    over = [f"{span} has {total}" for span, total in months.items() if total > caps.month_usd]
    if caps.day_usd is not None:
        over += [f"{span} has {total}" for span, total in days.items() if total > caps.day_usd]
    return ", ".join(over) or None


def wrong_standing(calls: Iterable[CallRecord], told: CostStanding, at: Instant) -> str | None:
    """Name a sum that the ledger tells otherwise than its calls."""
    day = to_datetime(at).date().isoformat()
    month = [call for call in calls if to_datetime(call.at).date().isoformat()[:7] == day[:7]]
    today = [call for call in month if to_datetime(call.at).date().isoformat() == day]
    sums = CostStanding(
        month_settled=committed(month, _is_settled),
        month_held=committed(month, _is_held),
        day_settled=committed(today, _is_settled),
        day_held=committed(today, _is_held),
        repair_committed=committed(month, lambda call: call.purpose is ChatPurpose.REPAIR),
    )
    return None if sums == told else f"its calls come to {sums}, it says {told}"


def wrong_grant(told: CostStanding, caps: CostCaps, purpose: ChatPurpose) -> str | None:
    """Name a share that a call that was granted just now takes from others."""
    total, day = told.month_settled + told.month_held, told.day_settled + told.day_held
    if purpose is not ChatPurpose.POSITION and total > caps.month_usd - bps_of(caps.month_usd, caps.protected_bps):
        return f"{total} of the month leaves too little for positions"
    if purpose is not ChatPurpose.POSITION and caps.day_usd is not None:
        kept = bps_of(caps.day_usd, caps.protected_bps)
        if day > caps.day_usd - kept:
            return f"{day} of the day leaves too little for positions"
    if purpose is ChatPurpose.REPAIR and told.repair_committed > bps_of(caps.month_usd, caps.repair_bps):
        return f"repairs have come to {told.repair_committed}"
    return None


def wrong_refusal(told: CostStanding, caps: CostCaps, purpose: ChatPurpose, bound: Usd | None) -> str | None:
    """Name a call for a position that was refused though there was money for it."""
    if bound is None or purpose is not ChatPurpose.POSITION:
        return None
    fits_month = told.month_settled + told.month_held + bound <= caps.month_usd
    fits_day = caps.day_usd is None or told.day_settled + told.day_held + bound <= caps.day_usd
    return f"{bound} would have fitted beside {told}" if fits_month and fits_day else None


def _is_settled(call: CallRecord) -> bool:
    return call.cost_usd is not None


def _is_held(call: CallRecord) -> bool:
    return call.cost_usd is None
