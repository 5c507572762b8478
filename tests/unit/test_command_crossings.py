"""Commands, a halt and the loss of the lease, at every step of a flatten, a stop and a kill.

`python -m tests.crossings` lets them cross in pairs as well, at every step of every command.
"""

from itertools import product

import pytest

from agentic_core.domain import DeploymentStatus
from tests.crossings.story import Act, Crossing
from tests.crossings.table import BEGINS, FIRST, told, told_of_all

STEPS = {Act.FLATTEN: 18, Act.STOP: 11, Act.KILL: 18}
"""How many steps there are at least at which something else can happen, reads aside."""


@pytest.mark.parametrize("first", STEPS)
def test_whatever_else_happens_at_any_step_of_a_saga_comes_to_a_right_end(first: Act) -> None:
    """One outcome each and in time; nothing opens once it was acknowledged, and what is weaker undoes nothing."""
    stories = list(told_of_all(first, DeploymentStatus.RUNNING, others=1))
    assert [fault for faults in stories for fault in faults] == []
    assert len(stories) >= STEPS[first] * len(Act)


@pytest.mark.parametrize("begins", BEGINS)
def test_pairs_at_any_step_of_any_command_come_to_a_right_end(begins: DeploymentStatus) -> None:
    """Every so manieth of all there are, wherever the deployment stands at the beginning."""
    stories = [told for first in FIRST for told in told_of_all(first, begins, others=2, stride=173)]
    assert [fault for faults in stories for fault in faults] == []
    assert len(stories) >= len(FIRST)


@pytest.mark.parametrize("begins", [DeploymentStatus.PAUSED, DeploymentStatus.HALTED])
def test_pairs_that_are_ordered_together_in_either_order_come_to_a_right_end(begins: DeploymentStatus) -> None:
    """Whoever let it go on is obeyed only where nobody held it back afterwards."""
    pairs = product(FIRST, repeat=2)
    stories = [Crossing(begins=begins, first=Act.SNAPSHOT, moment=1, others=pair) for pair in pairs]
    assert [fault for story in stories for fault in told(story) or []] == []
