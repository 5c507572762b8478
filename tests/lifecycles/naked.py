"""For how long a position had no stop, leaving out when nobody could have placed one."""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from tests.lifecycles.process import Outage
from tests.lifecycles.scene import Scene
from tests.lifecycles.venue_books import Cover

__all__ = ["Bare", "longest_bare", "merged", "overlap"]

_COVERED_MS = 5_000
"""A stop that rests for less than this does not end a stretch; only its own time does not count."""


class Bare(NamedTuple):
    """For how long a position had no stop while the venue could be reached, in milliseconds."""

    at_once: int
    """The longest time without one."""
    in_all: int
    """The longest sum of such times between which none rested for long."""


def longest_bare(scene: Scene, asset: int) -> Bare:
    """Return how long the position of a market was without a stop at the worst."""
    away = merged([*scene.outages, *scene.phases])
    changes = [*scene.books.covers[asset], (scene.ms, Cover.FLAT)]
    longest = total = stretch = 0
    for (began, cover), (ended, _) in pairwise(changes):
        if cover is Cover.NAKED:
            bare = ended - began - overlap(began, ended, away)
            stretch += bare
            longest, total = max(longest, bare), max(total, stretch)
        elif cover is Cover.FLAT or ended - began >= _COVERED_MS:
            stretch = 0
    return Bare(longest, total)


def merged(outages: Iterable[Outage]) -> list[tuple[int, int]]:
    """Return the time that outages cover, oldest first and each moment once."""
    spans: list[tuple[int, int]] = []
    for began, ended, _ in sorted(outages):
        if spans and began <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], ended))
        else:
            spans.append((began, ended))
    return spans


def overlap(began: int, ended: int, spans: Iterable[tuple[int, int]]) -> int:
    """Return how much of a time is covered."""
    return sum(max(0, min(ended, until) - max(began, since)) for since, until in spans)
