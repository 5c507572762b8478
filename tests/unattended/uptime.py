"""When somebody was there who could have done something: a process with the lease, awake, with a database."""

from collections.abc import Iterable, Sequence

from agentic_core.logevents import LogEvent
from tests.unattended.process import Process
from tests.unattended.scene import Scene
from tests.unattended.vitals import Span

__all__ = ["Uptime", "joined", "without"]

_WAKING_MS = 1_000
"""Who stood still has this long to find out what happened meanwhile."""

_BEGINNING_MS = 1_000
"""Who has just taken the lease has this long to look at what is there."""

_AGAIN_MS = 1_800
"""A database that was away is asked again within this."""

_LOST = frozenset({LogEvent.LEASE_LOST, LogEvent.LEASE_RELEASED})


class Uptime:
    """The spans of it, and how much of a time lies in them."""

    def __init__(self, scene: Scene, processes: Sequence[Process]) -> None:
        self._spans = joined(span for process in processes for span in _of_one(scene, process))

    def within(self, began: int, ended: int) -> int:
        """Return how much of a time somebody was there."""
        return sum(max(0, min(ended, span.ended) - max(began, span.began)) for span in self._spans)


def _of_one(scene: Scene, process: Process) -> list[Span]:
    over = scene.ms if process.over_at is None else process.over_at
    killed = process.vitals.died_at
    last = over if killed is None else min(over, killed)
    held, began = list[Span](), None
    for at, number, line in scene.said:
        if number != process.number:
            continue
        if line.event is LogEvent.LEASE_TAKEN:
            began = at + _BEGINNING_MS
        elif line.event in _LOST and began is not None:
            held.append(Span(began, at))
            began = None
    if began is not None:
        held.append(Span(began, last))
    stood = [Span(span.began, span.ended + _WAKING_MS) for span in process.vitals.stood]
    away = [Span(span.began, span.ended + _AGAIN_MS) for span in scene.database.away]
    return without(held, [*stood, *away])


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return the time that spans cover, each moment once."""
    found: list[Span] = []
    for span in sorted(span for span in spans if span.ended > span.began):
        if found and span.began <= found[-1].ended:
            found[-1] = Span(found[-1].began, max(found[-1].ended, span.ended))
        else:
            found.append(span)
    return found


def without(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """Return what is left of spans when holes are cut out of them."""
    left = [span for span in spans if span.ended > span.began]
    for hole in joined(holes):
        left = [
            piece
            for span in left
            for piece in (Span(span.began, min(span.ended, hole.began)), Span(max(span.began, hole.ended), span.ended))
            if piece.ended > piece.began
        ]
    return left
