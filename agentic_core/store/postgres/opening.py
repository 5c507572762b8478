"""Connecting: what is looked at before anything is asked, and how many connections there are for what."""

import logging
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

import anyio
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_loads
from psycopg.types.numeric import Int8Dumper
from psycopg_pool import AsyncConnectionPool

from agentic_core.errors import StoreUnavailable
from agentic_core.store.postgres.codec import decode
from agentic_core.store.postgres.connection import Connection
from agentic_core.store.postgres.patience import ORDINARY, URGENT, Patience
from agentic_core.store.postgres.pool import PooledDatabase
from agentic_core.store.postgres.pooler import connected, is_shared, look_around, with_deadlines
from agentic_core.store.postgres.statements import statement
from agentic_core.store.postgres.translation import place_of, translated

__all__ = ["Reached", "open_database"]

_POOL_TIMEOUT_S = 10.0
_CLOSE_TIMEOUT_S = 5.0
_APART_S = 5.0
"""How long attempts to connect move further and further apart; then they begin anew, at once."""


# What the driver warns of is waited out or raised here; with nobody listening, Python would print it between our lines.
logging.getLogger("psycopg").addHandler(logging.NullHandler())


class Reached(NamedTuple):
    """A database as it was found."""

    ordinary: PooledDatabase
    urgent: PooledDatabase
    """One connection of its own, so that a lease is renewed and a command read when all others are busy."""
    dsn: str
    is_shared: bool
    """Whether a pooler hands the server's connections from one transaction to another."""


class _Way(NamedTuple):
    dsn: str
    place: str
    is_shared: bool
    cursor_type: type[AsyncCursor[DictRow]]


@asynccontextmanager
async def open_database(
    dsn: str, pool_max: int, *, cursor_type: type[AsyncCursor[DictRow]] | None = None
) -> AsyncGenerator[Reached]:
    """Connect, hand out the pools, and close them.

    Raises:
        StoreUnavailable: the server could not be reached, or is a replica.
        ConfigError: the address cannot be read.
    """
    place = place_of(dsn)
    way = _Way(dsn, place, await _inspected(dsn, place), cursor_type or AsyncCursor[DictRow])
    async with AsyncExitStack() as stack:
        ordinary = await stack.enter_async_context(_pool(way, ORDINARY, first=1, most=pool_max))
        urgent = await stack.enter_async_context(_pool(way, URGENT, first=0, most=1))
        yield Reached(ordinary=ordinary, urgent=urgent, dsn=dsn, is_shared=way.is_shared)


async def _inspected(dsn: str, place: str) -> bool:
    # The pool would try for a while and then hide the reason.
    with translated(place):
        async with connected(dsn) as probe:
            found = await look_around(probe)
            if found.is_replica:
                message = f"{place} is a replica and may be behind; give the address of the server that takes writes"
                raise StoreUnavailable(message)
            # Whoever greets by another name than the server itself stands in between.
            return found.pid != probe.info.backend_pid and await is_shared(dsn, probe)


async def _connect_anew(pool: AsyncConnectionPool[Connection]) -> None:
    # Left to itself a pool waits as long as an outage has lasted before it looks whether that is over, and longer than
    # a lease lasts. A check lets one that has no connection try for the next.
    await pool.check()


@asynccontextmanager
async def _pool(way: _Way, patience: Patience, *, first: int, most: int) -> AsyncGenerator[PooledDatabase]:
    async def configure(connection: Connection) -> None:
        # One integer type, so that a statement is prepared once and not once for each size of number.
        connection.adapters.register_dumper(int, Int8Dumper)
        set_json_loads(decode, connection)
        connection.cursor_factory = way.cursor_type
        if not way.is_shared:
            name, values = patience.step(local=False)
            await connection.execute(statement(name), values)

    pool = AsyncConnectionPool(
        with_deadlines(way.dsn),
        connection_class=AsyncConnection[DictRow],
        kwargs={
            "autocommit": True,
            # What was prepared on one connection of the server is not known on the next.
            "prepare_threshold": None if way.is_shared else 0,
            "row_factory": dict_row,
            "target_session_attrs": "primary",
        },
        min_size=first,
        max_size=most,
        timeout=_POOL_TIMEOUT_S,
        reconnect_timeout=_APART_S,
        reconnect_failed=_connect_anew,
        configure=configure,
        open=False,
        name="agentic",
    )
    try:
        with translated(way.place):
            await pool.open(wait=True, timeout=_POOL_TIMEOUT_S)
        yield PooledDatabase(pool, way.place, settings=[patience.step(local=True)] if way.is_shared else [])
    finally:
        with anyio.CancelScope(shield=True):
            await pool.close(timeout=_CLOSE_TIMEOUT_S)
