"""`agentic db`: bring the database up to this release, look at it, open a shell on it, keep backups of it."""

import os
import signal
from collections.abc import Mapping

import anyio
import msgspec
import typer
from rich.table import Table

from agentic_core.cli.backup import BackupCommands, say_standing
from agentic_core.cli.console import JsonFlag, console, say
from agentic_core.cli.database import as_a_setting, reach_database
from agentic_core.cli.programs import find_program
from agentic_core.cli.rotation import RotationCommands
from agentic_core.cli.runners import RunnerCommands
from agentic_core.cli.services import Services
from agentic_core.domain.times import Instant, show
from agentic_core.errors import ConfigError

__all__ = ["build"]

try:
    from agentic_core.store.postgres.identity import Standing, look_at
    from agentic_core.store.postgres.migrator import applied_migrations, migrate, shipped_migrations, verify
    from agentic_core.store.postgres.overview import psql_arguments, row_counts
    from agentic_core.store.postgres.translation import place_of
except ImportError as exc:
    _MISSING = "the database needs psycopg: pip install 'agentic-perps[embedded]', or [postgres] for a server of yours"
    raise ConfigError(_MISSING) from exc


class _MigrationLine(msgspec.Struct, frozen=True, kw_only=True):
    file: str
    applied_at: Instant | None
    """None while it waits."""


class _Status(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="agentic-db-status/1"):
    database: str
    embedded: bool
    migrations: tuple[_MigrationLine, ...]
    rows: dict[str, int]
    """Empty before the first migration."""
    standing: Standing | None
    """Which database it is; None while migrations wait."""


class _Migrated(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="agentic-db-migrate/1"):
    database: str
    embedded: bool
    applied: tuple[str, ...]


def build(services: Services) -> typer.Typer:
    """Build the group."""
    commands, backups, rotation = _Commands(services), BackupCommands(services), RotationCommands(services)
    runners = RunnerCommands(services)
    app = typer.Typer(
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=True,
        help="Migrate, look at, back up and restore the database.",
    )
    for command in (
        commands.migrate,
        commands.status,
        commands.shell,
        backups.backup,
        backups.restore,
        backups.resolve,
        rotation.rotate_keys,
        runners.enrol_runner,
        runners.dismiss_runner,
    ):
        app.command()(command)
    return app


class _Commands:
    def __init__(self, services: Services) -> None:
        self._services = services

    def migrate(self, as_json: JsonFlag = False) -> None:  # noqa: FBT002 - a flag of the command line
        """Apply the migrations the database lacks; several processes may try at once.

        Exit codes: 0 done, 1 the database does not fit this release, 2 the settings are wrong or it does not
        answer.
        """
        with as_a_setting(), reach_database(self._services) as (dsn, embedded):
            applied = tuple(migration.file for migration in anyio.run(migrate, dsn))
            place = place_of(dsn)
        if as_json:
            say(msgspec.json.encode(_Migrated(database=place, embedded=embedded, applied=applied)).decode())
            return
        for file in applied:
            say(f"applied {file}")
        say(f"{place}: up to date")

    def status(self, as_json: JsonFlag = False) -> None:  # noqa: FBT002 - a flag of the command line
        """Show which migrations are applied, how many rows each table holds, and whether leases are given.

        Exit codes: 0 up to date, 1 migrations are missing or do not fit this release, or no lease is given, 2 the
        settings are wrong or the database does not answer.
        """
        with as_a_setting(), reach_database(self._services) as (dsn, embedded):
            status = anyio.run(_look, dsn, embedded)
        if as_json:
            say(msgspec.json.encode(status).decode())
        else:
            say(status.database)
            console.print(_migration_table(status))
            console.print(_row_table(status))
            for line in () if status.standing is None else say_standing(status.database, status.standing):
                say(line)
        waiting = [line.file for line in status.migrations if line.applied_at is None]
        if waiting and not as_json:
            say(f"{len(waiting)} to apply; run: agentic db migrate")
        if waiting:
            raise typer.Exit(1)
        refused = status.standing is not None and status.standing.difference is not None
        if refused and not as_json:
            say("look at it: agentic db resolve")
        if refused:
            raise typer.Exit(1)

    def shell(self) -> None:
        """Open psql on the database; it is the one found on PATH, or else the one of the embedded PostgreSQL.

        Exit codes: those of psql, or 2 when there is none.
        """
        environment = self._services.environment.mapping()
        program = find_program("psql", environment)
        with reach_database(self._services) as (dsn, _):
            arguments, extra = psql_arguments(dsn)
            code = _attend([program, *arguments], {**environment, **extra})
        raise typer.Exit(code)


async def _look(dsn: str, embedded: bool) -> _Status:  # noqa: FBT001 - anyio.run passes by position
    shipped, applied = shipped_migrations(), await applied_migrations(dsn)
    waiting = verify(shipped, applied)
    lines = [_MigrationLine(file=row.file, applied_at=row.applied_at) for row in applied]
    lines += [_MigrationLine(file=migration.file, applied_at=None) for migration in waiting]
    rows = {} if waiting else await row_counts(dsn)
    standing = None if waiting else await look_at(dsn)
    return _Status(database=place_of(dsn), embedded=embedded, migrations=tuple(lines), rows=rows, standing=standing)


def _migration_table(status: _Status) -> Table:
    table = Table("migration", "applied", box=None, pad_edge=False)
    for line in status.migrations:
        table.add_row(line.file, "not yet" if line.applied_at is None else show(line.applied_at))
    return table


def _row_table(status: _Status) -> Table:
    table = Table("table", box=None, pad_edge=False)
    table.add_column("rows", justify="right")
    for name, rows in status.rows.items():
        table.add_row(name, str(rows))
    return table


def _attend(command: list[str], environment: Mapping[str, str]) -> int:
    # The children of the `Processes` port have no terminal and a session of their own; psql needs the person's.
    # Replacing this process instead would end the embedded server, which ends with whoever started it.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for psql, which cancels its query
    try:
        pid = os.posix_spawn(command[0], command, environment, setsigdef=[signal.SIGINT])
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    finally:
        signal.signal(signal.SIGINT, before)
