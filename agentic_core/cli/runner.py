"""`agentic runner`: run a deployment until it is stopped."""

import sys
from typing import Annotated

import anyio
import typer

from agentic_core.cli.console import say_line
from agentic_core.cli.database import open_database
from agentic_core.cli.deployed import DeploymentArgument, find_deployment
from agentic_core.cli.deployment_views import log_in_words
from agentic_core.cli.logs import line_printer
from agentic_core.cli.runner_process import RunnerWork, exit_code, run_until_signalled
from agentic_core.cli.services import Services
from agentic_core.domain.records import LogLine
from agentic_core.logevents import LogLevel
from agentic_core.ports.venue_door import DoorOf
from agentic_core.runtime.runner import Ended
from agentic_core.store.postgres import PostgresStore

__all__ = ["build"]

_JsonOption = Annotated[bool, typer.Option("--json", help="Print log lines as JSON, the quiet ones too.")]


def build(services: Services, door_of: DoorOf) -> typer.Typer:
    """Build the command."""
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)

    @app.command()
    def runner(
        deployment: DeploymentArgument,
        as_json: _JsonOption = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Run a deployment until it is stopped; Ctrl-C hands it over to the next runner as it is.

        Where another process runs it, this one waits to take over. Exit codes: 0 stopped, handed over, or over before,
        1 it failed, 2 there is no such deployment, or a setting is wrong, 3 something outside is unavailable.
        """
        listener = line_printer(sys.stdout) if as_json else _tell
        ended = anyio.run(_run_typed, RunnerWork(services=services, door_of=door_of, listener=listener), deployment)
        code = exit_code(ended)
        if code:
            sys.stderr.write(f"error: {ended.detail}\n")
            raise typer.Exit(code)

    return app


async def _run_typed(work: RunnerWork, typed: str) -> Ended:
    async with open_database(work.services) as store:
        assert isinstance(store, PostgresStore), "the commands have no other"
        record = await find_deployment(store.deployments, typed)
        return await run_until_signalled(work, store, record.id)


def _tell(line: LogLine) -> None:
    if line.level is not LogLevel.DEBUG:
        say_line(log_in_words(line))
