"""The search: structured and random scenarios, each improved step by step towards one of the three figures."""

from collections.abc import Callable
from typing import NamedTuple

from agentic_core.domain import LossBound
from tests.adversary.draws import Draws
from tests.adversary.moves import any_turn, random_scenario, structured
from tests.adversary.scenario import BEYOND, WHOLE, Fill, Losses, Scenario, Turn, Wish
from tests.adversary.world import World

__all__ = ["FIGURES", "Attempt", "climb", "mutated", "ratios"]

FIGURES = ("order", "day", "deployment")

_TURNS_MAX = 30
_PATIENCE = 40
"""So many changes in vain end a climb."""
_STEPS_MAX = 400
_BPS = 10_000


class Attempt(NamedTuple):
    """A scenario and how close it comes to each figure of the bound."""

    scenario: Scenario
    ratios: tuple[float, ...]


def ratios(losses: Losses, bound: LossBound) -> tuple[float, ...]:
    """Return the losses over the figures; above 1 the bound does not hold."""
    figures = (bound.order_bps, bound.day_bps, bound.deployment_bps)
    return tuple(loss * _BPS / figure for loss, figure in zip(losses, figures, strict=True))


class Climber:
    """Plays scenarios, and keeps the best one for each figure."""

    def __init__(self, world: World, bound: LossBound, draws: Draws, *, count: int, known: tuple[Attempt, ...]) -> None:
        """Start from what is known already."""
        self._world = world
        self._bound = bound
        self._draws = draws
        self._count = count
        self.best = list(known)
        self.evaluations = 0

    def search(self, evaluations: int) -> None:
        """Play so many scenarios."""
        target = 0
        while self.evaluations < evaluations:
            self._climb(self._start(target), target, evaluations)
            target = (target + 1) % len(FIGURES)

    def _start(self, target: int) -> Scenario:
        drawn = self._draws.below(100)
        if self.best and drawn < 30:
            return mutated(self.best[target].scenario, self._draws, self._count)
        if drawn < 85:
            return structured(self._draws, self._count)
        return random_scenario(self._draws, self._count)

    def _climb(self, scenario: Scenario, target: int, evaluations: int) -> None:
        reached = self._attempt(scenario).ratios[target]
        idle = 0
        for _ in range(_STEPS_MAX):
            if idle >= _PATIENCE or self.evaluations >= evaluations:
                return
            changed = mutated(scenario, self._draws, self._count)
            ratio = self._attempt(changed).ratios[target]
            idle = 0 if ratio > reached else idle + 1
            if ratio >= reached:
                scenario, reached = changed, ratio

    def _attempt(self, scenario: Scenario) -> Attempt:
        self.evaluations += 1
        attempt = Attempt(scenario, ratios(self._world.play(scenario), self._bound))
        if not self.best:
            self.best = [attempt] * len(FIGURES)
        for place, ratio in enumerate(attempt.ratios):
            if ratio > self.best[place].ratios[place]:
                self.best[place] = attempt
        return attempt


def climb(
    world: World, bound: LossBound, draws: Draws, *, count: int, evaluations: int, known: tuple[Attempt, ...] = ()
) -> tuple[Attempt, ...]:
    """Return the best attempt for each figure after so many scenarios, `known` included."""
    climber = Climber(world, bound, draws, count=count, known=known)
    climber.search(evaluations)
    return tuple(climber.best)


def mutated(scenario: Scenario, draws: Draws, count: int) -> Scenario:
    """Return a scenario with one to three things changed."""
    for _ in range(draws.between(1, 3)):
        scenario = _changed(scenario, draws, count)
    return scenario


def _changed(scenario: Scenario, draws: Draws, count: int) -> Scenario:
    place, kind = draws.below(len(scenario)), draws.below(12)
    before, turn, after = scenario[:place], scenario[place], scenario[place + 1 :]
    if kind == 0 and len(scenario) < _TURNS_MAX:
        return (*before, turn, turn, *after)
    if kind == 1 and len(scenario) < _TURNS_MAX:
        return (*before, any_turn(draws, count), turn, *after)
    # Taking away as often as adding, so that what a climb does not need goes.
    if kind in {2, 3} and len(scenario) > 2:
        return before + after
    if kind == 4 and after:
        return (*before, after[0], turn, *after[1:])
    return (*before, _retuned(turn, draws, count), *after)


def _retuned(turn: Turn, draws: Draws, count: int) -> Turn:
    return _KNOBS[draws.below(len(_KNOBS))](turn, draws, count)


def _with_moves(turn: Turn, draws: Draws, count: int) -> Turn:
    known = list(turn.moves or (0,) * count)
    place = draws.below(count)
    if draws.chance(40):
        known[place] = (-WHOLE, 0, WHOLE)[draws.below(3)]
    elif draws.chance(50):
        known[place] = draws.between(-WHOLE, WHOLE)
    else:
        known[place] = max(-WHOLE, min(WHOLE, known[place] + draws.between(-500, 500)))
    return turn._replace(moves=tuple(known))


def _with_midnight(turn: Turn, draws: Draws, count: int) -> Turn:
    return turn._replace(midnight=not turn.midnight)


def _with_direction(turn: Turn, draws: Draws, count: int) -> Turn:
    return turn._replace(against=not turn.against)


def _with_depth(turn: Turn, draws: Draws, count: int) -> Turn:
    if draws.chance(30):
        return turn._replace(depth=BEYOND)
    near = min(WHOLE, max(0, turn.depth + draws.between(-500, 500)))
    return turn._replace(depth=draws.between(0, WHOLE) if draws.chance(50) else near)


def _with_funding(turn: Turn, draws: Draws, count: int) -> Turn:
    return turn._replace(funding=draws.between(-1, 1))


def _with_size(turn: Turn, draws: Draws, count: int) -> Turn:
    if draws.chance(50):
        share = WHOLE
    else:
        share = draws.between(1, 2 * WHOLE) if draws.chance(30) else max(1, turn.share + draws.between(-500, 500))
    return turn._replace(share=share, fill=Fill(draws.below(4)))


def _with_side(turn: Turn, draws: Draws, count: int) -> Turn:
    return turn._replace(buy=not turn.buy)


def _with_wish(turn: Turn, draws: Draws, count: int) -> Turn:
    return turn._replace(wish=Wish(draws.below(3)), symbol=draws.below(count))


_KNOBS: tuple[Callable[[Turn, Draws, int], Turn], ...] = (
    _with_moves,
    _with_moves,
    _with_moves,
    _with_midnight,
    _with_direction,
    _with_depth,
    _with_funding,
    _with_size,
    _with_side,
    _with_wish,
)
"""What can be changed about a turn; its moves matter most."""
