"""What a piece of evidence amounts to, given what was known before."""

from collections.abc import Mapping
from typing import assert_never

from agentic_core.domain.money import ZERO, Size
from agentic_core.domain.times import Instant
from agentic_core.execution.evidence import (
    AbsenceRead,
    AnsweredFilled,
    AnsweredResting,
    BurnAcknowledged,
    BurnBegan,
    BurnUnproven,
    Evidence,
    FillsBooked,
    FillSeen,
    HttpRefused,
    NeverLeft,
    OrderRefused,
    OrderSeen,
    OrderStatus,
    Refusal,
    RequestRefused,
    SendBegan,
    Sighting,
    Unclear,
    Withdrawn,
)
from agentic_core.execution.findings import Finding
from agentic_core.execution.life import Life, ResolutionRules

__all__ = ["executed", "find", "is_total"]


def executed(life: Life, evidence: Evidence) -> Size:
    """Return the units known to have executed once the evidence is taken in."""
    match evidence:
        case OrderSeen(status=OrderStatus.FILLED):
            return max(life.filled, _said_filled(life, evidence.filled))
        case AnsweredFilled() | AnsweredResting() | OrderSeen() | FillSeen() | FillsBooked() | AbsenceRead():
            return max(life.filled, evidence.filled)
        case _:
            return life.filled


def is_total(life: Life, evidence: Evidence) -> bool:
    """Tell whether all that an ended order executed is known once the evidence is taken in."""
    filled = executed(life, evidence)
    if filled >= life.intent.size and not life.is_position_sized:
        return True
    return isinstance(evidence, AnsweredFilled) and not life.may_rest and ZERO < evidence.filled == filled


def find(life: Life, evidence: Evidence, rules: ResolutionRules) -> Finding:
    """Say what a piece of evidence amounts to; total, and without any memory but the life."""
    match evidence:
        case SendBegan():
            allowed = evidence.epoch == life.epoch and life.burns == 0
            return Finding.SENDING if allowed else Finding.MISSENT
        case NeverLeft() | Withdrawn() | OrderRefused() | RequestRefused() | HttpRefused() | BurnAcknowledged():
            return _denied(life, evidence)
        case AnsweredFilled() | AnsweredResting() | OrderSeen() | FillSeen() | FillsBooked():
            return _listed(life, evidence, rules) if life.uncounted else _sighted(life, evidence)
        case AbsenceRead():
            return _absent(life, evidence, rules)
        case Unclear() | BurnBegan() | BurnUnproven():
            return _PLAIN[type(evidence)]
        case _:
            assert_never(evidence)


_PLAIN: Mapping[type[Evidence], Finding] = {
    Unclear: Finding.UNCLEAR,
    BurnBegan: Finding.BURNING,
    BurnUnproven: Finding.NOTHING,
}


def _said_filled(life: Life, stated: Size) -> Size:
    # "Filled" is a word about the whole order; the number beside it may hold only the fills listed so far.
    if life.intent.reduce_only:  # the venue clips it to the position, so its size says nothing
        return stated
    return max(stated, life.intent.size)


def _denied(life: Life, evidence: NeverLeft | Withdrawn | Refusal | BurnAcknowledged) -> Finding:
    # What would prove that nothing executed, if it holds and nothing proves the contrary.
    otherwise = Finding.NOTHING
    match evidence:
        case NeverLeft():
            holds, finding = evidence.send == life.sends, Finding.NEVER_LEFT
        case Withdrawn():
            holds, finding = life.sends == 0 and evidence.epoch == life.epoch, Finding.WITHDRAWN
        case BurnAcknowledged():
            holds, finding = life.burns == 1, Finding.BURNED
        case OrderRefused() | RequestRefused() | HttpRefused():
            holds, finding = evidence.conclusive and life.sends == 1, Finding.REFUSED
            otherwise = Finding.UNCLEAR
        case _:
            assert_never(evidence)
    if not holds:
        return otherwise
    return Finding.CLASH if life.landed else finding


def _absent(life: Life, evidence: AbsenceRead, rules: ResolutionRules) -> Finding:
    if evidence.filled > life.filled:
        return find(life, FillSeen(filled=evidence.filled), rules)
    silent_until = life.silent_until(rules)
    counts = (
        life.is_unresolved
        and silent_until is not None
        and evidence.read_at > silent_until
        and evidence.searched_from <= life.search_from(rules)
        and evidence.filled == life.filled
    )
    if not counts:
        return Finding.NOTHING
    if not _is_second(life, evidence.read_at, rules):
        return Finding.ABSENT
    return Finding.OUTLIVED_PART if life.filled else Finding.OUTLIVED


def _is_second(life: Life, read_at: Instant, rules: ResolutionRules) -> bool:
    return life.absent_at is not None and read_at - life.absent_at >= rules.absence_gap_ms


def _listed(life: Life, evidence: Sighting, rules: ResolutionRules) -> Finding:
    # Called filled, and how much that was is not known: what is listed later is news of the same.
    filled = executed(life, evidence)
    if filled > life.intent.size and not life.is_position_sized:
        return Finding.OVERFILLED
    match evidence:
        case FillsBooked() if evidence.filled == life.filled:
            return _searched(life, evidence, rules)
        case OrderSeen(status=OrderStatus.CANCELED | OrderStatus.REJECTED) if filled > life.filled:
            return Finding.ENDED_PART
        case _:
            return Finding.NOTHING


def _searched(life: Life, evidence: FillsBooked, rules: ResolutionRules) -> Finding:
    after = life.lists_all_after(rules)
    if evidence.read_at is None or evidence.searched_from is None or after is None:
        return Finding.NOTHING
    complete = evidence.read_at > after and evidence.searched_from <= life.search_from(rules)
    if not (complete and evidence.filled):
        return Finding.NOTHING
    return Finding.BOOKED if _is_second(life, evidence.read_at, rules) else Finding.ABSENT


def _sighted(life: Life, evidence: Sighting) -> Finding:
    filled = executed(life, evidence)
    if _is_called_filled(life, evidence, filled):
        return Finding.CALLED_FILLED
    if filled == life.filled and _is_old(life, evidence):
        return Finding.NOTHING
    return _news(life, evidence, filled)


_ENDS_EMPTY: Mapping[OrderStatus, Finding] = {
    OrderStatus.CANCELED: Finding.ENDED_EMPTY,
    OrderStatus.REJECTED: Finding.ENDED_REJECTED,
}


def _news(life: Life, evidence: Sighting, filled: Size) -> Finding:
    if filled > life.intent.size and not life.is_position_sized:
        return Finding.OVERFILLED
    if not filled and isinstance(evidence, OrderSeen) and evidence.status in _ENDS_EMPTY:
        return _ENDS_EMPTY[evidence.status]
    return Finding.EXECUTED_ALL if _is_whole(life, evidence, filled) else _sighted_part(life, evidence, filled)


def _is_called_filled(life: Life, evidence: Sighting, filled: Size) -> bool:
    if not (life.intent.reduce_only and isinstance(evidence, OrderSeen) and evidence.status is OrderStatus.FILLED):
        return False
    if life.filled and life.is_terminal:  # its total is known
        return filled == life.filled
    return filled < life.intent.size or life.is_position_sized


def _is_old(life: Life, evidence: Sighting) -> bool:
    # Whether a sighting that shows nothing more executed says nothing new either.
    match evidence:
        case FillSeen() | FillsBooked():
            return True
        case AnsweredResting() | OrderSeen(status=OrderStatus.RESTING):
            return life.ended_at_venue
        case AnsweredFilled() | OrderSeen():
            # Of an action without size no fill can show that it was carried out after all.
            return life.is_terminal and (life.ended_at_venue or life.intent.size > ZERO)
        case _:
            assert_never(evidence)


def _is_whole(life: Life, evidence: Sighting, filled: Size) -> bool:
    if isinstance(evidence, OrderSeen) and evidence.status is OrderStatus.FILLED:
        return True
    return filled >= life.intent.size and not life.is_position_sized


def _sighted_part(life: Life, evidence: Sighting, filled: Size) -> Finding:
    match evidence:
        case OrderSeen(status=OrderStatus.CANCELED | OrderStatus.REJECTED):
            return Finding.ENDED_PART
        case AnsweredResting() | OrderSeen():
            return Finding.RESTS
        case FillSeen() | FillsBooked() if life.ended_at_venue:
            return Finding.ENDED_PART
        case AnsweredFilled() | FillSeen() | FillsBooked() if life.may_rest:
            return Finding.RESTS
        case FillSeen() | FillsBooked():
            return Finding.EXECUTING
        case AnsweredFilled():
            return Finding.ENDED_PART if filled else Finding.ENDED_EMPTY
        case _:
            assert_never(evidence)
