"""The protective stop of a position: where it belongs, what to do about present ones, how long none may rest."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

import msgspec

from agentic_core.domain.bounds import GapAssumptions
from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.money import BPS_ONE, Bps, Price, bps_of
from agentic_core.domain.order import IntentKind, Trigger, TriggerKind
from agentic_core.domain.position import Position
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant
from agentic_core.errors import UsageError
from agentic_core.execution.life import Life
from agentic_core.execution.planner import limit_price
from agentic_core.execution.triggers import is_reached

__all__ = [
    "PROTECTION",
    "STOP_MOVES",
    "FlattenNow",
    "FlattenReason",
    "KeepStops",
    "PlaceStop",
    "Protected",
    "Protection",
    "ProtectionRules",
    "ProtectiveStop",
    "RemoveStops",
    "ReplaceStops",
    "Standing",
    "StopMove",
    "protect",
    "stop_distance",
    "stop_of",
]


class ProtectionRules(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How a position is protected."""

    naked_ms_max: int = 10_000
    """How long a position may be without a resting stop; from then on it is flattened."""
    worst_bps: int = 1_000
    """How far beyond its trigger a stop may execute; the venue's own market triggers are given as much."""
    slack_bps: int = 25
    """How far a stop may lie from where it belongs before it is replaced: each replacement is naked for a moment."""


PROTECTION = ProtectionRules()


class ProtectiveStop(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The stop a position should have; always reduce-only."""

    side: Side
    trigger: Trigger
    limit_price: Price
    """The worst price acceptable once it fired."""


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


class Protected(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What to do, and what to remember until the next look."""

    action: Protection
    naked_since: Instant | None
    """Since when the position has been without a resting stop; None while it is covered or flat."""

    def flatten_at(self, rules: ProtectionRules = PROTECTION) -> Instant | None:
        """Return when to look again at the latest, because the position may not stay naked beyond."""
        return None if self.naked_since is None else Instant(self.naked_since + rules.naked_ms_max)


def stop_distance(limits: RiskLimits, assumed: GapAssumptions) -> Bps:
    """Return how far from the entry price a stop belongs: as the skill says, else the gap its loss bound assumes.

    Raises:
        UsageError: no price of a stop has that distance.
    """
    distance = assumed.gap_bps if limits.stop_bps is None else limits.stop_bps
    if not 0 < distance < BPS_ONE:
        message = f"a protective stop {distance} bps from the entry protects nothing; it must be 1 to 9,999 bps away"
        raise UsageError(message)
    return distance


def stop_of(
    position: Position, instrument: Instrument, distance_bps: int, rules: ProtectionRules = PROTECTION
) -> ProtectiveStop | None:
    """Return the stop that belongs to a position; None when it is flat.

    It is measured from the entry price, which no mark moves, and rounded to fire rather early than late.
    """
    entry = position.entry_price
    if entry is None:
        return None
    side = position.closing_side
    away = bps_of(entry, distance_bps)
    selling = side is Side.SELL
    price = instrument.round_price(entry - away if selling else entry + away, up=selling)
    return ProtectiveStop(
        side=side,
        trigger=Trigger(kind=TriggerKind.STOP, price=price, position_sized=True),
        limit_price=limit_price(instrument, side, price, rules.worst_bps),
    )


def protect(
    wanted: ProtectiveStop | None,
    lives: Iterable[Life],
    mark: Decimal | None,
    naked_since: Instant | None,
    now: Instant,
    rules: ProtectionRules = PROTECTION,
) -> Protected:
    """Say what to do about the stops of one symbol, and whether its position has been naked for too long.

    Args:
        wanted: what `stop_of` says of the position.
        lives: the symbol's intents that have not been cleared away; others than stops and their cancels are ignored.
        mark: the newest one known.
        naked_since: what the look before remembered; None at the first.
        now: by a clock that never goes back, the same at every look.
        rules: how a position is protected.
    """
    lives = tuple(lives)
    leaving = {life.intent.target for life in lives if life.intent.kind is IntentKind.CANCEL and life.is_unresolved}
    living = [life for life in lives if _is_stop(life) and not life.is_terminal]
    resting = [life for life in living if not life.is_unresolved and life.cloid not in leaving]
    right = [life.cloid for life in resting if wanted is not None and _is_right(life, wanted, rules)]
    if wanted is None or any(_covers(life, wanted, rules) for life in resting):
        naked_since = None
    else:
        naked_since = now if naked_since is None else naked_since
    action: Protection
    if naked_since is not None and now - naked_since >= rules.naked_ms_max:
        action = FlattenNow(reason=FlattenReason.NAKED)
    else:
        standing = _standing(len(resting), len(right), unsure=len(living) > len(resting))
        move = STOP_MOVES[wanted is not None, standing]
        spare = tuple(life.cloid for life in resting if wanted is None or life.cloid not in right[:1])
        action = _action(move, wanted, spare, mark)
    return Protected(action=action, naked_since=naked_since)


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


def _is_stop(life: Life) -> bool:
    trigger = life.intent.trigger
    return life.intent.kind is IntentKind.STOP and trigger is not None and trigger.kind is TriggerKind.STOP


def _covers(life: Life, wanted: ProtectiveStop, rules: ProtectionRules) -> bool:
    fitting = life.intent.side is wanted.side and life.intent.reduce_only and life.is_position_sized
    return fitting and _too_late(life, wanted) <= bps_of(wanted.trigger.price, rules.slack_bps)


def _is_right(life: Life, wanted: ProtectiveStop, rules: ProtectionRules) -> bool:
    early = -_too_late(life, wanted)
    return _covers(life, wanted, rules) and early <= bps_of(wanted.trigger.price, rules.slack_bps)


def _too_late(life: Life, wanted: ProtectiveStop) -> Decimal:
    # By how much further the mark has to move against the position than it should before this one fires.
    trigger = life.intent.trigger
    price = wanted.trigger.price if trigger is None else trigger.price
    return (price - wanted.trigger.price) * wanted.side.sign
