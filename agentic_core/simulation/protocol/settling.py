"""What of an attempt can still matter; two states that differ in nothing else are one state."""

from msgspec.structs import replace

from agentic_core.domain.order import IntentState
from agentic_core.simulation.protocol.attempt import Answer, Attempt, Box, Look, Nonce, Phase
from agentic_core.simulation.protocol.design import Ablation, Design, Invariant
from agentic_core.simulation.protocol.knowledge import FORGOTTEN, Knowledge

__all__ = ["broken_by", "earlier", "settle"]


def settle(attempt: Attempt, knowledge: Knowledge, design: Design) -> Attempt:
    """Drop what can no longer matter: answers to what has ended, requests that the venue can only refuse."""
    if attempt.life == FORGOTTEN or knowledge[attempt.life].is_terminal:
        return _ended(attempt, knowledge, design)
    if attempt.under_way and not attempt.awaits and not _may_execute(attempt, design):
        attempt = replace(attempt, copies=0, box=Box.EMPTY)
    if attempt.copied and attempt.copies == 0:
        attempt = replace(attempt, copied=False)
    if attempt.phase is Phase.FRESH and attempt.box is not Box.CURRENT:
        may_send = knowledge[attempt.life].state is IntentState.PREPARED
        attempt = attempt if may_send else replace(attempt, phase=Phase.CLOSING)
    teaches = attempt.look is Look.NONE or attempt.said_used or knowledge.may_teach(attempt.life, attempt.look)
    if not teaches:
        attempt = replace(attempt, look=Look.NONE)
    return attempt


def _ended(attempt: Attempt, knowledge: Knowledge, design: Design) -> Attempt:
    ended = replace(
        attempt,
        awaits=False,
        answers=Answer.NONE,
        burn_awaits=False,
        burn_answers=Answer.NONE,
        look=Look.NONE,
        said_used=False,
    )
    if _may_execute(ended, design):
        return ended
    waits = ended.nonce is Nonce.FILLED and not ended.shown
    return replace(
        ended,
        life=FORGOTTEN if ended.life == FORGOTTEN else knowledge.ended(ended.life),
        phase=Phase.EXPIRED if waits else Phase.LATER,
        shown=ended.shown and ended.nonce is Nonce.FILLED,
        copies=0,
        copied=False,
        box=Box.EMPTY,
        burn_copies=0,
        burn_box=Box.EMPTY,
    )


def earlier(attempt: Attempt, knowledge: Knowledge) -> Attempt | None:
    """Return an attempt past everything two seconds on, or None where that changes nothing."""
    if attempt.phase is not Phase.LATER or attempt.life == FORGOTTEN:
        return None
    look = Look.ABSENT_PAST if attempt.look is Look.ABSENT_LATER else attempt.look
    after = replace(attempt, life=knowledge.earlier(attempt.life), look=look)
    return None if after == attempt else after


def broken_by(attempt: Attempt, knowledge: Knowledge) -> Invariant | None:
    """Return what is wrong between what is written down and what the venue did."""
    if attempt.life == FORGOTTEN:
        return None
    life = knowledge[attempt.life]
    filled = attempt.nonce is Nonce.FILLED
    if filled and life.is_terminal and not life.filled:
        return Invariant.LOST_FILL
    if life.filled and not filled:
        return Invariant.PHANTOM_FILL
    return None


def _may_execute(attempt: Attempt, design: Design) -> bool:
    if not attempt.under_way:
        return False
    in_time = attempt.phase < Phase.EXPIRED or design.drops(Ablation.EXPIRY_IGNORED)
    unused = attempt.nonce is Nonce.FREE or design.drops(Ablation.NONCES_REPEAT)
    return in_time and unused
