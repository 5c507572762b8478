"""A diary while its database is away: lines wait, the oldest make room, and none is written twice."""

from collections.abc import Sequence

import anyio
import pytest

from agentic_core.domain import LogLine, TickId, TraceId
from agentic_core.errors import StoreUnavailable
from agentic_core.logevents import LogEvent
from agentic_core.runtime.diary import LINES_MAX, Diary
from tests.support.clocks import VirtualClock, settle
from tests.support.markets import AT
from tests.support.stored_values import DEPLOYMENT

pytestmark = pytest.mark.anyio


class Logs:
    """A log store that keeps lines, or is away."""

    def __init__(self) -> None:
        self.lines: list[LogLine] = []
        self.batches: list[int] = []
        self.is_away = False

    async def append(self, lines: Sequence[LogLine]) -> None:
        """Keep the lines."""
        if self.is_away:
            raise StoreUnavailable
        self.batches.append(len(lines))
        self.lines.extend(lines)

    async def recent(self, deployment: str, limit: int) -> tuple[LogLine, ...]:
        """Return nothing."""
        return ()


def diary_of(logs: Logs, process: str = "one") -> Diary:
    """Return a diary."""
    return Diary(DEPLOYMENT, logs, now=lambda: AT, process=process)


def say_many(diary: Diary, count: int, first: int = 0) -> None:
    """Say so many numbered lines."""
    for number in range(first, first + count):
        diary.say(LogEvent.RECONCILED, str(number))


async def test_lines_are_written_every_second_and_at_once_where_many_wait() -> None:
    """Nobody has to flush."""
    logs, clock = Logs(), VirtualClock()
    diary = diary_of(logs)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(diary.keep, clock)
        say_many(diary, 3)
        await clock.let_pass(999)
        assert logs.batches == []
        await clock.let_pass(1)
        assert logs.batches == [3]
        say_many(diary, 700)
        await settle()
        assert logs.batches == [3, 500, 200]
        tasks.cancel_scope.cancel()


async def test_database_that_is_away_ends_nothing_and_costs_only_the_oldest_lines() -> None:
    """How many are missing stands where they were."""
    logs, clock = Logs(), VirtualClock()
    diary = diary_of(logs)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(diary.keep, clock)
        logs.is_away = True
        for chunk in range(11):
            say_many(diary, 1_000, chunk * 1_000)
            await clock.let_pass(2_000)
        logs.is_away = False
        await clock.let_pass(2_000)
        tasks.cancel_scope.cancel()
    dropped = 11_000 - LINES_MAX
    assert logs.lines[0].event is LogEvent.LINES_DROPPED
    assert logs.lines[0].message == f"{dropped} older line(s) were dropped while the database was away"
    assert [line.message for line in logs.lines[1:]] == [str(number) for number in range(dropped, 11_000)]


async def test_every_line_has_a_key_of_its_own_and_keeps_it() -> None:
    """A line that is written again after a lost answer is the same line."""
    logs = Logs()
    diary, other = diary_of(logs), diary_of(logs, "two")
    say_many(diary, 5)
    say_many(other, 5)
    logs.is_away = True
    with pytest.raises(StoreUnavailable):
        await diary.flush()
    logs.is_away = False
    await diary.flush()
    await other.flush()
    assert len({line.line_key for line in logs.lines}) == 10
    assert None not in {line.line_key for line in logs.lines}


async def test_trace_of_a_turn_is_carried_by_the_lines_of_its_task_only() -> None:
    """What others say meanwhile belongs to the boot."""
    logs = Logs()
    diary = diary_of(logs)
    boot, tick = diary.trace, TickId(deployment=DEPLOYMENT, mark=AT)
    inside, outside = anyio.Event(), anyio.Event()
    seen: list[TraceId] = []

    async def turn() -> None:
        diary.begin(tick)
        inside.set()
        await outside.wait()
        diary.say(LogEvent.ORDER_PLACED, "turn")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(part)

    async def part() -> None:
        seen.append(diary.trace)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(turn)
        await inside.wait()
        diary.say(LogEvent.RECONCILED, "beside")
        outside.set()
    await diary.flush()
    assert [line.trace_id for line in logs.lines] == [boot, tick.trace]
    assert seen == [tick.trace]


async def test_flushes_side_by_side_keep_the_order() -> None:
    """One writes at a time."""
    logs = Logs()
    diary = diary_of(logs)
    say_many(diary, 1_200)
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(diary.flush)
    assert [line.message for line in logs.lines] == [str(number) for number in range(1_200)]
