"""Gates before every write of a transaction, and one before and one after its commit is on the disk.

A test shuts one, waits until a transaction stands before it, and then kills whom it likes: no moment is left to chance.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import anyio
from psycopg import AsyncConnection, OperationalError, sql
from psycopg.rows import TupleRow

from tests.support.by_hand import execute

__all__ = ["Gates", "put_up_gates"]

_HARNESS: Final = Path(__file__).with_name("gated_writes.sql")
_KEY: Final = 20260
_PATIENCE_S: Final = 20
_OPTIONS: Final = "-c timezone=UTC -c synchronous_commit=off"

_STANDING = (
    "select pid from pg_locks where locktype = 'advisory' and classid = %s and objid = %s and not granted"
    " and database = (select oid from pg_database where datname = current_database())"
)
_FLUSHED = (
    "select pid from pg_stat_activity where wait_event = 'SyncRep' and datname = current_database()"
    " and application_name <> 'probe'"
)
_PROBED = "select pid from pg_stat_activity where wait_event = 'SyncRep' and application_name = 'probe'"
_TABLES = "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
_BUSY = (
    "select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend'"
    " and xact_start is not null and pid <> pg_backend_pid()"
)


def put_up_gates(dsn: str) -> None:
    """Put a gate before every table of a migrated database."""
    execute(dsn, _HARNESS.read_text(encoding="utf-8"))


class Gates:
    """The gates of one database, over a connection of their own."""

    def __init__(self, connection: AsyncConnection[TupleRow], dsn: str) -> None:
        """Take the connection; all gates are open."""
        self._connection = connection
        self._dsn = dsn

    @classmethod
    @asynccontextmanager
    async def at(cls, dsn: str) -> AsyncIterator["Gates"]:
        """Connect; when the connection goes, every gate is open."""
        connection = await AsyncConnection.connect(dsn, autocommit=True, options=_OPTIONS)
        try:
            gates = cls(connection, dsn)
            await gates._reload()  # who was killed could not open what was shut
            yield gates
        finally:
            await connection.close()

    async def shut(self, number: int) -> None:
        """Let no transaction make its so-many-th write, counted from 1; one after all of them is the commit."""
        await self._connection.execute("select pg_advisory_lock(%s, %s)", [_KEY, number])

    async def open(self, number: int) -> None:
        """Let them go on."""
        await self._connection.execute("select pg_advisory_unlock(%s, %s)", [_KEY, number])

    async def standing(self, number: int) -> int:
        """Wait until a transaction stands before a gate, and return the process that runs it."""
        return await self._first(_STANDING, _KEY, number)

    @asynccontextmanager
    async def unheard_commits(self) -> AsyncIterator[None]:
        """Let commits reach the disk and nobody hear of it: a standby is waited for that there is not."""
        await self._connection.execute("alter system set synchronous_standby_names = 'nobody'")
        await self._reload()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._probe)
            await self._first(_PROBED)
            # For the next start of the server; the running one has read it already.
            await self._connection.execute("alter system reset synchronous_standby_names")
            yield
            with suppress(OperationalError):
                await self._reload()
            tasks.cancel_scope.cancel()

    async def flushed(self) -> int:
        """Wait until a commit is on the disk and unheard, and return the process that made it."""
        return await self._first(_FLUSHED)

    async def quiet(self) -> None:
        """Wait until everybody's transaction has ended."""
        with anyio.fail_after(_PATIENCE_S):
            while await self._rows(_BUSY):
                pass

    async def cut(self) -> None:
        """Wait until the server has thrown everybody out."""
        with anyio.fail_after(_PATIENCE_S):
            while not self._connection.broken:
                try:
                    await self._rows("select 1")
                except OperationalError:
                    return

    async def rows(self) -> dict[str, int]:
        """Return how many rows each table has."""
        tables = [str(name) for (name,) in await self._rows(_TABLES)]
        each = [sql.SQL("select count(*) from public.{}").format(sql.Identifier(name)) for name in tables]
        cursor = await self._connection.execute(sql.SQL(" union all ").join(each))
        counts = [int(str(counted)) for (counted,) in await cursor.fetchall()]
        return dict(zip(tables, counts, strict=True))

    async def passed(self) -> list[tuple[str, ...]]:
        """Return what each transaction since the last call wrote, in the order of their first writes."""
        rows = await self._rows("delete from gates.passed returning transaction::text, number, write")
        wrote: dict[str, list[str]] = {}
        for transaction, _, write in sorted(rows, key=lambda row: (int(str(row[0])), int(str(row[1])))):
            wrote.setdefault(str(transaction), []).append(str(write))
        return [tuple(writes) for writes in wrote.values()]

    async def _probe(self) -> None:
        # The setting is read by another process, at its leisure: once a commit hangs, it has read it.
        options = "-c synchronous_commit=on -c application_name=probe"
        with suppress(OperationalError):
            async with await AsyncConnection.connect(self._dsn, autocommit=True, options=options) as connection:
                while True:
                    await connection.execute("insert into gates.probes default values")

    async def _reload(self) -> None:
        await self._connection.execute("select pg_reload_conf()")

    async def _first(self, query: str, *values: object) -> int:
        with anyio.fail_after(_PATIENCE_S):
            while True:
                rows = await self._rows(query, *values)
                if rows:
                    return int(str(rows[0][0]))

    async def _rows(self, query: str, *values: object) -> list[TupleRow]:
        cursor = await self._connection.execute(query.encode(), values or None)
        return await cursor.fetchall()
