"""One piece of the search: a configuration, a seed, and so many scenarios."""

from typing import NamedTuple

from tests.adversary.climb import FIGURES, Attempt, climb
from tests.adversary.configurations import Configuration
from tests.adversary.draws import Draws
from tests.adversary.gate import Gate
from tests.adversary.terms import Terms
from tests.adversary.world import Narrate, World

__all__ = ["BAR", "Piece", "Shortfall", "attacked", "better", "exceeded", "shortfalls", "world_of"]

BAR = 0.6
"""The share of each figure that has to be reached, so that the bound is not empty."""


class Piece(NamedTuple):
    """What one worker does at a time."""

    configuration: Configuration
    seeds: tuple[int, ...]
    evaluations: int
    known: tuple[Attempt, ...] = ()


class Shortfall(NamedTuple):
    """A figure that was not reached far enough."""

    figure: str
    ratio: float


def world_of(configuration: Configuration, narrate: Narrate | None = None) -> World:
    """Return the world of a configuration with the shipped risk engine at its gate."""
    gate = Gate(configuration.limits, configuration.instruments)
    return World(Terms.of(configuration), gate, halts=configuration.halts, narrate=narrate)


def attacked(piece: Piece) -> tuple[Attempt, ...]:
    """Return the best attempt for each figure."""
    configuration = piece.configuration
    return climb(
        world_of(configuration),
        configuration.bound(),
        Draws(*piece.seeds),
        count=len(configuration.instruments),
        evaluations=piece.evaluations,
        known=piece.known,
    )


def better(known: tuple[Attempt, ...], found: tuple[Attempt, ...]) -> tuple[Attempt, ...]:
    """Return the better attempt for each figure."""
    return tuple(
        max(attempts, key=lambda attempt: attempt.ratios[place])
        for place, attempts in enumerate(zip(known or found, found, strict=True))
    )


def exceeded(attempts: tuple[Attempt, ...]) -> tuple[int, Attempt] | None:
    """Return the figure that is exceeded most, by its place, and how; None where the bound holds."""
    place = max(range(len(FIGURES)), key=lambda figure: attempts[figure].ratios[figure])
    attempt = attempts[place]
    return (place, attempt) if attempt.ratios[place] > 1 else None


def shortfalls(attempts: tuple[Attempt, ...]) -> list[Shortfall]:
    """Return the figures of which less than the bar was reached."""
    reached = [attempt.ratios[place] for place, attempt in enumerate(attempts)]
    return [Shortfall(figure, ratio) for figure, ratio in zip(FIGURES, reached, strict=True) if ratio < BAR]
