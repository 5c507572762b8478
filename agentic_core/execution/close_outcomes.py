"""What became of a closing order, in the words of the close ladder: from what is known of it and the venue's text."""

from agentic_core.domain.money import ZERO
from agentic_core.domain.order import IntentState
from agentic_core.execution.close_moves import CloseOutcome
from agentic_core.execution.findings import Finding
from agentic_core.execution.life import UNRESOLVED_STATES, Life

__all__ = ["REFUSAL_WORDS", "close_outcome", "refusal_outcome"]

REFUSAL_WORDS: tuple[tuple[str, CloseOutcome], ...] = (
    ("only post-only orders allowed", CloseOutcome.POST_ONLY_PHASE),
    ("trading is halted", CloseOutcome.TRADING_HALTED),
    ("post only order would have immediately matched", CloseOutcome.WOULD_MATCH),
    ("badalopxrejected", CloseOutcome.WOULD_MATCH),
    ("reduce only order would increase position", CloseOutcome.NO_POSITION),
    ("reduceonlyrejected", CloseOutcome.NO_POSITION),
    ("order could not immediately match", CloseOutcome.UNMATCHED),
    ("ioccancelrejected", CloseOutcome.UNMATCHED),
    ("no liquidity available for market order", CloseOutcome.UNMATCHED),
    ("marketordernoliquidityrejected", CloseOutcome.UNMATCHED),
)
"""What a refusal holds, in small letters, and what it amounts to; the first that is found counts.

Hyperliquid, developer documentation, "Error responses" and the order statuses of `orderStatus`; the texts of the
post-only phase and of a halt as other clients have recorded them. The venue appends to many, so they are found inside.
"""

_WHOLE = frozenset({Finding.EXECUTED_ALL, Finding.CALLED_FILLED, Finding.OVERFILLED})
_NEVER_ARRIVED = frozenset({Finding.WITHDRAWN, Finding.BURNED, Finding.OUTLIVED})


def refusal_outcome(reason: str) -> CloseOutcome:
    """Return what a refusal amounts to; one that nobody knows is a plain one.

    >>> refusal_outcome("Reduce only order would increase position. asset=4").value
    'no_position'
    >>> refusal_outcome("Price must be divisible by tick size. asset=4").value
    'refused'
    """
    words = reason.lower()
    return next((outcome for phrase, outcome in REFUSAL_WORDS if phrase in words), CloseOutcome.REFUSED)


def close_outcome(life: Life, reason: str = "") -> CloseOutcome:
    """Return what became of a closing order.

    An order that the venue calls filled has closed all there was for it, also where it was clipped to the position and
    how much that was is not known yet.

    Args:
        life: what is known of it.
        reason: why it was refused, where that was told.
    """
    state = life.state
    if state in UNRESOLVED_STATES:
        return CloseOutcome.UNRESOLVED
    if state is IntentState.RESTING:
        return CloseOutcome.RESTS
    if state is IntentState.REJECTED:
        return refusal_outcome(reason)
    if life.ended_by in _WHOLE or life.filled >= life.intent.size:
        return CloseOutcome.FILLED
    if life.filled > ZERO:
        return CloseOutcome.PARTLY_FILLED
    return CloseOutcome.LOST if life.ended_by in _NEVER_ARRIVED else CloseOutcome.UNMATCHED
