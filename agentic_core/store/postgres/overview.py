"""What `agentic db` shows: how much there is, and how to open a shell on it."""

from collections.abc import Mapping

from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from agentic_core.store.postgres.statements import statement
from agentic_core.store.postgres.translation import place_of, translated

__all__ = ["psql_arguments", "row_counts"]

_CONNECT_TIMEOUT_S = 5


async def row_counts(dsn: str) -> dict[str, int]:
    """Return how many rows each table holds.

    Raises:
        StoreUnavailable: the server could not be reached.
        MigrationMismatch: a table is missing.
    """
    with translated(place_of(dsn)):
        async with await AsyncConnection.connect(dsn, connect_timeout=_CONNECT_TIMEOUT_S) as connection:
            cursor = await connection.execute(statement("count_rows"))
            return dict(await cursor.fetchall())


def psql_arguments(dsn: str) -> tuple[list[str], Mapping[str, str]]:
    """Return the arguments and the environment for psql; the password travels in the environment, unseen by `ps`.

    The session runs in UTC, because the month and day borders of the documented queries are UTC ones.

    Raises:
        ConfigError: the address cannot be read.
    """
    place_of(dsn)
    parts = conninfo_to_dict(dsn)
    password = parts.pop("password", None)
    environment = {"PGTZ": "UTC"} if password is None else {"PGTZ": "UTC", "PGPASSWORD": str(password)}
    return [make_conninfo("", **parts)], environment
