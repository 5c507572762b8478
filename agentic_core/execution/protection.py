"""What to do about the protective stops of a position, and how long it may be without one."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

import msgspec

from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.money import bps_of
from agentic_core.domain.order import IntentKind, IntentState, TriggerKind
from agentic_core.domain.times import Instant
from agentic_core.execution.life import Life
from agentic_core.execution.stop_pricing import PROTECTION, ProtectionRules, ProtectiveStop
from agentic_core.execution.triggers import is_reached

__all__ = [
    "STOP_MOVES",
    "FlattenNow",
    "FlattenReason",
    "KeepStops",
    "Naked",
    "PlaceStop",
    "Protected",
    "Protection",
    "RemoveStops",
    "ReplaceStops",
    "Standing",
    "StopMove",
    "fits",
    "is_spare",
    "is_stop",
    "protect",
]


class Standing(StrEnum):
    """How the present stops of a symbol stand, taken together."""

    NONE = "none"
    """None that lives."""
    UNSURE = "unsure"
    """The fate of at least one is not known, or its cancel is under way."""
    RIGHT = "right"
    """One rests where it belongs."""
    SURPLUS = "surplus"
    """One rests where it belongs, and others rest beside it."""
    WRONG = "wrong"
    """Some rest, and none where it belongs: another price, another side, or a size of its own."""


class StopMove(StrEnum):
    """What to do about the present stops."""

    KEEP = "keep"
    PLACE = "place"
    REPLACE = "replace"
    REMOVE = "remove"


STOP_MOVES: Mapping[tuple[bool, Standing], StopMove] = {
    (True, Standing.NONE): StopMove.PLACE,
    (True, Standing.UNSURE): StopMove.KEEP,
    (True, Standing.RIGHT): StopMove.KEEP,
    (True, Standing.SURPLUS): StopMove.REMOVE,
    (True, Standing.WRONG): StopMove.REPLACE,
    (False, Standing.NONE): StopMove.KEEP,
    (False, Standing.UNSURE): StopMove.KEEP,
    (False, Standing.RIGHT): StopMove.REMOVE,
    (False, Standing.SURPLUS): StopMove.REMOVE,
    (False, Standing.WRONG): StopMove.REMOVE,
}
"""Whether a position is held, with every standing; nothing is sent while the fate of a stop is open."""


class KeepStops(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Leave everything as it is; where the position is not covered, resolve what is under way."""


class PlaceStop(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Place this one."""

    stop: ProtectiveStop


class ReplaceStops(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Cancel these; once they provably ended, the next look says what to place."""

    cloids: tuple[ClientOrderId, ...]
    stop: ProtectiveStop


class RemoveStops(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Cancel these; nothing takes their place."""

    cloids: tuple[ClientOrderId, ...]


class FlattenReason(StrEnum):
    """Why a position cannot stay."""

    NAKED = "naked"
    """No stop rested for too long."""
    BREACHED = "breached"
    """The mark is beyond where the stop belongs already, so the venue would refuse one."""


class FlattenNow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Close the position; go on asking until it is flat."""

    reason: FlattenReason


Protection: TypeAlias = KeepStops | PlaceStop | ReplaceStops | RemoveStops | FlattenNow


class Naked(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A position that is without a resting stop, or was a moment ago."""

    since: Instant
    """The first moment without one."""
    covered_since: Instant | None = None
    """Since when one has been resting again; it is forgotten once that has lasted."""


class Protected(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What to do, and what to remember until the next look."""

    action: Protection
    naked: Naked | None
    """None while the position is flat, or has been covered for long enough."""

    def flatten_at(self, rules: ProtectionRules = PROTECTION) -> Instant | None:
        """Return when to look again at the latest, because the position may not stay naked beyond."""
        if self.naked is None or self.naked.covered_since is not None:
            return None
        return Instant(self.naked.since + rules.naked_ms_max)


def protect(
    wanted: ProtectiveStop | None,
    lives: Iterable[Life],
    mark: Decimal | None,
    naked: Naked | None,
    now: Instant,
    rules: ProtectionRules = PROTECTION,
) -> Protected:
    """Say what to do about the stops of one symbol, and whether its position has been naked for too long.

    Args:
        wanted: what `stop_pricing.stop_of` says of the position.
        lives: the symbol's intents that have not been cleared away; others than stops and their cancels are ignored,
            and so are spare stops.
        mark: the newest one known.
        naked: what the look before remembered; None at the first.
        now: by a clock that never goes back, the same at every look.
        rules: how a position is protected.
    """
    lives = tuple(lives)
    leaving = {life.intent.target for life in lives if life.intent.kind is IntentKind.CANCEL and life.is_unresolved}
    present = [life for life in lives if is_stop(life) and not life.is_terminal and not is_spare(life)]
    # One left from before the position turned around has nothing to reduce: nothing has to wait for its end.
    living = [life for life in present if wanted is None or not _is_idle(life, wanted)]
    resting = [life for life in present if not life.is_unresolved and life.cloid not in leaving]
    right = [life.cloid for life in resting if wanted is not None and fits(life, wanted, rules)]
    if wanted is not None and not right:
        resting = [life for life in resting if life in living]
    covered = wanted is not None and any(_covers(life, wanted, rules) for life in resting)
    naked = None if wanted is None else _naked(naked, now, rules, covered=covered)
    action: Protection
    # One that rests where it does not belong is replaced, and that is given as long again.
    bare_ms_max = 2 * rules.naked_ms_max if resting else rules.naked_ms_max
    if naked is not None and not covered and now - naked.since >= bare_ms_max:
        action = FlattenNow(reason=FlattenReason.NAKED)
    else:
        unsure = any(life not in resting for life in living)
        move = STOP_MOVES[wanted is not None, _standing(len(resting), len(right), unsure=unsure)]
        spare = tuple(life.cloid for life in resting if wanted is None or life.cloid not in right[:1])
        action = _action(move, wanted, spare, mark)
    return Protected(action=action, naked=naked)


def is_stop(life: Life) -> bool:
    """Tell whether an intent is a protective stop, whatever became of it."""
    trigger = life.intent.trigger
    return life.intent.kind is IntentKind.STOP and trigger is not None and trigger.kind is TriggerKind.STOP


def is_spare(life: Life) -> bool:
    """Tell whether it is a stop that was prepared with its entry and has no nonce yet, so that nothing of it left."""
    unsent = life.state is IntentState.PREPARED and life.sends == 0
    return is_stop(life) and unsent and life.prepared.nonce is None


def fits(life: Life, wanted: ProtectiveStop, rules: ProtectionRules = PROTECTION) -> bool:
    """Tell whether a stop is where it belongs, or near enough."""
    early = -_too_late(life, wanted)
    return _covers(life, wanted, rules) and early <= bps_of(wanted.trigger.price, rules.slack_bps)


def _naked(before: Naked | None, now: Instant, rules: ProtectionRules, *, covered: bool) -> Naked | None:
    if not covered:
        return Naked(since=now if before is None else before.since)
    if before is None:
        return None
    covered_since = now if before.covered_since is None else before.covered_since
    lasted = now - covered_since >= rules.covered_ms
    return None if lasted else Naked(since=before.since, covered_since=covered_since)


def _action(
    move: StopMove, wanted: ProtectiveStop | None, spare: Sequence[ClientOrderId], mark: Decimal | None
) -> Protection:
    if move is StopMove.REMOVE:
        return RemoveStops(cloids=tuple(spare))
    if move is StopMove.KEEP or wanted is None:
        return KeepStops()
    if mark is not None and is_reached(wanted.trigger, wanted.side, mark):
        return FlattenNow(reason=FlattenReason.BREACHED)
    if move is StopMove.REPLACE:
        return ReplaceStops(cloids=tuple(spare), stop=wanted)
    return PlaceStop(stop=wanted)


def _standing(resting: int, right: int, *, unsure: bool) -> Standing:
    if unsure:
        return Standing.UNSURE
    if not resting:
        return Standing.NONE
    if not right:
        return Standing.WRONG
    return Standing.RIGHT if resting == 1 else Standing.SURPLUS


def _covers(life: Life, wanted: ProtectiveStop, rules: ProtectionRules) -> bool:
    fitting = life.intent.side is wanted.side and life.intent.reduce_only and life.is_position_sized
    return fitting and _too_late(life, wanted) <= bps_of(wanted.trigger.price, rules.slack_bps)


def _is_idle(life: Life, wanted: ProtectiveStop) -> bool:
    return life.intent.reduce_only and life.intent.side is not wanted.side


def _too_late(life: Life, wanted: ProtectiveStop) -> Decimal:
    # By how much further the mark has to move against the position than it should before this one fires.
    trigger = life.intent.trigger
    price = wanted.trigger.price if trigger is None else trigger.price
    return (price - wanted.trigger.price) * wanted.side.sign
