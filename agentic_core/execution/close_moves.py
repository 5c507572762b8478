"""The transition table of a close, as data: what each outcome of its one order leads to."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

__all__ = ["CLOSE_MOVES", "CloseMove", "CloseOutcome", "CloseState"]


class CloseState(StrEnum):
    """Where the ladder stands."""

    TAKING = "taking"
    """Immediate orders, at the collar of its rung."""
    PEGGING = "pegging"
    """The venue takes post-only orders only: one rests at the top of the book."""
    CLOSED = "closed"
    """Nothing is left to close, as far as orders tell; `flat_proof` has to agree."""
    PAGED = "paged"
    """A human has to act; nothing more is sent."""


class CloseOutcome(StrEnum):
    """What became of the order that is out."""

    FILLED = "filled"
    PARTLY_FILLED = "partly_filled"
    """It ended with part of it executed."""
    UNMATCHED = "unmatched"
    """It ended with nothing executed: nothing to match, or taken back while it rested."""
    RESTS = "rests"
    """The venue holds it."""
    WOULD_MATCH = "would_match"
    """Refused: it is post-only and would have matched at once."""
    POST_ONLY_PHASE = "post_only_phase"
    """Refused: only post-only orders are taken now."""
    TRADING_HALTED = "trading_halted"
    """Refused: the venue takes no orders now."""
    NO_POSITION = "no_position"
    """Refused: a reduce-only order found nothing to reduce."""
    REFUSED = "refused"
    """Refused for anything else."""
    LOST = "lost"
    """It provably never reached the venue."""
    UNRESOLVED = "unresolved"
    """Nobody knows yet; no other order may be sent."""


class CloseMove(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One cell of the table."""

    to: CloseState
    ends: bool = True
    """Whether the order that was out can execute nothing more."""
    widens: bool = False
    pauses: bool = False
    counts: bool = False
    """Whether it is one of the refusals that are counted."""


_S, _O = CloseState, CloseOutcome
_OPEN_ENDED = (_O.RESTS, _O.UNRESOLVED)
_EMPTIED = (_O.FILLED, _O.NO_POSITION)
_REFUSAL = {"pauses": True, "counts": True}

CLOSE_MOVES: Mapping[tuple[CloseState, CloseOutcome], CloseMove] = {
    **{(state, outcome): CloseMove(to=state) for state in (_S.CLOSED, _S.PAGED) for outcome in _O},
    **{(state, outcome): CloseMove(to=_S.CLOSED) for state in _S for outcome in _EMPTIED},
    **{(state, outcome): CloseMove(to=state, ends=False) for state in _S for outcome in _OPEN_ENDED},
    # Neither says anything of the book, and waiting is what helps; how often is bounded by orders and time alone.
    **{(state, _O.TRADING_HALTED): CloseMove(to=state, pauses=True) for state in (_S.TAKING, _S.PEGGING)},
    **{(state, _O.LOST): CloseMove(to=state, pauses=True) for state in (_S.TAKING, _S.PEGGING)},
    **{(state, _O.REFUSED): CloseMove(to=state, **_REFUSAL) for state in (_S.TAKING, _S.PEGGING)},
    (_S.TAKING, _O.PARTLY_FILLED): CloseMove(to=_S.TAKING, widens=True),
    (_S.TAKING, _O.UNMATCHED): CloseMove(to=_S.TAKING, widens=True),
    (_S.TAKING, _O.POST_ONLY_PHASE): CloseMove(to=_S.PEGGING),
    (_S.TAKING, _O.WOULD_MATCH): CloseMove(to=_S.TAKING, **_REFUSAL),
    # Whatever ends a post-only order, an immediate one finds out whether the phase is over.
    (_S.PEGGING, _O.PARTLY_FILLED): CloseMove(to=_S.TAKING),
    (_S.PEGGING, _O.UNMATCHED): CloseMove(to=_S.TAKING),
    (_S.PEGGING, _O.WOULD_MATCH): CloseMove(to=_S.TAKING, pauses=True),
    (_S.PEGGING, _O.POST_ONLY_PHASE): CloseMove(to=_S.PEGGING, **_REFUSAL),
}
"""Every state with every outcome; `close_ladder` looks up nothing else."""
