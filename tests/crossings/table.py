"""Every story there is: what is begun with, what is ordered, at which step what else happens."""

from collections.abc import Iterator
from itertools import count, product

from agentic_core.domain import DeploymentStatus
from tests.crossings.judge import faults
from tests.crossings.story import Act, Crossing, live

__all__ = ["BEGINS", "FIRST", "told", "told_of_all"]

BEGINS = (DeploymentStatus.RUNNING, DeploymentStatus.PAUSED, DeploymentStatus.HALTED)
FIRST = tuple(act for act in Act if act not in {Act.HALT, Act.LOSS})


def told(crossing: Crossing, seed: int = 1) -> list[str] | None:
    """Return what went wrong in a story; None where it never came to its step."""
    lived = live(crossing, seed)
    if not lived.is_reached:
        return None
    where = lived.seen[crossing.moment - 1].where
    story = (
        f"{crossing.first} of a {crossing.begins} one, {' and '.join(crossing.others)} at {crossing.moment} ({where})"
    )
    return [f"{story}: {fault}" for fault in faults(lived)]


def told_of_all(
    first: Act, begins: DeploymentStatus, *, others: int, stride: int = 1, seed: int = 1
) -> Iterator[list[str]]:
    """Return what went wrong in each story of so many others in each order, or in every so manieth of them."""
    number = count(seed)
    for moment in count(1):
        is_reached = False
        for acts in product(Act, repeat=others):
            # The first combination is always played, because it tells whether there is such a step.
            if next(number) % stride and is_reached:
                continue
            found = told(Crossing(begins=begins, first=first, moment=moment, others=acts), seed)
            if found is None:
                return
            is_reached = True
            yield found
