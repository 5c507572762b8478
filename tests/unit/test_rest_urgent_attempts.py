"""An urgent question whose answer was lost is asked again soon, and a slow venue is given more time with each try."""

import pytest

from agentic_core.simulation.world import World
from agentic_hl.rest import (
    FailureKind,
    HttpOutcome,
    HyperliquidRest,
    IpBudget,
    MemoryBudgets,
    NeverLeft,
    Priority,
    RestFailure,
    Unclear,
    weight_bucket,
)
from agentic_hl.rest.queries import all_mids
from tests.support.resting import GivenEntropy


class Unanswered:
    """Never answers in time, or not even lets anything leave."""

    def __init__(self, world: World, *, leaves: bool) -> None:
        self._clock = world.clock
        self._leaves = leaves
        self.timeouts: list[int] = []

    async def post(self, path: str, body: bytes, timeout_ms: int) -> HttpOutcome:
        """Wait for as long as allowed."""
        self.timeouts.append(timeout_ms)
        if not self._leaves:
            return NeverLeft(cause="no route")
        await self._clock.sleep(timeout_ms / 1_000)
        return Unclear(cause="silence", timed_out=True)


def ask(priority: Priority, *, leaves: bool = True, deadline_ms: int = 60_000) -> tuple[list[int], object]:
    """Ask once, and return how long each try was given, and the answer."""

    async def main(world: World) -> tuple[list[int], object]:
        silent = Unanswered(world, leaves=leaves)
        budget = IpBudget(MemoryBudgets(world.clock), world.clock, weight_bucket("here"))
        door = HyperliquidRest(silent, world.clock, GivenEntropy(), budget)
        answer = await door.query(all_mids(), priority=priority, deadline_ms=deadline_ms)
        return silent.timeouts, answer

    return World(1).run(main)


def test_urgent_question_is_tried_for_one_and_a_half_seconds_first() -> None:
    """Each try that took too long gives the next one twice the time, up to that of any other question."""
    timeouts, answer = ask(Priority.URGENT)
    assert timeouts == [1_400, 2_900, 5_900, 7_900, 7_900]
    assert isinstance(answer, RestFailure)
    assert answer.kind is FailureKind.TIMED_OUT


@pytest.mark.parametrize("priority", [Priority.NORMAL, Priority.BACKGROUND])
def test_question_that_can_wait_is_tried_for_eight_seconds_each_time(priority: Priority) -> None:
    """Where nothing is in a hurry, a slow answer is better than another question."""
    assert ask(priority)[0] == [7_900] * 5


def test_try_that_never_left_gives_the_next_one_no_more_time() -> None:
    """A cut link says nothing of how slow the venue is."""
    assert ask(Priority.URGENT, leaves=False)[0] == [1_400] * 5


def test_urgent_question_is_tried_three_times_within_ten_seconds() -> None:
    """So a single lost answer never costs the whole deadline."""
    timeouts, _ = ask(Priority.URGENT, deadline_ms=10_000)
    assert len(timeouts) == 3
