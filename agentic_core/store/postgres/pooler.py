"""What stands between us and the server: a pooler that lends its connections for one transaction only hides much of it.

What is set, prepared or listened to on such a connection is another client's in the next moment.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import msgspec
from psycopg import AsyncConnection, Error
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row

from agentic_core.store.postgres.connection import Connection
from agentic_core.store.postgres.statements import statement

__all__ = ["Surroundings", "connected", "is_shared", "look_around", "reach", "with_deadlines"]

_DEADLINES = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}

_ANSWER_S = 2.0
_ROUNDS = 12


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """Who answers."""

    is_replica: bool
    pid: int


def with_deadlines(dsn: str) -> str:
    """Return an address with which a server that vanished without a word is noticed; what it says itself stays."""
    return make_conninfo("", **{**_DEADLINES, **conninfo_to_dict(dsn)})


async def reach(dsn: str) -> Connection:
    """Open a connection outside of any pool, with nothing prepared on it."""
    return await AsyncConnection.connect(
        with_deadlines(dsn), autocommit=True, prepare_threshold=None, row_factory=dict_row
    )


@asynccontextmanager
async def connected(dsn: str) -> AsyncGenerator[Connection]:
    """Open a connection outside of any pool, and close it."""
    connection = await reach(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def look_around(connection: Connection) -> Surroundings:
    """Ask which process of which kind of server answers."""
    answer = await connection.execute(statement("look_around"))
    return msgspec.convert(await answer.fetchone(), Surroundings)


async def is_shared(dsn: str, probe: Connection) -> bool:
    """Tell whether connections are lent for one transaction only: then the process behind ours is not always the same.

    Two connections take turns at holding a transaction while the other one asks, so that a pooler which lends the last
    one first has to lend us another. Several times, because others that are at it may get in between.
    """
    behind = {probe: (await look_around(probe)).pid}
    try:
        async with connected(dsn) as other:
            for number in range(_ROUNDS):
                holder, asker = (probe, other) if number % 2 else (other, probe)
                with anyio.fail_after(_ANSWER_S):
                    await holder.execute(b"begin")
                    for each in (holder, asker):
                        pid = (await look_around(each)).pid
                        if behind.setdefault(each, pid) != pid or list(behind.values()).count(pid) > 1:
                            return True
                    await holder.execute(b"rollback")
    except (Error, TimeoutError):
        # There is one connection for both of us, or transactions are not to be had at all.
        return True
    return False
