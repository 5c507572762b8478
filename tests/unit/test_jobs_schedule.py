"""When jobs are due, and that of several schedulers one runs each."""

from collections.abc import Mapping

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_core.domain.times import DAY_MS, HOUR_MS, MINUTE_MS, Instant, parse_instant
from agentic_core.errors import StoreUnavailable, VenueUnavailable
from agentic_core.logevents import LogEvent
from agentic_core.ops.jobs import Jobs
from agentic_core.ops.outcomes import JobFigures, RunJob
from agentic_core.ops.schedule import SCHEDULE, JobName, Schedule, mark_of, next_mark, schedule_of
from agentic_core.ports.operations import JobRunStore
from agentic_core.store.memory import MemoryStore
from tests.support.clocks import VirtualClock
from tests.support.watched_deployments import Heard

NOON = parse_instant("2026-03-01T12:00:00Z")
SWEEP = JobName.HEARTBEATS


class Room:
    """Schedulers over one store at the time of one clock."""

    def __init__(self) -> None:
        self.clock = VirtualClock(Instant(NOON + 1))
        self.store = MemoryStore(self.clock.now)
        self.heard = Heard()
        self.began: list[int] = []
        """When the job was done, in minutes after noon."""
        self.failure: Exception | None = None
        self.is_away = False
        self.takes_s = 0.0

    async def work(self) -> JobFigures:
        """Do the job."""
        self.began.append((self.clock.now() - NOON) // MINUTE_MS)
        await self.clock.sleep(self.takes_s)
        if self.failure is not None:
            raise self.failure
        return {"checked": 3}

    def jobs(self, holder: str = "one", table: Mapping[JobName, RunJob] | None = None) -> Jobs:
        """Return a scheduler."""
        return Jobs(table or {SWEEP: self.work}, self._runs, self.clock, self.heard, holder=holder)

    async def pass_time(self, milliseconds: int, *schedulers: Jobs) -> None:
        """Let schedulers work for some time."""
        async with anyio.create_task_group() as tasks:
            for scheduler in schedulers:
                tasks.start_soon(scheduler.keep)
            await self.clock.let_pass(milliseconds)
            tasks.cancel_scope.cancel()

    def _runs(self) -> JobRunStore:
        if self.is_away:
            raise StoreUnavailable("nobody answers")
        return self.store.jobs


@pytest.fixture
def room() -> Room:
    """Give an empty place, a moment after noon."""
    return Room()


def test_every_job_stands_in_the_schedule_once() -> None:
    """And the runners are looked after every five minutes."""
    assert sorted(schedule.name for schedule in SCHEDULE) == sorted(JobName)
    assert schedule_of(SWEEP).every_ms == 5 * MINUTE_MS
    assert schedule_of(JobName.PENDING_WALLETS).every_ms == DAY_MS


@given(at=st.integers(0, 4 * 10**12), schedule=st.sampled_from(SCHEDULE))
def test_marks_of_a_job_divide_time_into_equal_parts(at: int, schedule: Schedule) -> None:
    """Every instant lies between a mark and the next; marks are where UTC has them."""
    mark, after = mark_of(schedule, Instant(at)), next_mark(schedule, Instant(at))
    assert mark <= at < after
    assert after - mark == schedule.every_ms
    assert (mark - schedule.after_ms) % schedule.every_ms == 0
    assert mark_of(schedule, mark) == mark


@pytest.mark.anyio
async def test_job_runs_at_once_and_at_each_of_its_marks(room: Room) -> None:
    """Whoever comes up catches up the mark that nobody was there for."""
    await room.pass_time(16 * MINUTE_MS, room.jobs())
    assert room.began == [0, 5, 10, 15]
    assert room.heard.events == [LogEvent.JOB_FINISHED] * 4


@pytest.mark.anyio
async def test_two_schedulers_side_by_side_run_each_mark_once(room: Room) -> None:
    """Whichever of them is first."""
    await room.pass_time(31 * MINUTE_MS, room.jobs("one"), room.jobs("two"))
    assert room.began == [0, 5, 10, 15, 20, 25, 30]
    (run,) = await room.store.jobs.runs()
    assert (run.name, run.outcome) == ("heartbeat-sweep", {"checked": 3})


@pytest.mark.anyio
async def test_marks_that_nobody_was_up_for_are_caught_up_once(room: Room) -> None:
    """Not one by one."""
    await room.pass_time(MINUTE_MS, room.jobs("one"))
    room.clock.freeze(2 * HOUR_MS)
    await room.pass_time(MINUTE_MS, room.jobs("two"))
    assert room.began == [0, 121]


@pytest.mark.anyio
async def test_job_that_fails_is_tried_again_soon(room: Room) -> None:
    """By any scheduler, a minute later; what it failed of is said and noted."""
    room.failure = VenueUnavailable("no answer")
    await room.pass_time(90_000, room.jobs("one"))
    assert room.began == [0, 1]
    assert set(room.heard.events) == {LogEvent.JOB_FAILED}
    (run,) = await room.store.jobs.runs()
    assert run.outcome == {"failed": "no answer"}
    room.failure = None
    await room.pass_time(2 * MINUTE_MS, room.jobs("two"))
    assert room.began == [0, 1, 2]


@pytest.mark.anyio
async def test_bug_in_one_job_does_not_end_the_others(room: Room) -> None:
    """It is said by its name, and the others keep their times."""

    async def breaks() -> JobFigures:
        raise ZeroDivisionError("by nothing")

    await room.pass_time(6 * MINUTE_MS, room.jobs(table={JobName.JOURNALS: breaks, SWEEP: room.work}))
    assert room.began == [0, 5]
    assert "journal-verification: ZeroDivisionError: by nothing" in [message for _, _, message in room.heard.lines]


@pytest.mark.anyio
async def test_run_that_died_with_its_scheduler_is_made_up_for(room: Room) -> None:
    """An hour later, where its own next mark is farther away."""
    room.takes_s = 10.0
    job = {JobName.JOURNALS: room.work}
    await room.pass_time(1_000, room.jobs("dies", job))
    assert [run.finished_at for run in await room.store.jobs.runs()] == [None]
    await room.pass_time(2 * HOUR_MS, room.jobs("lives", job))
    assert room.began == [0, 60]
    assert [run.holder for run in await room.store.jobs.runs()] == ["lives"]


@pytest.mark.anyio
async def test_database_that_is_away_is_asked_again(room: Room) -> None:
    """Nothing is done meanwhile, and nothing ends."""
    room.is_away = True
    jobs = room.jobs()
    await room.pass_time(2 * MINUTE_MS + 1, jobs)
    assert room.began == []
    assert set(room.heard.events) == {LogEvent.JOB_FAILED}
    room.is_away = False
    await room.pass_time(MINUTE_MS, jobs)
    assert room.began == [2]


@pytest.mark.anyio
async def test_run_by_hand_does_not_wait_for_a_mark_and_counts_as_one(room: Room) -> None:
    """A scheduler does not do the same mark again."""
    jobs = room.jobs("by hand")
    assert await jobs.run_now(SWEEP) == {"checked": 3}
    assert await jobs.run_now(SWEEP) == {"checked": 3}
    await room.pass_time(MINUTE_MS, room.jobs("one"))
    assert room.began == [0, 0]


@pytest.mark.anyio
async def test_run_by_hand_that_fails_says_so_to_whoever_asked(room: Room) -> None:
    """As well as in the log."""
    room.failure = StoreUnavailable("gone")
    with pytest.raises(StoreUnavailable, match="gone"):
        await room.jobs().run_now(SWEEP)
    assert room.heard.events == [LogEvent.JOB_FAILED]
