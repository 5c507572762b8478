"""What a repository does with a connection, alone or inside a transaction."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Protocol, Self, TypeAlias, TypeVar

import anyio
import msgspec
from psycopg import AsyncConnection, AsyncCursor, Error
from psycopg.rows import DictRow

from agentic_core.domain.ids import UserId
from agentic_core.domain.order import Fence
from agentic_core.errors import StoreError
from agentic_core.store.postgres.statements import statement
from agentic_core.store.postgres.translation import outcome_seen

__all__ = ["Connection", "Cursor", "Database", "Session", "Step", "UnitDatabase", "Values", "begun", "in_one_trip"]

Values: TypeAlias = Mapping[str, object]
"""The parameters of a statement, by name."""

Step: TypeAlias = tuple[str, Values]
"""A named statement with its parameters."""

Connection: TypeAlias = AsyncConnection[DictRow]
Cursor: TypeAlias = AsyncCursor[DictRow]
_Row = TypeVar("_Row")

_BEGIN, _COMMIT, _ROLLBACK = b"begin", b"commit", b"rollback"
_ROLLBACK_S = 5.0


class Session:
    """One connection, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def rows(self, name: str, row: type[_Row], values: Values) -> tuple[_Row, ...]:
        """Run a named statement and return its rows as values."""
        cursor = await self.connection.execute(statement(name), values)
        return tuple(msgspec.convert(found, row) for found in await cursor.fetchall())

    async def row(self, name: str, row: type[_Row], values: Values) -> _Row | None:
        """Run a named statement and return its row, or None when there was none."""
        cursor = await self.connection.execute(statement(name), values)
        found = await cursor.fetchone()
        return None if found is None else msgspec.convert(found, row)

    async def run(self, name: str, values: Values) -> None:
        """Run a named statement that returns nothing of interest."""
        await self.connection.execute(statement(name), values)


class Database(Protocol):
    """What a repository asks; psycopg's errors end here."""

    async def rows(self, name: str, row: type[_Row], values: Values) -> tuple[_Row, ...]:
        """Run one statement, all or nothing, and return its rows as values."""
        ...

    async def row(self, name: str, row: type[_Row], values: Values) -> _Row | None:
        """Run one statement, all or nothing, and return its row, or None when there was none."""
        ...

    async def run(self, name: str, values: Values) -> None:
        """Run one statement, all or nothing."""

    def transaction(self) -> AbstractAsyncContextManager[Session]:
        """Run several statements, all or none; nothing but SQL may happen inside."""
        ...


class UnitDatabase(Database, Protocol):
    """A database that many repositories can share one transaction of."""

    def unit(self, fence: Fence | None = None) -> AbstractAsyncContextManager["UnitDatabase"]:
        """Open a transaction, and yield it as a database.

        Raises:
            Fenced: the fence is not the account's live lease.
        """
        ...

    def acting_for(self, user: UserId) -> Self:
        """Return the same database for what one person may see and do.

        Raises:
            UsageError: a transaction is open already.
        """
        ...


@asynccontextmanager
async def begun(connection: Connection, steps: Sequence[Step]) -> AsyncGenerator[None]:
    """Hold a transaction that begins with some statements, which lock nothing, because all are sent at once.

    A server that got several at once may not count how long it is left waiting after them.
    """
    try:
        async with connection.pipeline() if steps else nullcontext():
            await connection.execute(_BEGIN)
            for name, values in steps:
                await connection.execute(statement(name), values)
        yield
    except BaseException:
        await _undo(connection)
        raise
    with outcome_seen(connection):
        ended = await connection.execute(_COMMIT)
    if ended.statusmessage != "COMMIT":
        message = f"the database answered {ended.statusmessage} to a commit, so nothing was stored; say it again"
        raise StoreError(message)


async def in_one_trip(connection: Connection, steps: Sequence[Step]) -> list[Cursor]:
    """Run statements as one transaction that is sent as a whole, its commit included, and return their answers."""
    try:
        with outcome_seen(connection):
            async with connection.pipeline():
                await connection.execute(_BEGIN)
                answers = [await connection.execute(statement(name), values) for name, values in steps]
                await connection.execute(_COMMIT)
    except BaseException:
        await _undo(connection)
        raise
    return answers


async def _undo(connection: Connection) -> None:
    with anyio.move_on_after(_ROLLBACK_S, shield=True):
        try:
            await connection.execute(_ROLLBACK)
        except Error:
            # The pool makes a new one, and the server undoes what it does not hear the end of.
            await connection.close()
