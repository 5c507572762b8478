"""`agentic jobs`: run the platform's jobs by hand or at their times, and see when they ran."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

import anyio
import msgspec
import typer
from rich.table import Table

from agentic_core.cli.console import JsonFlag, console, say
from agentic_core.cli.database import open_database
from agentic_core.cli.services import Services
from agentic_core.domain.operations import JobRun
from agentic_core.domain.times import Instant, show
from agentic_core.errors import ConfigError
from agentic_core.ops.outcomes import JobFigures
from agentic_core.ops.schedule import SCHEDULE, JobName, next_mark

__all__ = ["build"]

try:
    from agentic_core.cli.jobs_host import OpenDesk, make_jobs, until_signalled
    from agentic_core.ops.jobs import Jobs
    from agentic_core.store.postgres import PostgresStore
except ImportError as exc:
    _MISSING = "the jobs look after a database: pip install 'agentic-perps[embedded]', or [postgres]"
    raise ConfigError(_MISSING) from exc

_PROBLEMS = ("broken", "alarms")
"""Figures that say that a person has to look."""

_JobArgument = Annotated[JobName, typer.Argument(metavar="JOB", help=", ".join(JobName), show_default=False)]


class _Listed(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="agentic-jobs/1"):
    name: JobName
    every_ms: int
    next_at: Instant
    about: str
    run: JobRun | None
    """The newest one; None where it never ran."""


class _Ran(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="agentic-job/1"):
    job: JobName
    figures: JobFigures


def build(services: Services, open_desk: OpenDesk) -> typer.Typer:
    """Build the group."""
    commands = _Commands(services, open_desk)
    app = typer.Typer(
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=True,
        help="Look for silent runners, forget what nobody signed, verify journals.",
    )
    app.command("run")(commands.run)
    app.command("once")(commands.once)
    app.command("list")(commands.show)
    return app


class _Commands:
    def __init__(self, services: Services, open_desk: OpenDesk) -> None:
        self._services = services
        self._open_desk = open_desk

    def run(self) -> None:
        """Run every job at its times until Ctrl-C, with JSON log lines on the error stream.

        Any number of these work side by side: each job is run by one of them. Exit codes: 0 ended, 2 the settings are
        wrong or the database does not answer.
        """
        anyio.run(self._keep)

    def once(self, job: _JobArgument, as_json: JsonFlag = False) -> None:  # noqa: FBT002 - a flag of the command line
        """Run one job now, whenever it ran last.

        Exit codes: 0 done, 1 it found something that a person has to look at, or failed, 2 the settings are wrong or
        the database does not answer, 3 something outside became unavailable.
        """
        figures = anyio.run(self._run_one, job)
        say(msgspec.json.encode(_Ran(job=job, figures=figures)).decode() if as_json else _in_words(figures))
        if any(figures.get(problem) for problem in _PROBLEMS):
            raise typer.Exit(1)

    def show(self, as_json: JsonFlag = False) -> None:  # noqa: FBT002 - a flag of the command line
        """List the jobs: when each is due, when it ran last, and what came of it.

        Exit codes: 0 done, 2 the settings are wrong or the database does not answer.
        """
        listed = anyio.run(self._listed)
        if as_json:
            for each in listed:
                say(msgspec.json.encode(each).decode())
        else:
            console.print(_table(listed))

    async def _keep(self) -> None:
        async with self._open() as jobs:
            await until_signalled(jobs.keep)

    async def _run_one(self, job: JobName) -> JobFigures:
        async with self._open() as jobs:
            if job not in jobs.names:
                cure = "to one line of base64; make one with: agentic journal key FILE"
                raise ConfigError(f"{job} signs with a key that is not here: set AGENTIC_JOURNAL_KEY {cure}")
            return await jobs.run_now(job)

    async def _listed(self) -> tuple[_Listed, ...]:
        async with open_database(self._services) as store:
            runs = {run.name: run for run in await store.jobs.runs()}
        now = self._services.clock.now()
        return tuple(
            _Listed(
                name=schedule.name,
                every_ms=schedule.every_ms,
                next_at=next_mark(schedule, now),
                about=schedule.about,
                run=runs.get(schedule.name),
            )
            for schedule in SCHEDULE
        )

    @asynccontextmanager
    async def _open(self) -> AsyncGenerator[Jobs]:
        services = self._services
        async with self._open_desk(services) as venue, open_database(services) as store:
            assert isinstance(store, PostgresStore), "the commands have no other"
            yield make_jobs(services, venue, lambda: store)


def _in_words(figures: Mapping[str, str | int | None]) -> str:
    return ", ".join(f"{name} {figure}" for name, figure in figures.items())


def _table(listed: Sequence[_Listed]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("job", "next at", "ran last at", "what came of it", "what it does"):
        table.add_column(name)
    for each in listed:
        run = each.run
        came = "" if run is None else "not finished" if run.outcome is None else _in_words(run.outcome)
        began = "never" if run is None else show(run.started_at)
        table.add_row(each.name, show(each.next_at), began, came, each.about)
    return table
