"""Breadth-first search through all states, so that the first counterexample is a shortest one."""

import sys
from array import array
from collections.abc import Callable
from itertools import pairwise
from typing import TypeAlias

import msgspec

from agentic_core.ports.clock import Clock
from agentic_core.simulation.protocol.design import Invariant
from agentic_core.simulation.protocol.space import Break, Space

__all__ = ["NO_LIMIT", "Budget", "Counterexample", "Exploration", "Report", "explore"]

Report: TypeAlias = Callable[[int, float], None]
"""Called now and then with the states reached and the seconds that passed."""

_LOOK_EVERY = 16_384


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """When to stop early; None is never."""

    states: int | None = None
    seconds: float | None = None


NO_LIMIT = Budget()


class Counterexample(msgspec.Struct, frozen=True, kw_only=True):
    """A shortest way to break an invariant."""

    invariant: Invariant
    path: tuple[int, ...]
    """The states, the first one being the empty account."""
    labels: tuple[str, ...]
    """What happens between them."""

    @property
    def steps(self) -> int:
        """How many steps it takes."""
        return len(self.labels)


class Exploration(msgspec.Struct, frozen=True, kw_only=True):
    """What a search found."""

    states: int
    """Different states reached."""
    transitions: int
    depth: int
    """Steps to the farthest state that was reached."""
    complete: bool
    """Whether nothing was left out: neither by the budget nor by stopping at a counterexample."""
    counterexample: Counterexample | None
    seconds: float
    """For all of it; looking for states that cannot end comes after reaching them."""
    states_per_s: float
    """How fast states were reached."""


class _Graph:
    # What the search leaves behind: states in the order of discovery, who discovered them, and all steps.
    def __init__(self, initial: int) -> None:
        self.order = [initial]
        self.index = {initial: 0}
        self.parents = array("I", [0])
        self.targets = array("I")
        self.ends = array("Q")

    def path_to(self, index: int) -> list[int]:
        path = [self.order[index]]
        while index:
            index = self.parents[index]
            path.append(self.order[index])
        return path[::-1]


class _Watch:
    # When to say something, and when to stop.
    def __init__(self, clock: Clock, budget: Budget, report: Report | None) -> None:
        self._clock = clock
        self._budget = budget
        self._report = report
        self._began_ms = clock.boottime_ms()
        self.states_max = sys.maxsize if budget.states is None else budget.states

    @property
    def seconds(self) -> float:
        return (self._clock.boottime_ms() - self._began_ms) / 1000

    def is_over(self, states: int) -> bool:
        seconds = self.seconds
        if self._report is not None:
            self._report(states, seconds)
        return self._budget.seconds is not None and seconds >= self._budget.seconds


def explore(space: Space, clock: Clock, *, budget: Budget = NO_LIMIT, report: Report | None = None) -> Exploration:
    """Walk through all states, nearest first, until something breaks, nothing is left, or the budget is used up.

    A state from which no end can be reached is looked for only after all states were walked through.
    """
    graph, watch = _Graph(space.initial), _Watch(clock, budget, report)
    broken = _walk(space, graph, watch)
    walked_s = watch.seconds
    complete = broken is None and len(graph.ends) == len(graph.order)
    if broken is not None:
        path = [*graph.path_to(graph.index[broken.before]), broken.after]
        found: Counterexample | None = _counterexample(space, path, broken.invariant)
    else:
        stuck = _first_stuck(space, graph) if complete and space.design.counts(Invariant.STUCK) else None
        found = None if stuck is None else _counterexample(space, graph.path_to(stuck), Invariant.STUCK)
    return Exploration(
        states=len(graph.order),
        transitions=len(graph.targets),
        depth=len(graph.path_to(len(graph.order) - 1)) - 1,
        complete=complete,
        counterexample=found,
        seconds=watch.seconds,
        states_per_s=len(graph.order) / walked_s if walked_s else 0.0,
    )


def _walk(space: Space, graph: _Graph, watch: _Watch) -> Break | None:
    order, parents, targets, ends = graph.order, graph.parents, graph.targets, graph.ends
    number_of, successors, broken = graph.index.setdefault, space.successors, space.broken
    position, count = 0, 1
    while position < count < watch.states_max:
        for after in successors(order[position]):
            number = number_of(after, count)
            if number == count:
                order.append(after)
                parents.append(position)
                count += 1
            targets.append(number)
        ends.append(len(targets))
        if broken:
            return broken[0]
        position += 1
        if not position % _LOOK_EVERY and watch.is_over(count):
            return None
    return None


def _first_stuck(space: Space, graph: _Graph) -> int | None:
    # Goes backwards, because what a state leads to was mostly discovered after it, and repeats for the rest.
    count = len(graph.order)
    ending = bytearray(map(space.is_end, graph.order))
    waiting = [position for position in range(count - 1, -1, -1) if not ending[position]]
    targets, ends = graph.targets, graph.ends
    while waiting:
        left = []
        for position in waiting:
            begin = ends[position - 1] if position else 0
            if any(map(ending.__getitem__, targets[begin : ends[position]])):
                ending[position] = True
            else:
                left.append(position)
        if len(left) == len(waiting):
            return left[-1]
        waiting = left
    return None


def _counterexample(space: Space, path: list[int], invariant: Invariant) -> Counterexample:
    labels = [
        next(step.label for step in space.steps(before) if step.after == after) for before, after in pairwise(path)
    ]
    return Counterexample(invariant=invariant, path=tuple(path), labels=tuple(labels))
