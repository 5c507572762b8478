"""One open transaction as a database, so that all repositories can take part in it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import NoReturn, TypeVar

import anyio
import msgspec
from psycopg import Error

from agentic_core.domain.ids import UserId
from agentic_core.domain.order import Fence
from agentic_core.errors import UsageError
from agentic_core.store import sentences
from agentic_core.store.postgres.connection import Connection, Cursor, Session, Values
from agentic_core.store.postgres.statements import statement
from agentic_core.store.postgres.translation import translated

__all__ = ["BoundDatabase", "hold"]

_Row = TypeVar("_Row")

_KEEP = b"savepoint method"
_KEEP_NEXT = b"release savepoint method; savepoint method"
_UNDO = b"rollback to savepoint method"
_UNDO_S = 5.0


async def hold(connection: Connection, fence: Fence) -> None:
    """Keep a lease where it is until the transaction ends.

    Raises:
        Fenced: the fence is not the account's live lease.
    """
    answer = await connection.execute(statement("hold_lease"), {"account": fence.account, "epoch": fence.epoch})
    if await answer.fetchone() is None:
        raise sentences.fenced(fence.account, fence.epoch)


class BoundDatabase:
    """A transaction that somebody else begins and ends; each call is undone alone where it fails."""

    def __init__(self, connection: Connection, place: str) -> None:
        self._connection = connection
        self._place = place
        # Two tasks may share a unit, but savepoints are a stack.
        self._turn = anyio.Lock()
        self._is_over = False
        self._keeps = False

    def end(self) -> None:
        """Answer no more: the connection goes to somebody else."""
        self._is_over = True

    def acting_for(self, user: UserId) -> NoReturn:
        """Refuse: whose transaction it is was said when it began.

        Raises:
            UsageError: always.
        """
        message = f"this unit of work has begun; say store.acting_for({user!r}).unit() instead"
        raise UsageError(message)

    async def rows(self, name: str, row: type[_Row], values: Values) -> tuple[_Row, ...]:
        """Run one statement, all or nothing, and return its rows as values."""
        answer = await self._answer(name, values)
        return tuple(msgspec.convert(found, row) for found in await answer.fetchall())

    async def row(self, name: str, row: type[_Row], values: Values) -> _Row | None:
        """Run one statement, all or nothing, and return its row, or None when there was none."""
        found = await (await self._answer(name, values)).fetchone()
        return None if found is None else msgspec.convert(found, row)

    async def run(self, name: str, values: Values) -> None:
        """Run one statement, all or nothing."""
        await self._answer(name, values)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Session]:
        """Run several statements, all or none; nothing but SQL may happen inside."""
        async with self._own_turn(), self._connection.transaction():
            yield Session(self._connection)

    @asynccontextmanager
    async def unit(self, fence: Fence | None = None) -> AsyncGenerator["BoundDatabase"]:
        """Open a part of the transaction that can be undone alone; until it ends, only it is answered.

        Raises:
            Fenced: the fence is not the account's live lease.
        """
        async with self.transaction() as session:
            if fence is not None:
                await hold(session.connection, fence)
            inner = BoundDatabase(self._connection, self._place)
            try:
                yield inner
            finally:
                inner.end()

    async def _answer(self, name: str, values: Values) -> Cursor:
        async with self._own_turn():
            # Not as a pipeline, though that would be one trip: after one, the server counts no idle time.
            await self._connection.execute(_KEEP_NEXT if self._keeps else _KEEP, prepare=False)
            self._keeps = True
            try:
                return await self._connection.execute(statement(name), values)
            except BaseException:
                await self._undo()
                raise

    async def _undo(self) -> None:
        with anyio.move_on_after(_UNDO_S, shield=True):
            try:
                await self._connection.execute(_UNDO)
            except Error:
                # Whatever comes next fails, the end of the unit included.
                await self._connection.close()

    @asynccontextmanager
    async def _own_turn(self) -> AsyncGenerator[None]:
        with translated(self._place):
            async with self._turn:
                if self._is_over:
                    message = "this unit of work is over; call the store it came from, or open another one"
                    raise UsageError(message)
                yield
