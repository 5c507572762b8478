"""The transition table of order intents, as data.

A piece of evidence amounts to one `Finding`, given what was known before; the table says where a finding leads from
each state. It is complete: every state with every finding.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum

import msgspec

from agentic_core.domain.order import TERMINAL_STATES, IntentState

__all__ = ["INTENT_MOVES", "VENUE_ENDS", "Effect", "Finding", "Move"]

_S = IntentState


class Finding(StrEnum):
    """What a piece of evidence amounts to."""

    SENDING = "sending"
    """Its one send begins, as it may."""
    MISSENT = "missent"
    """A send begins that is not allowed: a second one, by another epoch, or after a burn."""
    NEVER_LEFT = "never_left"
    """The send that was under way provably failed before its first byte."""
    WITHDRAWN = "withdrawn"
    """It was never sent and the only one who could will not."""
    UNCLEAR = "unclear"
    """The answer proves nothing."""
    REFUSED = "refused"
    """The venue refused the first and only send."""
    RESTS = "rests"
    """The venue holds it."""
    EXECUTING = "executing"
    """Part of it executed; whether it has ended is not known."""
    EXECUTED_ALL = "executed_all"
    """All of it executed."""
    CALLED_FILLED = "called_filled"
    """The venue calls a reduce-only order filled: nothing is left of it, and how much it was may not be known yet."""
    OVERFILLED = "overfilled"
    """More executed than was ordered."""
    ENDED_PART = "ended_part"
    """The venue says that it ended with part of it executed."""
    ENDED_EMPTY = "ended_empty"
    """The venue says that it ended with nothing executed."""
    ENDED_REJECTED = "ended_rejected"
    """The venue lists it as rejected, with nothing executed."""
    BURNING = "burning"
    """A burn begins."""
    BURNED = "burned"
    """The first and only burn was acknowledged, so the order can never use its nonce."""
    ABSENT = "absent"
    """Once after its deadline, a read showed nothing of it that was not known."""
    OUTLIVED = "outlived"
    """It was absent twice after its deadline, and nothing of it executed."""
    OUTLIVED_PART = "outlived_part"
    """It was absent twice after its deadline, and part of it had executed before."""
    BOOKED = "booked"
    """All that executed is in the ledger."""
    CLASH = "clash"
    """A proof that it never reached the venue, although it provably did."""
    NOTHING = "nothing"
    """No information."""


class Effect(StrEnum):
    """What a finding does to a state."""

    MOVES = "moves"
    STAYS = "stays"
    CONTRADICTS = "contradicts"
    """The finding cannot be true together with what was known; facts win and people must be told."""
    ILLEGAL = "illegal"
    """A programming error: it raises."""


class Move(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One cell of the table."""

    to: IntentState
    effect: Effect


VENUE_ENDS = frozenset(
    {
        Finding.EXECUTED_ALL,
        Finding.CALLED_FILLED,
        Finding.OVERFILLED,
        Finding.ENDED_PART,
        Finding.ENDED_EMPTY,
        Finding.ENDED_REJECTED,
    }
)
"""Findings by which the venue itself says that an order ended."""

_EVERYWHERE = tuple(IntentState)
_UNRESOLVED = (_S.PREPARED, _S.SENT, _S.UNKNOWN)
_LIVE = (*_UNRESOLVED, _S.RESTING)

_TARGETS: Mapping[Finding, Mapping[IntentState, IntentState]] = {
    Finding.SENDING: {_S.PREPARED: _S.SENT},
    Finding.MISSENT: {},
    Finding.NEVER_LEFT: {_S.SENT: _S.PREPARED},
    Finding.WITHDRAWN: {_S.PREPARED: _S.DEAD},
    Finding.UNCLEAR: dict.fromkeys((_S.PREPARED, _S.SENT), _S.UNKNOWN),
    Finding.REFUSED: dict.fromkeys(_UNRESOLVED, _S.REJECTED),
    Finding.RESTS: dict.fromkeys(_EVERYWHERE, _S.RESTING),
    Finding.EXECUTING: dict.fromkeys((_S.PREPARED, *TERMINAL_STATES), _S.UNKNOWN),
    Finding.EXECUTED_ALL: dict.fromkeys(_EVERYWHERE, _S.FILLED),
    Finding.CALLED_FILLED: dict.fromkeys((*_LIVE, _S.PARTIAL, _S.REJECTED, _S.DEAD), _S.FILLED),
    Finding.OVERFILLED: dict.fromkeys(_EVERYWHERE, _S.FILLED),
    Finding.ENDED_PART: dict.fromkeys(_EVERYWHERE, _S.PARTIAL),
    Finding.ENDED_EMPTY: dict.fromkeys(_LIVE, _S.DEAD),
    Finding.ENDED_REJECTED: dict.fromkeys(_LIVE, _S.REJECTED),
    Finding.BURNING: {},
    Finding.BURNED: dict.fromkeys(_UNRESOLVED, _S.DEAD),
    Finding.ABSENT: {},
    Finding.OUTLIVED: dict.fromkeys(_UNRESOLVED, _S.DEAD),
    Finding.OUTLIVED_PART: dict.fromkeys(_UNRESOLVED, _S.PARTIAL),
    Finding.BOOKED: dict.fromkeys((_S.FILLED, _S.PARTIAL), _S.BOOKED),
    Finding.CLASH: {},
    Finding.NOTHING: {},
}
"""Where a finding leads; a state that is not named stays."""

_CONTRADICTS: Mapping[Finding, Collection[IntentState]] = {
    **dict.fromkeys((Finding.CLASH, Finding.OVERFILLED), _EVERYWHERE),
    # Found of an order that had ended, these say that it had not, or that it executed more.
    **dict.fromkeys((Finding.RESTS, Finding.EXECUTING, Finding.EXECUTED_ALL, Finding.ENDED_PART), TERMINAL_STATES),
    Finding.CALLED_FILLED: (_S.REJECTED, _S.DEAD),
}
"""States in which a finding cannot be true together with what was known."""


def _move(state: IntentState, finding: Finding) -> Move:
    to = _TARGETS[finding].get(state, state)
    if finding is Finding.MISSENT or (finding is Finding.SENDING and to is state):
        effect = Effect.ILLEGAL
    elif state in _CONTRADICTS.get(finding, ()):
        effect = Effect.CONTRADICTS
    else:
        effect = Effect.STAYS if to is state else Effect.MOVES
    return Move(to=to, effect=effect)


INTENT_MOVES: dict[tuple[IntentState, Finding], Move] = {
    (state, finding): _move(state, finding) for state in IntentState for finding in Finding
}
"""Every state with every finding, and what comes of it; `learn` looks up nothing else."""
