"""Runs the jobs: each at its marks, by one of all schedulers that share the database, and by hand."""

from collections.abc import Callable, Mapping
from typing import Final

import anyio
import msgspec

from agentic_core.domain.operations import JobRun
from agentic_core.domain.times import HOUR_MS, MINUTE_MS, Instant
from agentic_core.errors import AgenticError, StoreError
from agentic_core.logevents import LogEvent, LogLevel, Say
from agentic_core.ops.outcomes import JobFigures, RunJob
from agentic_core.ops.schedule import JobName, mark_of, next_mark, schedule_of
from agentic_core.ports.clock import Clock
from agentic_core.ports.operations import JobRunStore

__all__ = ["JobTimings", "Jobs"]

_MS_PER_S: Final = 1_000


class JobTimings(msgspec.Struct, frozen=True, kw_only=True):
    """How long schedulers wait, in milliseconds."""

    look_ms: int = MINUTE_MS
    """How long they sleep at most, so that a clock that was set is noticed."""
    again_ms: int = MINUTE_MS
    """How soon a job that failed is tried again."""
    lost_ms: int = HOUR_MS
    """When a run that was begun and never finished is taken to have died with whoever began it."""


class Jobs:
    """The jobs of a platform; any number of these may work side by side."""

    def __init__(
        self,
        table: Mapping[JobName, RunJob],
        runs: Callable[[], JobRunStore],
        clock: Clock,
        say: Say,
        *,
        holder: str,
        timings: JobTimings | None = None,
    ) -> None:
        """Take the jobs that can be done here, where their runs are noted, and a name that nobody else has.

        `runs` may raise StoreUnavailable while the database is away.
        """
        self._table = table
        self._runs = runs
        self._clock = clock
        self._say = say
        self._holder = holder
        self._timings = timings or JobTimings()

    @property
    def names(self) -> tuple[JobName, ...]:
        """What can be done here."""
        return tuple(self._table)

    async def keep(self) -> None:
        """Run every job at its marks, until cancelled; a mark that was missed while nobody was up is caught up once."""
        async with anyio.create_task_group() as tasks:
            for name in self._table:
                tasks.start_soon(self._keep_one, name)

    async def run_now(self, name: JobName) -> JobFigures:
        """Run a job now, whenever it ran last, and note that it did.

        Raises:
            AgenticError: it failed, which was noted and said.
        """
        now = self._clock.now()
        await self._runs().begin(name, due_before=Instant(now + 1), at=now, holder=self._holder)
        return await self._run(name)

    async def _keep_one(self, name: JobName) -> None:
        schedule = schedule_of(name)
        while True:
            is_done = await self._run_if_due(name)
            pause = next_mark(schedule, self._clock.now()) - self._clock.now()
            most = self._timings.look_ms if is_done else self._timings.again_ms
            await self._clock.sleep(min(pause, most) / _MS_PER_S)

    async def _run_if_due(self, name: JobName) -> bool:
        try:
            is_due = await self._begins(name)
        except StoreError as error:
            self._say(LogEvent.JOB_FAILED, f"{name}: {error}", level=LogLevel.WARN, job=name)
            return False
        if not is_due:
            return True
        try:
            await self._run(name)
        except Exception:  # noqa: BLE001 - it was said; one job that breaks must not end the others
            return False
        return True

    async def _begins(self, name: JobName) -> bool:
        now = self._clock.now()
        newest = next((run for run in await self._runs().runs() if run.name == name), None)
        due_before = mark_of(schedule_of(name), now)
        if newest is not None and self._has_failed(newest, now):
            due_before = Instant(max(due_before, newest.started_at + 1))
        return await self._runs().begin(name, due_before=due_before, at=now, holder=self._holder)

    def _has_failed(self, run: JobRun, now: Instant) -> bool:
        if run.finished_at is None:
            return now - run.started_at >= self._timings.lost_ms
        return "failed" in (run.outcome or {}) and now - run.finished_at >= self._timings.again_ms

    async def _run(self, name: JobName) -> JobFigures:
        try:
            figures = await self._table[name]()
        except Exception as error:
            why = str(error) if isinstance(error, AgenticError) else f"{type(error).__name__}: {error}"
            self._say(LogEvent.JOB_FAILED, f"{name}: {why}", level=LogLevel.ERROR, job=name)
            await self._finish(name, {"failed": why})
            raise
        await self._finish(name, figures)
        self._say(LogEvent.JOB_FINISHED, f"{name}: {_told(figures)}", level=LogLevel.INFO, job=name, **figures)
        return figures

    async def _finish(self, name: JobName, figures: JobFigures) -> None:
        try:
            await self._runs().finish(name, at=self._clock.now(), holder=self._holder, outcome=figures)
        except StoreError as error:  # what was done is done; the run stays noted as begun
            self._say(LogEvent.JOB_FAILED, f"{name}: its end was not noted: {error}", level=LogLevel.WARN, job=name)


def _told(figures: JobFigures) -> str:
    return ", ".join(f"{count} {what}" for what, count in figures.items())
