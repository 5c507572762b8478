"""When and how each runner of a drill is killed, drawn from a seed."""

from collections.abc import Iterator

import msgspec

from agentic_core.domain.times import MINUTE_MS
from agentic_core.simulation.chance import Chance
from agentic_hl.venue.fault_values import AnswerLost, AnswersLate, ErrorAfterCommit, Fault

__all__ = ["Cut", "cuts"]

_MACHINES = ("a", "b")
_TURN_MS, _TURN_FACTOR_MS = 500, 250
"""So long after a mark an order or its stop is on its way; the machine's own part of it grows with the factor."""
_BOOT_MS = 25_000
_OF = "order"
_MARKS = (1, 1, 1, 1, 1, 1, 1, 2, 2, 3)
_TROUBLES = ("late", "late", "late", "late", "late", "lost", "error", "", "", "")


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """One life of a runner, and its end."""

    machine: str
    """Whose disk it has."""
    while_booting: bool
    """Whether it is killed so long after it was started."""
    at_order: bool
    """Whether it is killed as soon as its next order is at the venue; else so long after a mark."""
    marks: int
    """At how many marks it is there."""
    after_ms: int
    """After what it is killed by, and at once where that is an order."""
    is_followed_early: bool
    """Whether the next one already waits for the lease when this one is killed."""
    fault: Fault | None
    """What the venue does with one of its orders."""


def cuts(seed: int, count: int, *, factor: int) -> Iterator[Cut]:
    """Draw so many for a clock that runs so many times faster; three of four die shortly after a mark."""
    chance = Chance(seed, "cuts")
    turn_ms = _TURN_MS + _TURN_FACTOR_MS * factor
    for _ in range(count):
        while_booting = chance.happens(80)
        spread_ms = _BOOT_MS if while_booting else turn_ms if chance.happens(800) else MINUTE_MS
        yield Cut(
            machine=chance.pick(_MACHINES),
            while_booting=while_booting,
            at_order=chance.happens(200),
            marks=chance.pick(_MARKS),
            after_ms=chance.below(spread_ms),
            is_followed_early=chance.happens(250),
            fault=_fault(chance),
        )


def _fault(chance: Chance) -> Fault | None:
    match chance.pick(_TROUBLES):
        case "late":
            return AnswersLate(by_ms=chance.between(100, 1_500), of=_OF)
        case "lost":
            return AnswerLost(of=_OF)
        case "error":
            return ErrorAfterCommit(of=_OF)
        case _:
            return None
