"""The pool, and what a repository does with a connection."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio
import msgspec
from psycopg import AsyncConnection
from psycopg.errors import DeadlockDetected
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_loads
from psycopg.types.numeric import Int8Dumper
from psycopg_pool import AsyncConnectionPool

from agentic_core.store.postgres.codec import decode
from agentic_core.store.postgres.statements import statement
from agentic_core.store.postgres.translation import place_of, translated

__all__ = ["Database", "Session", "Values", "open_database"]

Values = Mapping[str, object]
"""The parameters of a statement, by name."""

_Connection = AsyncConnection[DictRow]
_Row = TypeVar("_Row")

_CONNECT_TIMEOUT_S = 5
_POOL_TIMEOUT_S = 10.0
_CLOSE_TIMEOUT_S = 5.0
_DEADLOCKS_OUTLIVED = 3


class Session:
    """One connection, inside one transaction."""

    def __init__(self, connection: _Connection) -> None:
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


class Database:
    """A pool of connections; psycopg's errors end here."""

    def __init__(self, pool: AsyncConnectionPool[_Connection], place: str) -> None:
        self._pool = pool
        self._place = place

    async def rows(self, name: str, row: type[_Row], values: Values) -> tuple[_Row, ...]:
        """Run one statement as a transaction of its own and return its rows as values."""
        with translated(self._place):
            async with self._pool.connection() as connection:
                return await Session(connection).rows(name, row, values)

    async def row(self, name: str, row: type[_Row], values: Values) -> _Row | None:
        """Run one statement as a transaction of its own and return its row, or None when there was none."""
        with translated(self._place):
            async with self._pool.connection() as connection:
                session = Session(connection)
                for _ in range(_DEADLOCKS_OUTLIVED):
                    try:
                        return await session.row(name, row, values)
                    except DeadlockDetected:
                        # The statement was undone so that another one can go on; it may be said again.
                        continue
                return await session.row(name, row, values)

    async def run(self, name: str, values: Values) -> None:
        """Run one statement as a transaction of its own."""
        with translated(self._place):
            async with self._pool.connection() as connection:
                await Session(connection).run(name, values)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Session]:
        """Hold a connection in one transaction; nothing but SQL may happen inside."""
        with translated(self._place):
            async with self._pool.connection() as connection, connection.transaction():
                yield Session(connection)


@asynccontextmanager
async def open_database(dsn: str, pool_max: int) -> AsyncGenerator[Database]:
    """Connect, hand out the pool, and close it.

    Raises:
        StoreUnavailable: the server could not be reached.
        ConfigError: the address cannot be read.
    """
    place = place_of(dsn)
    with translated(place):
        # The pool would try for a while and then hide the reason.
        probe = await AsyncConnection.connect(dsn, connect_timeout=_CONNECT_TIMEOUT_S)
        await probe.close()
    pool = AsyncConnectionPool(
        dsn,
        connection_class=AsyncConnection[DictRow],
        kwargs={
            "autocommit": True,
            "prepare_threshold": 0,
            "row_factory": dict_row,
            "connect_timeout": _CONNECT_TIMEOUT_S,
        },
        min_size=1,
        max_size=pool_max,
        timeout=_POOL_TIMEOUT_S,
        configure=_configure,
        open=False,
        name="agentic",
    )
    try:
        with translated(place):
            await pool.open(wait=True, timeout=_POOL_TIMEOUT_S)
        yield Database(pool, place)
    finally:
        with anyio.CancelScope(shield=True):
            await pool.close(timeout=_CLOSE_TIMEOUT_S)


async def _configure(connection: _Connection) -> None:
    # One integer type, so that a statement is prepared once and not once for each size of number.
    connection.adapters.register_dumper(int, Int8Dumper)
    set_json_loads(decode, connection)
    await connection.execute(statement("configure_session"))
