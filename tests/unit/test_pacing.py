"""When a mark is reached, how late a turn may begin, and how long whoever decides is waited for."""

import pytest

from agentic_core.domain import Instant, Interval
from agentic_core.errors import VenueUnavailable
from agentic_core.runtime.pacing import VenuePace, deadline_ms, grace_ms
from agentic_core.simulation.world import World

MIDNIGHT = Instant(1_767_225_600_000)


@pytest.mark.parametrize(
    ("interval", "grace", "deadline"),
    [
        (Interval.M1, 6_000, 48_000),
        (Interval.M3, 18_000, 144_000),
        (Interval.M5, 30_000, 240_000),
        (Interval.M15, 30_000, 720_000),
        (Interval.D1, 30_000, 69_120_000),
    ],
)
def test_grace_and_deadline_follow_the_interval(interval: Interval, grace: int, deadline: int) -> None:
    """A tenth of the interval and at most half a minute to begin; four fifths to decide."""
    assert (grace_ms(interval), deadline_ms(interval)) == (grace, deadline)


@pytest.mark.parametrize(("late_ms", "first"), [(0, 0), (6_000, 0), (6_001, 60_000), (59_999, 60_000)])
def test_pace_that_begins_late_waits_for_the_next_mark(late_ms: int, first: int) -> None:
    """A process that boots just after a mark still takes it; one that boots later does not."""

    async def main(world: World) -> Instant:
        return await VenuePace(world.clock.now, world.clock, Interval.M1).next_mark()

    found = World(0, start=Instant(MIDNIGHT + late_ms)).run(main)
    assert found == MIDNIGHT + first


def test_pace_waits_until_the_venues_time_is_known() -> None:
    """No mark is derived from a clock of ours."""

    async def main(world: World) -> tuple[Instant, Instant]:
        def now() -> Instant:
            if world.clock.now() < MIDNIGHT + 150_000:
                message = "no answer yet"
                raise VenueUnavailable(message)
            return Instant(world.clock.now() - 45_000)

        pace = VenuePace(now, world.clock, Interval.M1)
        with pytest.raises(VenueUnavailable):
            _ = pace.now
        return await pace.next_mark(), world.clock.now()

    assert World(0, start=MIDNIGHT).run(main) == (MIDNIGHT + 120_000, MIDNIGHT + 165_000)


def test_pace_of_the_present_never_ends() -> None:
    """Something always follows the present."""
    world = World(0)
    assert not VenuePace(world.clock.now, world.clock, Interval.M1).is_last
