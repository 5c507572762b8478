"""The pool: what a repository does is a transaction of its own here, unless several are put together."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio
import msgspec
from psycopg.errors import DeadlockDetected, SerializationFailure
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from agentic_core.domain.ids import UserId
from agentic_core.domain.order import Fence
from agentic_core.store.postgres.connection import Connection, Cursor, Session, Step, Values, begun, in_one_trip
from agentic_core.store.postgres.patience import URGENT
from agentic_core.store.postgres.statements import statement
from agentic_core.store.postgres.translation import outcome_seen, translated
from agentic_core.store.postgres.unit import BoundDatabase, hold

__all__ = ["PooledDatabase"]

_Row = TypeVar("_Row")

_CLASHES_OUTLIVED = 3


class PooledDatabase:
    """A pool of connections; each statement commits by itself unless a transaction is asked for."""

    def __init__(
        self,
        pool: AsyncConnectionPool[Connection],
        place: str,
        *,
        settings: Sequence[Step] = (),
        user: UserId | None = None,
    ) -> None:
        """Take the pool, where it leads, what every transaction has to set anew, and for whom it acts."""
        self._pool = pool
        self._place = place
        self._settings = tuple(settings)
        self._first = self._settings if user is None else (*self._settings, ("act_for_user", {"user": user}))

    def acting_for(self, user: UserId) -> "PooledDatabase":
        """Return the same pool for what one person may see and do."""
        return PooledDatabase(self._pool, self._place, settings=self._settings, user=user)

    async def rows(self, name: str, row: type[_Row], values: Values) -> tuple[_Row, ...]:
        """Run one statement as a transaction of its own and return its rows as values."""
        async with self._connection() as connection:
            answer = await self._answer(connection, name, values)
            return tuple(msgspec.convert(found, row) for found in await answer.fetchall())

    async def row(self, name: str, row: type[_Row], values: Values) -> _Row | None:
        """Run one statement as a transaction of its own and return its row, or None when there was none."""
        async with self._connection() as connection:
            found = await (await self._answer(connection, name, values)).fetchone()
            return None if found is None else msgspec.convert(found, row)

    async def run(self, name: str, values: Values) -> None:
        """Run one statement as a transaction of its own."""
        async with self._connection() as connection:
            await self._answer(connection, name, values)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Session]:
        """Hold a connection in one transaction; nothing but SQL may happen inside."""
        async with self._connection() as connection, begun(connection, self._first):
            yield Session(connection)

    @asynccontextmanager
    async def unit(self, fence: Fence | None = None) -> AsyncGenerator[BoundDatabase]:
        """Open a transaction, and yield it as a database.

        Raises:
            Fenced: the fence is not the account's live lease.
        """
        first = self._first if fence is None else (*self._first, URGENT.step(local=True))
        async with self._connection() as connection, begun(connection, first):
            if fence is not None:
                await hold(connection, fence)
            bound = BoundDatabase(connection, self._place)
            try:
                yield bound
            finally:
                bound.end()

    async def together(
        self, take: Callable[[], Sequence[Step]], tell: Callable[[Sequence[Sequence[DictRow]]], None]
    ) -> None:
        """Run statements as one transaction, all or none.

        Which ones is asked once a connection is there, their rows are told once they are stored, and nobody can call it
        off in between.
        """
        async with self._connection() as connection:
            with anyio.CancelScope(shield=True):
                steps = take()
                if len(steps) == 1:
                    answers = [await self._answer(connection, *steps[0])]
                else:
                    answers = (await in_one_trip(connection, [*self._first, *steps]))[len(self._first) :]
                tell([await answer.fetchall() if answer.description else [] for answer in answers])

    async def _answer(self, connection: Connection, name: str, values: Values) -> Cursor:
        for _ in range(_CLASHES_OUTLIVED):
            try:
                return await self._answer_once(connection, name, values)
            except (DeadlockDetected, SerializationFailure):
                # The statement was undone so that another one can go on; it may be said again.
                continue
        return await self._answer_once(connection, name, values)

    async def _answer_once(self, connection: Connection, name: str, values: Values) -> Cursor:
        if self._first:
            return (await in_one_trip(connection, [*self._first, (name, values)]))[-1]
        with outcome_seen(connection):
            return await connection.execute(statement(name), values)

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[Connection]:
        with translated(self._place):
            async with self._pool.connection() as connection:
                yield connection
