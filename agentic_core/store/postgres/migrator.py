"""Bring a database up to this release: plain SQL files, applied in order, each once, and never changed afterwards.

A file `NNNN_name.sql` runs as one transaction under an advisory lock. One whose first line is `-- no-transaction` holds
a single statement that cannot run inside one, such as `create index concurrently if not exists`; where the process dies
between that statement and the record of it, it runs a second time, and has to do no harm then.
"""

import hashlib
import re
from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from typing import NamedTuple

import msgspec
from psycopg import AsyncConnection, Error, OperationalError
from psycopg.rows import class_row

from agentic_core.domain.times import Instant, show
from agentic_core.errors import MigrationMismatch, StoreError, UsageError
from agentic_core.store.postgres.statements import statement
from agentic_core.store.postgres.translation import place_of, translated

__all__ = ["AppliedMigration", "Migration", "applied_migrations", "migrate", "shipped_migrations", "verify"]

_FILE = re.compile(r"(\d{4})_(\w+)\.sql")
_NO_TRANSACTION = b"-- no-transaction"
_CONNECT_TIMEOUT_S = 5


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """One file of this release."""

    version: int
    name: str
    sql: bytes
    checksum: str
    """SHA-256 of the file, hex."""
    is_transactional: bool

    @property
    def file(self) -> str:
        """The file's name."""
        return f"{self.version:04}_{self.name}.sql"


class AppliedMigration(NamedTuple):
    """One row of `schema_migrations`."""

    version: int
    name: str
    checksum: str
    applied_at: Instant

    @property
    def file(self) -> str:
        """The file's name."""
        return f"{self.version:04}_{self.name}.sql"


def shipped_migrations(folder: Traversable | None = None) -> tuple[Migration, ...]:
    """Read the migrations of this release, or those of another folder, in order.

    Raises:
        UsageError: a file is not named `NNNN_name.sql`, or two have one number.
    """
    folder = folder or files("agentic_core.store.postgres").joinpath("migrations")
    found = [_read(entry) for entry in folder.iterdir() if entry.name.endswith(".sql")]
    found.sort(key=lambda migration: migration.version)
    for first, second in pairwise(found):
        if first.version == second.version:
            raise UsageError(f"{first.file} and {second.file} have one number; give the newer one the next")
    return tuple(found)


def verify(shipped: Sequence[Migration], applied: Sequence[AppliedMigration]) -> tuple[Migration, ...]:
    """Return the migrations still to apply.

    Raises:
        MigrationMismatch: the database does not fit this release; the sentence names the file.
    """
    known = {migration.version: migration for migration in shipped}
    newest = max(known, default=0)
    for row in applied:
        if row.version > newest:
            raise MigrationMismatch(
                f"the database is newer than this release: {row.file} is applied; install the release that ships it"
            )
        _check_unchanged(row, known.get(row.version))
    done = {row.version for row in applied}
    pending = tuple(migration for migration in shipped if migration.version not in done)
    if pending and pending[0].version < max(done, default=0):
        raise MigrationMismatch(f"{pending[0].file} was never applied, though later ones were; migrations go in order")
    return pending


async def applied_migrations(dsn: str) -> tuple[AppliedMigration, ...]:
    """Return what the database has applied, oldest first; nothing where it was never migrated.

    Raises:
        StoreUnavailable: the server could not be reached.
    """
    with translated(place_of(dsn)):
        # A pooler may be in between: it refuses options, and whatever is prepared is on another connection next time.
        async with await AsyncConnection.connect(
            dsn, autocommit=True, connect_timeout=_CONNECT_TIMEOUT_S, prepare_threshold=None
        ) as connection:
            return await _applied(connection) if await _answer(connection, "has_schema_migrations") else ()


async def migrate(dsn: str, shipped: Sequence[Migration] | None = None) -> tuple[Migration, ...]:
    """Apply what is missing and return it; several processes may try at once.

    Raises:
        MigrationMismatch: the database does not fit this release; nothing was applied.
        StoreError: a migration failed; it was rolled back, those before it stay.
        StoreUnavailable: the server could not be reached.
    """
    shipped = shipped_migrations() if shipped is None else shipped
    done: list[Migration] = []
    with translated(place_of(dsn)):
        async with await _connect(dsn) as connection:
            while (migration := await _apply_next(connection, shipped, done)) is not None:
                await _apply_alone(connection, migration, shipped, done)
    return tuple(done)


async def _connect(dsn: str) -> AsyncConnection:
    # A migration may take long, and a second process waits for the first one as long as that takes.
    options = "-c statement_timeout=0 -c lock_timeout=0"
    return await AsyncConnection.connect(dsn, autocommit=True, connect_timeout=_CONNECT_TIMEOUT_S, options=options)


async def _apply_next(
    connection: AsyncConnection, shipped: Sequence[Migration], done: list[Migration]
) -> Migration | None:
    # Applies up to the next one that has to run outside of transactions, and returns that one.
    while True:
        async with connection.transaction():
            await connection.execute(statement("lock_migrations"))
            await connection.execute(statement("create_schema_migrations"))
            pending = verify(shipped, await _applied(connection))
            if not pending:
                return None
            if not pending[0].is_transactional:
                return pending[0]
            await _run(connection, pending[0])
            done.append(pending[0])


async def _apply_alone(
    connection: AsyncConnection, migration: Migration, shipped: Sequence[Migration], done: list[Migration]
) -> None:
    # An index that is built concurrently waits for everybody who waits inside a transaction, so whoever has to wait for
    # it asks again and again instead. A connection that ends gives the lock back.
    while not await _answer(connection, "try_lock_alone"):
        await connection.execute(statement("wait_a_moment"))
    if migration in verify(shipped, await _applied(connection)):
        await _run(connection, migration)
        done.append(migration)
    await connection.execute(statement("unlock_alone"))


async def _answer(connection: AsyncConnection, name: str) -> bool:
    row = await (await connection.execute(statement(name))).fetchone()
    return row is not None and bool(row[0])


async def _run(connection: AsyncConnection, migration: Migration) -> None:
    try:
        await connection.execute(migration.sql)
        row = {"version": migration.version, "name": migration.name, "checksum": migration.checksum}
        await connection.execute(statement("record_migration"), row)
    except OperationalError:
        raise  # the server went away, or this process was told to stop
    except Error as error:
        raise StoreError(f"{migration.file} failed and was not applied: {error.diag.message_primary}") from error


async def _applied(connection: AsyncConnection) -> tuple[AppliedMigration, ...]:
    async with connection.cursor(row_factory=class_row(AppliedMigration)) as cursor:
        await cursor.execute(statement("applied_migrations"))
        return tuple(await cursor.fetchall())


def _read(entry: Traversable) -> Migration:
    match = _FILE.fullmatch(entry.name)
    if match is None:
        raise UsageError(f"{entry.name} is no name of a migration; name it NNNN_what_it_does.sql")
    sql = entry.read_bytes()
    return Migration(
        version=int(match[1]),
        name=match[2],
        sql=sql,
        checksum=hashlib.sha256(sql).hexdigest(),
        is_transactional=sql.split(b"\n", 1)[0].strip() != _NO_TRANSACTION,
    )


def _check_unchanged(row: AppliedMigration, migration: Migration | None) -> None:
    if migration is None or migration.name != row.name:
        raise MigrationMismatch(f"{row.file} is applied but not in this release; install the release that ships it")
    if migration.checksum != row.checksum:
        raise MigrationMismatch(
            f"{row.file} was changed after it was applied on {show(row.applied_at)} "
            f"(sha256 {row.checksum[:12]} then, {migration.checksum[:12]} now); restore it and write a new migration"
        )
