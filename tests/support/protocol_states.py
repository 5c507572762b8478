"""Walks through the states of the model check, slowly and without its search."""

from collections.abc import Hashable, Iterable

import msgspec

from agentic_core.domain import IntentState
from agentic_core.simulation.protocol import Space
from agentic_core.simulation.protocol.attempt import Attempt
from agentic_core.simulation.protocol.settling import settle

__all__ = ["lives_by_state", "reached", "settled_states"]


def reached(space: Space, start: int | None = None, *, limit: int | None = None) -> list[int]:
    """Return all states that can be reached, or the nearest so many."""
    order = [space.initial if start is None else start]
    seen = set(order)
    for state in order:
        for after in space.successors(state):
            if after not in seen and (limit is None or len(order) < limit):
                seen.add(after)
                order.append(after)
    return order


def settled_states(space: Space, states: Iterable[int]) -> set[Hashable]:
    """Return what the states stand for once all that no longer matters is dropped, free of the space's numbers."""
    found: set[Hashable] = set()
    for state in states:
        shared, attempts = space.read(state)
        rows = [(name, _settled(space, attempt)) for name, attempt in attempts.items()]
        found.add((shared, tuple(rows)))
    return found


def lives_by_state(space: Space, states: Iterable[dict[str, Attempt]]) -> set[IntentState]:
    """Return the states of all attempts that occur."""
    found = {attempt for attempts in states for attempt in attempts.values()}
    lives = map(space.life_of, found)
    return {life.state for life in lives if life is not None}


def _settled(space: Space, attempt: Attempt) -> Hashable:
    settled = settle(attempt, space.knowledge, space.design)
    return (msgspec.structs.replace(settled, life=0), space.life_of(settled))
