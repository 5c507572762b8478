"""Backups: one file in PostgreSQL's custom format, made and loaded by its own programs."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
from anyio import to_thread

from agentic_core.domain.journal import JournalHead
from agentic_core.errors import InputError, StoreError
from agentic_core.ports.files import Files
from agentic_core.ports.processes import Finished, IdentityRefused, Launch, Processes, TimedOut
from agentic_core.store.postgres.connection import Session
from agentic_core.store.postgres.dump_contents import DumpContents, read_contents
from agentic_core.store.postgres.identity import mark_restored, owner_session
from agentic_core.store.postgres.migrator import Migration, migrate
from agentic_core.store.postgres.overview import psql_arguments

__all__ = ["Backup", "Reloaded", "Tools", "back_up", "reload"]

_PATIENCE_S = 7 * 86_400.0
"""Nobody waits that long; a backup ends by itself or is interrupted."""

_SERVICE_ROLES = frozenset({"agentic_web", "agentic_runner", "agentic_jobs", "agentic_journal"})
_SHOWN_CHARACTERS = 2_000
_PRIVATE = 0o600


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """What makes a backup."""

    dump: str
    """The path of `pg_dump`."""
    restore: str
    """The path of `pg_restore`."""
    environment: Mapping[str, str]
    processes: Processes
    files: Files
    scratch: Path
    """A folder for a small file while a backup is loaded; made where it is missing."""


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a file now."""

    bytes: int
    tables: int
    epoch: int
    """The highest of any account; 0 where none was ever traded."""
    heads: tuple[JournalHead, ...]
    """The newest record of each journal."""


class Reloaded(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a database now."""

    tables: int
    applied: tuple[Migration, ...]
    """Migrations that are newer than the backup."""
    logins: int
    """How many runners have to be enrolled anew: this server does not know their logins."""
    heads: tuple[JournalHead, ...]


class _Named(msgspec.Struct):
    name: str


class _Snapshot(msgspec.Struct):
    id: str


class _Epoch(msgspec.Struct):
    epoch: int


class _Answer(msgspec.Struct):
    answer: bool


class _Logins(msgspec.Struct):
    logins: int


async def back_up(dsn: str, path: Path, tools: Tools) -> Backup:
    """Write the whole database to a file that only we can read; all of it is of one moment.

    Raises:
        InputError: the path is taken, or its folder is missing; nothing was written.
        StoreError: this role does not see every row, or `pg_dump` failed; no file is left.
    """
    _check_place(tools.files, path)
    # Its own for each process: two backups to one path would otherwise write into each other's draft.
    draft = path.with_name(f"{path.name}.{tools.processes.own_pid()}.part")
    tools.files.write_bytes(draft, b"", mode=_PRIVATE)
    try:
        async with owner_session(dsn) as session:
            await session.run("begin_backup", {})
            await _check_rows_are_seen(session)
            snapshot = await session.row("export_snapshot", _Snapshot, {})
            schemas = await session.rows("dumped_schemas", _Named, {})
            heads = await session.rows("backed_up_heads", JournalHead, {})
            highest = await session.row("backed_up_epoch", _Epoch, {})
            assert snapshot is not None
            assert highest is not None
            await _dump(dsn, draft, tools, snapshot.id, [schema.name for schema in schemas])
        contents = await _contents(draft, tools)
        # The list stands at the beginning of the file; this goes through all of it.
        await _run(tools, [tools.restore, f"--file={os.devnull}", str(draft)], {})
        status = tools.files.status(draft)
        assert status is not None
        _check_place(tools.files, path)
        tools.files.rename(draft, path)
    except BaseException:
        tools.files.remove_tree(draft)
        raise
    return Backup(bytes=status.size, tables=contents.tables, epoch=highest.epoch, heads=heads)


async def reload(dsn: str, path: Path, tools: Tools) -> Reloaded:
    """Load a backup into an empty database, which gives no lease until somebody has resolved that.

    The roles that the backup's grants name are made where the server lacks them; whoever connects owns the rest. The
    rows come as one transaction.

    Raises:
        InputError: the file is no backup of ours.
        StoreError: the database is not empty, or `pg_restore` failed and loaded nothing.
        MigrationMismatch: the backup was made by a newer release, which has to look after it now.
    """
    contents = await _contents(path, tools)
    async with owner_session(dsn) as session:
        found = await session.rows("foreign_objects", _Named, {})
        if found:
            raise StoreError(
                f"the database is not empty: it has {found[0].name}, and {len(found) - 1} more; "
                "make a new one and restore into that"
            )
        await session.run("make_service_roles", {})
    await _load(dsn, path, tools, contents)
    async with owner_session(dsn) as session:
        settled = None
        settles = await session.row("has_settling", _Answer, {})
        if settles is not None and settles.answer:
            # Before newer migrations run, to which row-level security would show no row.
            settled = await session.row("settle_restored", _Logins, _given(contents))
    applied = await migrate(dsn)
    await mark_restored(dsn)
    async with owner_session(dsn) as session:
        heads = await session.rows("backed_up_heads", JournalHead, {})
        await session.run("analyze", {})
    return Reloaded(
        tables=contents.tables, applied=applied, logins=0 if settled is None else settled.logins, heads=heads
    )


def _check_place(files: Files, path: Path) -> None:
    if files.status(path) is not None:
        raise InputError(f"{path} is there already, and no backup is overwritten; name another file")
    folder = files.status(path.parent.resolve())
    if folder is None or not folder.is_folder:
        raise InputError(f"there is no folder {path.parent}; make it, or name a file elsewhere")


async def _check_rows_are_seen(session: Session) -> None:
    unseen = await session.rows("unseen_tables", _Named, {})
    if unseen:
        names = ", ".join(table.name for table in unseen)
        raise StoreError(f"row-level security hides rows of {names} from this role; connect as the owner of the tables")


async def _dump(dsn: str, draft: Path, tools: Tools, snapshot: str, schemas: list[str]) -> None:
    (conninfo,), extra = psql_arguments(dsn)
    command = [tools.dump, "--format=custom", f"--file={draft}", f"--snapshot={snapshot}", "--no-password"]
    command += [f"--schema={schema}" for schema in schemas]
    # As the owner every row is seen, through a policy; that was checked, and `pg_dump` would take it for a gap.
    command += ["--enable-row-security", "--no-unlogged-table-data", f"--dbname={conninfo}"]
    await _run(tools, command, extra)


async def _contents(path: Path, tools: Tools) -> DumpContents:
    status = tools.files.status(path)
    if status is None:
        raise InputError(f"there is no file {path}")
    try:
        listed = await _run(tools, [tools.restore, "--list", str(path)], {})
    except StoreError as exc:
        raise InputError(f"{path} is no backup: {exc}") from exc
    contents = read_contents(listed, _SERVICE_ROLES)
    if not contents.is_ours:
        raise InputError(f"{path} holds no database of ours; it was not made by `agentic db backup`")
    return contents


async def _load(dsn: str, path: Path, tools: Tools, contents: DumpContents) -> None:
    (conninfo,), extra = psql_arguments(dsn)
    tools.files.make_folder(tools.scratch)
    chosen = tools.scratch / f"restore-{tools.processes.own_pid()}.list"
    tools.files.write_bytes(chosen, "\n".join((*contents.lines, "")).encode(), mode=_PRIVATE)
    command = [tools.restore, "--single-transaction", "--exit-on-error", "--no-owner", "--no-password"]
    command += [f"--use-list={chosen}", f"--dbname={conninfo}", str(path)]
    try:
        await _run(tools, command, extra)
    finally:
        tools.files.remove_tree(chosen)


def _given(contents: DumpContents) -> dict[str, object]:
    return {
        "functions": [function.signature for function in contents.given],
        "owners": [function.owner for function in contents.given],
    }


async def _run(tools: Tools, command: list[str], extra: Mapping[str, str]) -> str:
    launch = Launch(command=tuple(command), environment={**tools.environment, **extra})
    outcome = await to_thread.run_sync(lambda: tools.processes.run(launch, timeout_s=_PATIENCE_S))
    match outcome:
        case Finished(exit_code=0, output=output):
            return output
        case Finished(exit_code=code, output=output):
            said = output.strip()[-_SHOWN_CHARACTERS:]
            raise StoreError(f"{Path(command[0]).name} ended with exit code {code}: {said}")
        case TimedOut() | IdentityRefused():
            raise StoreError(f"{Path(command[0]).name} did not end by itself")
