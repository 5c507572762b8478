"""Every statement of the store as the role that makes the call in life.

The tests' own connection is a superuser's. A cursor of this module becomes the narrow role before it runs one of the
named statements, and the transaction's end makes it the superuser again.
"""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Self

from psycopg import AsyncCursor
from psycopg.abc import Params, Query
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow

from agentic_core.store.postgres import PostgresStore, open_store
from agentic_core.store.postgres.statements import statement
from tests.docs.roles import read_roles
from tests.support.by_hand import execute

__all__ = ["NarrowCursor", "open_narrow_store"]

_HARNESS = Path(__file__).with_name("narrow_roles.sql")
_TELLING = (
    *("user", "user_id", "skill", "deployment", "run", "master", "address", "account", "lines", "rows", "id"),
    *("name", "key", "decision"),
)
"""The parameters by which the harness finds out for whom a call is made."""


class NarrowCursor(AsyncCursor[DictRow]):
    """Runs each named statement as the role that `tests/docs/roles.toml` says makes it."""

    async def execute(
        self,
        query: Query,
        params: Params | None = None,
        *,
        prepare: bool | None = None,
        binary: bool | None = None,
    ) -> Self:
        """Become the statement's role for the transaction's sake, and run it.

        Raises:
            TypeError: the statement is not written as bytes, as every one of the store is.
        """
        if not isinstance(query, bytes):
            message = f"the store sent {query!r}, which is no statement of its files"
            raise TypeError(message)
        role = _roles().get(query)
        if role is None:
            return await super().execute(query, params, prepare=prepare, binary=binary)
        if self.connection.info.transaction_status is not TransactionStatus.IDLE:
            await self._become(role, params)
            return await super().execute(query, params, prepare=prepare, binary=binary)
        # A statement alone is a transaction too.
        async with self.connection.transaction():
            await self._become(role, params)
            return await super().execute(query, params, prepare=prepare, binary=binary)

    async def _become(self, role: str, params: Params | None) -> None:
        given = params if isinstance(params, Mapping) else {}
        told = json.dumps({name: given[name] for name in _TELLING if isinstance(given.get(name), str)})
        plain = AsyncCursor(self.connection)
        await plain.execute(b"set local session authorization default")
        await plain.execute(b"select harness.become(%s, %s)", [role, told])


@asynccontextmanager
async def open_narrow_store(dsn: str, *, pool_max: int = 4) -> AsyncGenerator[PostgresStore]:
    """Open the store of a test's own database; each of its calls is made by the role that makes it in life."""
    if execute(dsn, "select to_regnamespace('harness') is null") == [(True,)]:
        execute(dsn, _HARNESS.read_text(encoding="utf-8"))
    async with open_store(dsn, pool_max=pool_max, cursor_type=NarrowCursor) as store:
        yield store


@cache
def _roles() -> dict[bytes, str]:
    expected = read_roles()
    return {
        statement(name): role.name for key, role in expected.roles.items() for name in expected.statements.get(key, ())
    }
