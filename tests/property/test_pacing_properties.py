"""Whatever the venue's time does, marks only grow, none is handed out late, and each missed one is counted once."""

from itertools import pairwise

import anyio
from hypothesis import example, given
from hypothesis import strategies as st

from agentic_core.domain import Instant, Interval
from agentic_core.errors import VenueUnavailable
from agentic_core.runtime.pacing import VenuePace, grace_ms
from agentic_core.simulation.world import World

START = Instant(1_767_225_600_000)

COURSES = st.lists(
    st.tuples(
        st.integers(0, 200_000),  # how long it goes on like this
        st.sampled_from(["goes on", "stands still", "is not known"]),
        st.integers(-400_000, 900_000),  # by how much it steps at the end
    ),
    min_size=1,
    max_size=8,
)
INTERVALS = st.sampled_from([Interval.M1, Interval.M3])


class VenueTime:
    """A venue's time that follows a course over the clock of a world, and then goes on for good."""

    def __init__(self, world: World, course: list[tuple[int, str, int]]) -> None:
        self._clock = world.clock
        self._legs = []
        real, venue = int(world.clock.now()), int(world.clock.now())
        for length_ms, kind, step_ms in course:
            self._legs.append((real, venue, kind))
            real += length_ms
            venue += (length_ms if kind != "stands still" else 0) + step_ms
        self._legs.append((real, venue, "goes on"))
        self.ends = real

    def now(self) -> Instant:
        """Return it, or raise while it is not known."""
        real = self._clock.now()
        since, venue, kind = [leg for leg in self._legs if leg[0] <= real][-1]
        if kind == "is not known":
            message = "the venue has not told its time yet"
            raise VenueUnavailable(message)
        return Instant(venue + (real - since if kind == "goes on" else 0))


def paced(course: list[tuple[int, str, int]], interval: Interval) -> list[tuple[Instant, Instant]]:
    """Return the marks with the venue's time at which each was handed out."""

    async def main(world: World) -> list[tuple[Instant, Instant]]:
        time = VenueTime(world, course)
        pace = VenuePace(time.now, world.clock, interval)
        marks: list[tuple[Instant, Instant]] = []
        with anyio.move_on_after((time.ends - world.clock.now()) / 1_000 + 3 * interval.ms / 1_000):
            while True:
                mark = await pace.next_mark()
                marks.append((mark, time.now()))
        return marks

    return World(0, start=START, shuffled=False).run(main)


@given(COURSES, INTERVALS)
@example([(1_000, "goes on", -400_000), (1_000, "goes on", 400_000)], Interval.M1)
@example([(90_000, "is not known", 0)], Interval.M1)
def test_marks_grow_strictly_and_none_is_handed_out_late(
    course: list[tuple[int, str, int]], interval: Interval
) -> None:
    """Marks are multiples of the interval that have been reached, not long ago, and never one of before."""
    marks = paced(course, interval)
    assert all(mark % interval.ms == 0 for mark, _ in marks)
    assert all(0 <= at - mark <= grace_ms(interval) for mark, at in marks)
    assert all(later > earlier for (earlier, _), (later, _) in pairwise(marks))


@given(st.integers(0, 10**7), INTERVALS)
def test_pace_that_runs_smoothly_misses_no_mark(begins_ms: int, interval: Interval) -> None:
    """Where time goes on evenly, each mark is handed out at its very instant, except one that was over at the start."""

    async def main(world: World) -> list[tuple[Instant, Instant]]:
        pace = VenuePace(world.clock.now, world.clock, interval)
        return [(await pace.next_mark(), world.clock.now()) for _ in range(5)]

    marks = World(0, start=Instant(START + begins_ms), shuffled=False).run(main)
    assert [later - earlier for (earlier, _), (later, _) in pairwise(marks)] == [interval.ms] * 4
    assert all(at == mark for mark, at in marks[1:])
