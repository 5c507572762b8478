"""`agentic db backup`, `restore` and `resolve`: out of a database and back, and what comes before it trades again."""

from pathlib import Path
from typing import Annotated, TypeAlias

import anyio
import msgspec
import typer

from agentic_core.cli.console import JsonFlag, say
from agentic_core.cli.database import as_a_setting, reach_database
from agentic_core.cli.programs import find_program
from agentic_core.cli.services import Services
from agentic_core.domain.journal import JournalHead
from agentic_core.domain.times import show
from agentic_core.errors import ConfigError
from agentic_core.settings import home_folder

__all__ = ["BackupCommands", "say_standing"]

try:
    from agentic_core.store.postgres.backup import Backup, Reloaded, Tools, back_up, reload
    from agentic_core.store.postgres.identity import Difference, Floor, Resolution, Standing, look_at, resolve
    from agentic_core.store.postgres.translation import place_of
except ImportError as exc:
    _MISSING = "the database needs psycopg: pip install 'agentic-perps[embedded]', or [postgres] for a server of yours"
    raise ConfigError(_MISSING) from exc

_YesOption: TypeAlias = Annotated[bool, typer.Option("--yes", help="Do it; without this it is only shown.")]
_EpochOption: TypeAlias = Annotated[
    int | None, typer.Option("--epoch-above", min=1, help="An epoch that a runner remembers, from its refusal.")
]
_NonceOption: TypeAlias = Annotated[
    int | None, typer.Option("--nonce-above", min=1, help="A nonce that a runner remembers, from its refusal.")
]
_BehindOption: TypeAlias = Annotated[
    bool, typer.Option("--behind", help="A runner remembers more than this database, which looks the same as ever.")
]
_NoPauseOption: TypeAlias = Annotated[
    bool, typer.Option("--no-pause", help="Let run what ran: for a failover that lost nothing.")
]

_FOUND = {
    Difference.RESTORED: "its rows were loaded from a backup",
    Difference.COPIED: "it is a copy of the database that traded, or that database on another server",
    Difference.FAILED_OVER: "a standby took over, or the server was recovered to a point in time",
    Difference.FORGOTTEN: "it gave leases, and what it was is noted no more",
    Difference.RAISED: "nothing is wrong with it",
}
_HEADS_SHOWN = 20


class _BackedUp(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="agentic-db-backup/1"):
    database: str
    file: str
    backup: Backup


class _Restored(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="agentic-db-restore/1"):
    database: str
    file: str
    tables: int
    applied: tuple[str, ...]
    logins: int
    heads: tuple[JournalHead, ...]


class _Resolved(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="agentic-db-resolve/1"):
    database: str
    found: Standing
    done: Resolution | None
    """None where nothing was wrong, or where it was only looked at."""


class BackupCommands:
    """The commands, for the group `db`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def backup(self, file: Path, as_json: JsonFlag = False) -> None:  # noqa: FBT002 - a flag of the command line
        """Write the whole database to a new file that only you can read, and check that it can be read back.

        Exit codes: 0 done, 2 the settings or the place of the file are wrong, 3 the database refused.
        """
        with as_a_setting(), reach_database(self._services) as (dsn, embedded):
            done = anyio.run(back_up, dsn, file, self._tools(embedded=embedded))
            place = place_of(dsn)
        if as_json:
            self._say_json(_BackedUp(database=place, file=str(file), backup=done))
            return
        say(f"{place}: {done.tables} tables in {done.bytes:,} bytes, highest epoch {done.epoch}")
        self._say_heads(done.heads)
        say(f"written: {file}")

    def restore(self, file: Path, as_json: JsonFlag = False) -> None:  # noqa: FBT002 - a flag of the command line
        """Load a backup into an empty database; it trades only after `agentic db resolve`.

        Exit codes: 0 done, 1 the backup is newer than this release, 2 the settings or the file are wrong, 3 the
        database is not empty or refused.
        """
        with as_a_setting(), reach_database(self._services) as (dsn, embedded):
            done = anyio.run(reload, dsn, file, self._tools(embedded=embedded))
            place = place_of(dsn)
        applied = tuple(migration.file for migration in done.applied)
        if as_json:
            self._say_json(_restored(place, file, done, applied))
            return
        say(f"{place}: {done.tables} tables restored from {file}")
        for migration in applied:
            say(f"applied {migration}")
        self._say_heads(done.heads)
        if done.logins:
            say(f"{done.logins} runners are to be enrolled anew: this server does not know their logins")
        say("no lease is given before you have looked: agentic db resolve")

    def resolve(
        self,
        yes: _YesOption = False,  # noqa: FBT002 - a flag of the command line
        behind: _BehindOption = False,  # noqa: FBT002 - a flag of the command line
        epoch_above: _EpochOption = None,
        nonce_above: _NonceOption = None,
        no_pause: _NoPauseOption = False,  # noqa: FBT002 - a flag of the command line
        as_json: JsonFlag = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Show whether this is the database that traded before and, with --yes, make it the one that trades from here.

        Exit codes: 0 it may trade, 1 it may not and --yes was not said, 2 the settings are wrong, 3 the database
        refused.
        """
        raised = behind or epoch_above is not None or nonce_above is not None
        floor = Floor(epoch=epoch_above or 0, nonce=nonce_above or 0) if raised else None
        with as_a_setting(), reach_database(self._services) as (dsn, _):
            found = anyio.run(look_at, dsn)
            done = anyio.run(lambda: resolve(dsn, floor, pause=not no_pause)) if yes else None
            place = place_of(dsn)
        if as_json:
            self._say_json(_Resolved(database=place, found=found, done=done))
        else:
            for line in (*say_standing(place, found), *_steps(found, done, raised=raised, pause=not no_pause)):
                say(line)
        if done is None and (found.difference is not None or (raised and not yes)):
            raise typer.Exit(1)

    def _tools(self, *, embedded: bool) -> Tools:
        environment = self._services.environment.mapping()
        return Tools(
            dump=find_program("pg_dump", environment, embedded=embedded),
            restore=find_program("pg_restore", environment, embedded=embedded),
            environment=environment,
            processes=self._services.processes,
            files=self._services.files,
            scratch=home_folder(environment),
        )

    def _say_heads(self, heads: tuple[JournalHead, ...]) -> None:
        for head in heads[:_HEADS_SHOWN]:
            say(f"  journal of {head.deployment}: record {head.seq}, {head.hash[:16]}…")
        if len(heads) > _HEADS_SHOWN:
            say(f"  and {len(heads) - _HEADS_SHOWN} more; --json names them all")

    def _say_json(self, answer: msgspec.Struct) -> None:
        say(msgspec.json.encode(answer).decode())


def say_standing(place: str, found: Standing) -> tuple[str, ...]:
    """Say in words what a database is and was."""
    if found.difference is None and found.noted is None:
        return (f"{place}: it never gave a lease, and will note which one it is with the first",)
    if found.difference is None:
        return (f"{place}: it is the one that trades",)
    lines = [f"{place}: no lease is given, because {_FOUND[found.difference]}"]
    if found.noted is not None and found.noted_at is not None:
        was = found.noted
        lines.append(
            f"  noted {show(found.noted_at)}: system {was.system_identifier}, timeline {was.timeline_id}, "
            f"database {was.database_oid}"
        )
    now = found.now
    lines.append(f"  now: system {now.system_identifier}, timeline {now.timeline_id}, database {now.database_oid}")
    return tuple(lines)


def _steps(found: Standing, done: Resolution | None, *, raised: bool, pause: bool) -> tuple[str, ...]:
    if done is not None:
        return (
            f"{done.accounts} accounts: free, at epoch {done.epoch} or above",
            f"{done.signers} signers: the next nonce is above {done.nonce}",
            f"{done.expired} waiting orders to go on: expired",
            f"{done.paused} deployments: ordered to pause",
            f"{done.journals} journals: they say so from here on",
            "leases are given again",
        )
    if found.difference is None and not raised:
        return ()
    return (
        "with --yes, all at once:",
        "  the lease of every account is freed and its epoch raised to the clock, in milliseconds",
        "  the nonce of every signer is raised to a minute from now",
        "  waiting resume and clear_halt commands are expired",
        *(("  whatever runs is ordered to pause",) if pause else ()),
        "  every journal gets a record that says so",
        "  this database becomes the one that trades",
        "stop the runners of the old database first, and say it only where no other copy will ever trade again",
        "compare agent wallets with the venue's list first: keys destroyed since are back, revocations are forgotten",
    )


def _restored(place: str, file: Path, done: Reloaded, applied: tuple[str, ...]) -> _Restored:
    return _Restored(
        database=place, file=str(file), tables=done.tables, applied=applied, logins=done.logins, heads=done.heads
    )
