"""Operate simulated venues at random for as long as asked, and say how much of everything came about."""

from collections import Counter

from agentic_core.ports.clock import Clock
from tests.conservation.running import balance_command, operate_many
from tests.venue_conservation.crowd import Crowd

__all__ = ["main", "operate"]

_OPERATIONS_EACH = 2_000
"""At one venue, after which another is opened."""


def operate(operations: int, *, seed: int) -> Counter[str]:
    """Do so many operations at one venue after another and return what came about.

    Raises:
        OutOfBalance: a venue lost or made money or units.
    """
    return operate_many(operations, seed=seed, opened=Crowd, each=_OPERATIONS_EACH)


def main(clock: Clock | None = None) -> int:
    """Run the command."""
    return balance_command("tests.venue_conservation", Crowd, each=_OPERATIONS_EACH, clock=clock)
